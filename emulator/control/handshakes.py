"""The last TLS handshakes, put together from the timeline."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

from emulator.capture.traffic import TcpConnecting, TcpOpened
from emulator.control.signatures import Signature, SignatureVerdict, describe, judge_finding
from firmware_model.events import FaultFired, SignatureMade, TlsFailed, TlsFinished, TlsMessage

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry, Timeline
    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.reading.conversation import Side

_KEPT: Final = 20
"""Handshakes that are kept."""
_MOST_MESSAGES: Final = 100
"""Messages of one that are kept; a handshake has some twenty."""
_MOST_OCTETS: Final = 1 << 17
"""Octets of one that are kept to judge its signature."""
_POINTS: Final = ("signature", "certificate", "handshake")
"""The fault points that handshakes pass."""


class HandshakeMessage(NamedTuple):
    """One message; ``size`` in octets without record header, ``time`` in seconds since the handshake's first."""

    entry: int
    time: float
    direction: Literal["sent", "received"]
    name: str
    detail: Annotated[str, "of an alert, what it says"]
    size: int


class FiredFault(NamedTuple):
    """A fault that acted while the handshake was under way."""

    entry: int
    fault: str


class HandshakeState(NamedTuple):
    """One handshake; ``outcome`` is null while it is under way."""

    connection: int
    remote: str
    began: Annotated[float, "seconds since the timeline began"]
    messages: tuple[HandshakeMessage, ...]
    signature: Signature | None
    verdict: Annotated[
        SignatureVerdict | None, "null while it is under way, and without a signature that can be judged"
    ]
    faults: tuple[FiredFault, ...]
    outcome: Literal["complete", "failed"] | None
    detail: Annotated[str, "version and cipher suite, or why it failed"]


class _Handshake:
    """What is known of one handshake."""

    def __init__(self, number: int, remote: str, began: float, faults: tuple[FiredFault, ...]) -> None:
        self.state = HandshakeState(number, remote, began, (), None, None, faults, None, "")
        self.made: tuple[int, SignatureMade] | None = None
        self.heard: list[tuple[int, TlsMessage]] = []
        self.octets = 0
        self.is_judged = False

    def take(self, entry: Entry, message: TlsMessage) -> None:
        """Take one message."""
        state = self.state
        if len(state.messages) >= _MOST_MESSAGES:
            return
        detail = _alert(message.octets) if message.name == "Alert" else ""
        shown = HandshakeMessage(
            entry.number, entry.time - state.began, message.direction, message.name, detail, len(message.octets)
        )
        self.state = state._replace(messages=(*state.messages, shown))
        self.octets += len(message.octets)
        if self.octets <= _MOST_OCTETS:
            self.heard.append((entry.number, message))

    def describe(self) -> None:
        """Take the signature apart."""
        if self.made is not None and self.state.signature is None:
            self.state = self.state._replace(signature=describe(*self.made))

    def judge(self) -> SignatureVerdict | None:
        """Judge the signature; None when there is none that can be judged. May take seconds."""
        findings: list[Finding] = []
        _listen(self.state.remote, self.heard, findings)
        return judge_finding(findings[0]) if findings and self.made else None


class Handshakes:
    """Follows the handshakes of one module; the newest are kept."""

    def __init__(self, timeline: Timeline) -> None:
        self._kept: OrderedDict[int, _Handshake] = OrderedDict()
        self._remotes: OrderedDict[int, str] = OrderedDict()
        self._early: tuple[FiredFault, ...] = ()
        """Faults that fired before the first message of their handshake."""
        timeline.subscribe(
            self._take, TcpConnecting, TcpOpened, TlsMessage, SignatureMade, TlsFinished, TlsFailed, FaultFired
        )

    async def newest_first(self) -> list[HandshakeState]:
        """All that are kept, with their signatures judged."""
        kept = list(reversed(self._kept.values()))
        for handshake in kept:
            handshake.describe()
            if handshake.state.outcome and not handshake.is_judged:
                verdict = await asyncio.to_thread(handshake.judge)
                handshake.state = handshake.state._replace(verdict=verdict)
                handshake.is_judged = True
                handshake.heard.clear()
        return [handshake.state for handshake in kept]

    def _take(self, entry: Entry) -> None:
        match entry.event:
            case TcpConnecting() | TcpOpened():
                self._remember(entry.event)
            case TlsMessage():
                self._handshake(entry, entry.event.connection).take(entry, entry.event)
            case SignatureMade():
                self._handshake(entry, entry.event.connection).made = entry.number, entry.event
            case TlsFinished(version, cipher_suite, connection):
                self._end(connection, "complete", f"{version}, {cipher_suite}")
            case TlsFailed(reason, connection):
                self._end(connection, "failed", reason)
            case FaultFired(name, value) if name.partition("=")[0] in _POINTS:
                self._add_fault(FiredFault(entry.number, name if value is None else f"{name}:{value}"))

    def _remember(self, opened: TcpConnecting | TcpOpened) -> None:
        self._remotes[opened.connection] = f"{opened.remote.host}:{opened.remote.port}"
        if len(self._remotes) > _KEPT:
            self._remotes.popitem(last=False)

    def _handshake(self, entry: Entry, number: int) -> _Handshake:
        if number not in self._kept:
            self._kept[number] = _Handshake(number, self._remotes.get(number, ""), entry.time, self._early)
            self._early = ()
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[number]

    def _end(self, number: int, outcome: Literal["complete", "failed"], detail: str) -> None:
        handshake = self._kept.get(number)
        if handshake is not None and handshake.state.outcome is None:
            handshake.state = handshake.state._replace(outcome=outcome, detail=detail)

    def _add_fault(self, fired: FiredFault) -> None:
        """Count a fault to the handshake that is under way; the log does not say whose it is."""
        for handshake in reversed(self._kept.values()):
            if handshake.state.outcome is None:
                handshake.state = handshake.state._replace(faults=(*handshake.state.faults, fired)[-_KEPT:])
                return
        self._early = (*self._early, fired)[-_KEPT:]


def _listen(remote: str, heard: list[tuple[int, TlsMessage]], findings: list[Finding]) -> None:
    """Let the diagnosis hear a handshake once more."""
    # Imported here because few look at handshakes, and start-up time counts.
    from emulator.diagnosis.handshakes.connection import Connection
    from emulator.diagnosis.handshakes.messages import Message
    from emulator.diagnosis.handshakes.records import ContentType
    from emulator.diagnosis.reading.conversation import End, Place

    connection = Connection(("the module", remote), findings.append)
    others = {"Alert": ContentType.ALERT, "ChangeCipherSpec": ContentType.CHANGE_CIPHER_SPEC}
    for entry, message in heard:
        side: Side = 0 if message.direction == "sent" else 1
        place = Place("entry", entry)
        if message.name in others:
            connection.other(side, others[message.name], message.octets, place)
        elif message.octets:
            connection.message(side, Message(message.octets[0], message.octets), place)
        if connection.finished:
            return
    connection.end(End.CLOSED, Place("entry", 0))


def _alert(octets: bytes) -> str:
    from emulator.diagnosis.names import alert_name

    return alert_name(octets[1]) if len(octets) == 2 else ""
