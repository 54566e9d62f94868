"""A connection whose handshake faults can act on; the module's client and its server have this in common.

Importing this module costs some 200 ms, as it brings tlslite-ng along; only a worker thread does it.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tlslite.constants import AlertDescription, ContentType
from tlslite.errors import TLSLocalAlert, TLSRemoteAlert
from tlslite.messages import Alert, Message
from tlslite.utils.codec import Parser

from firmware_model.events import Note
from firmware_model.faults import FaultPoint
from firmware_model.tls.failures import TlsError
from firmware_model.tls.faults.certificates import CLOCK, PRESENTED
from firmware_model.tls.faults.fired import FiredFaults
from firmware_model.tls.faults.messages import FALLEN_SILENT, FATES, SHAPES, Departure, Fate, Outgoing
from firmware_model.tls.recorded_connection import RecordedConnection, certificate_message, message_name

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from firmware_model.outside import RandomSource
    from firmware_model.tls.failures import CertificateError
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal
    from firmware_model.tls.validation import Expectation


class Question(NamedTuple):
    """Which faults fire at ``point``? Answered on the event loop, between two steps of the handshake."""

    point: FaultPoint
    doing: str = ""
    """The first word of the occasion."""


class FaultableConnection(RecordedConnection):
    """One connection; while :attr:`question` is set a step that waits waits for :meth:`answer`, not for octets."""

    recordSize: int  # noqa: N815  tlslite-ng's name

    def __init__(self, socket: MemorySocket, journal: Journal, ephemeral: RandomSource, faults: FiredFaults) -> None:
        """Take the ``faults`` of :attr:`~firmware_model.faults.FaultPoint.HANDSHAKE`; the others are asked for."""
        super().__init__(socket, journal, ephemeral)
        self.question: Question | None = None
        self._answer = FiredFaults()
        self._faults = faults
        self._presenting = FiredFaults()
        self._fired = [faults]

    def handshake(self) -> Iterator[int]:
        """Perform the handshake; raises CertificateError, OSError or an error of tlslite-ng's."""
        try:
            yield from self._shake_hands()
        finally:
            idle = [name for faults in self._fired for name in faults.idle]
            self._journal.extend(Note(f"{name} found nothing to act on") for name in idle)

    def answer(self, faults: FiredFaults) -> None:
        """Answer the question."""
        self._answer, self.question = faults, None
        self._fired.append(faults)

    @abstractmethod
    def _shake_hands(self) -> Iterator[int]:
        """Let tlslite-ng perform the handshake."""

    def _make(self, message: Any) -> Generator[int, None, Any]:
        """Turn what tlslite-ng wants to send into what the module sends; None for nothing."""
        yield from ()
        return message

    def _ask(self, point: FaultPoint, doing: str = "") -> Generator[int, None, FiredFaults]:
        self.question = Question(point, doing)
        while self.question is not None:
            yield 0
        return self._answer

    def _judge(self, message: bytes, expected: Expectation) -> Generator[int, None, CertificateError | None]:
        """Judge the peer's Certificate message by the date that the module believes in."""
        faults = yield from self._ask(FaultPoint.CERTIFICATE, "judge")
        return self._refusal(message, replace(expected, now=faults.through(CLOCK, expected.now)))

    def _present(self, message: Any, chain: tuple[bytes, ...]) -> Generator[int, None, Any]:
        """Return our Certificate message: ``message``, which holds ``chain``, or another one."""
        self._presenting = yield from self._ask(FaultPoint.CERTIFICATE, "present")
        presented = self._presenting.through(PRESENTED, chain)
        if presented == chain:
            return message
        return Message(ContentType.handshake, bytearray(certificate_message(presented)))

    def _sendMsg(  # noqa: N802
        self,
        msg: Any,
        randomizeFirstBlock: bool = True,  # noqa: N803
        update_hashes: bool = True,
    ) -> Iterator[int]:
        usual = self.recordSize
        if msg.contentType == ContentType.handshake:
            name = message_name(ContentType.handshake, bytes(msg.write()))
            departure = self._faults.through(FATES, Departure(name, len(self.handshake_messages_sent) + 1))
            if departure.fate is Fate.LEFT_OUT:
                return
            if departure.fate is not Fate.SENT:
                yield from self._break_off(departure)
            msg = yield from self._make(msg)
            if msg is None:
                return
            octets = bytes(msg.write())
            outgoing = self._faults.through(SHAPES, Outgoing(name, octets))
            if outgoing.octets != octets:
                msg = Message(ContentType.handshake, bytearray(outgoing.octets))
            self.recordSize = outgoing.record_size or usual
        yield from super()._sendMsg(msg, randomizeFirstBlock, update_hashes)
        self.recordSize = usual

    def _break_off(self, departure: Departure) -> Iterator[int]:
        """End the handshake before this message; what was sent until then goes out. Always raises."""
        self.sock.flush()
        self.sock.buffer_writes = False
        if departure.fate is Fate.STALLED:
            self._journal.append(Note(f"{FALLEN_SILENT}, from our {departure.name} on"))
            yield from self._listen_in_silence()
        if departure.fate is Fate.ALERTED:
            with suppress(TLSLocalAlert):
                yield from self._sendError(AlertDescription.internal_error)
            raise TlsError(f"we sent alert internal_error (80) instead of our {departure.name}")
        raise TlsError(f"we closed the connection instead of sending our {departure.name}")

    def _listen_in_silence(self) -> Iterator[int]:
        """Wait for what the peer does about it; raises what came of it."""
        for result in self._hear():
            if isinstance(result, int):
                yield result
            elif result.name == "Alert":
                raise TLSRemoteAlert(Alert().parse(Parser(bytearray(result.octets))))
