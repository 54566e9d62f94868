"""Plays turns to a module and listens, however much what it says differs from what is expected."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.transcript.port import PortError
from emulator.transcript.script import FINAL, INDICATION, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.transcript.port import Port

_ATTEMPTS: Final = 4
_ATTEMPT_SECONDS: Final = 1.5
_WORTH_JUDGING: Final = 3
"""Octets from which on garbage can be told from text."""
_GARBAGE_SHARE: Final = 0.3
_LONGEST_SETTLING: Final = 10
"""Times the settling time after which a module that never falls silent is not waited for any more."""
_END_OF_LINE: Final = 1.0
"""Seconds that the end of a line that has begun is waited for."""
_SPOKEN: Final = frozenset((*range(0x20, 0x7F), 0x09, 0x0A, 0x0D))
_BOOTED: Final = re.compile(rb"\+WIND:(?:0|32):[^\r\n]*\r\n")


class Patience(NamedTuple):
    """How long to wait, in seconds."""

    reply: float = 60.0
    """For the end of a reply."""
    indication: float = 30.0
    """For indications that the transcript shows."""
    settling: float = 0.3
    """Of silence, before the next command."""


@dataclass(frozen=True)
class Heard:
    """What the module said in one turn."""

    turn: Turn
    echoed: bool
    lines: tuple[str, ...]
    """The reply, line by line, octets as Latin-1; what has no line end is a line too."""
    indications: tuple[str, ...]
    """In the order in which they came."""
    complete: bool
    """Whether the reply came to its end, where one is waited for."""

    @property
    def came(self) -> Counter[int]:
        """The indications that came, by number."""
        return Counter(int(match[1]) for line in self.indications if (match := INDICATION.match(line)))


def heard_of(turn: Turn, octets: bytes) -> Heard:
    """Take apart what was heard in a turn."""
    text = octets.decode("latin-1")
    echoed = bool(turn.command) and text.startswith(f"{turn.command}\r\n")
    text = text[len(turn.command) + 2 :] if echoed else text
    lines: list[str] = []
    indications: list[str] = []
    parts = text.split("\r\n")
    for number, line in enumerate(parts):
        if INDICATION.match(line):
            indications.append(line)
        elif line or number < len(parts) - 1:
            lines.extend(_with_content_apart(line))
    complete = not turn.wants_reply or bool(FINAL.search(octets))
    return Heard(turn, echoed, tuple(lines), tuple(indications), complete)


def _with_content_apart(line: str) -> Iterator[str]:
    """Let content that has no line end stand apart from the line that ends the reply."""
    position = max(line.rfind("AT-S.OK"), line.rfind("AT-S.ERROR"))
    if position > 0:
        yield line[:position]
        line = line[position:]
    yield line


class Player:
    """Plays to one port."""

    def __init__(self, port: Port, patience: Patience) -> None:
        """Play to an open port."""
        self._port = port
        self._patience = patience
        self._early: Counter[int] = Counter()
        """Indications that came before the turn in which the transcript shows them."""

    def synchronise(self) -> None:
        """Make sure that a module is there and idle. Raises PortError, whose text says what is there instead."""
        everything = b""
        for _ in range(_ATTEMPTS):
            self._port.send(b"AT\r")
            heard = self._listen(lambda octets: bool(FINAL.search(octets)), _ATTEMPT_SECONDS)
            everything += heard
            if FINAL.search(heard):
                self._settle()
                return
        raise PortError(self._complaint(everything))

    def settle(self, *, booting: bool) -> None:
        """Let a module that may just have been switched on say what it says by itself."""
        if booting:
            self._listen(lambda octets: len(_BOOTED.findall(octets)) > 1, self._patience.indication)
        self._settle()

    def play(self, turns: Iterable[Turn]) -> Iterator[Heard]:
        """Play turns, one after the other, and tell what was heard in each. Raises PortError."""
        for turn in turns:
            yield self.take(turn)

    def take(self, turn: Turn) -> Heard:
        """Play one turn. Raises PortError."""
        for octets in turn.sent:
            self._port.send(octets)
        heard = b""
        if turn.wants_reply:
            heard = self._listen(lambda octets: bool(FINAL.search(octets)), self._patience.reply)
        awaited = turn.awaited - self._early
        heard = self._listen(lambda octets: not awaited - heard_of(turn, octets).came, self._patience.indication, heard)
        result = heard_of(turn, heard + self._settle())
        self._early = self._early + result.came - turn.awaited
        return result

    def _listen(self, enough: Callable[[bytes], bool], within: float, heard: bytes = b"") -> bytes:
        """Everything that is heard until it is enough or the time is over, ``heard`` before it."""
        deadline = self._port.now() + within
        while not enough(heard) and self._port.now() < deadline:
            heard += self._port.receive()
        return heard

    def _settle(self) -> bytes:
        """Everything that is heard until there is silence."""
        heard, limit = b"", self._port.now() + _LONGEST_SETTLING * self._patience.settling
        silent_since = self._port.now()
        while (now := self._port.now()) < min(limit, silent_since + self._patience.settling):
            if octets := self._port.receive():
                heard += octets
                silent_since = now
        # A module that never falls silent is not cut off within a line.
        return self._listen(lambda octets: not octets or octets.endswith(b"\n"), _END_OF_LINE, heard)

    def _complaint(self, heard: bytes) -> str:
        name, rate = self._port.name, self._port.baud_rate
        if not heard:
            return (
                f"the module at {name} says nothing to AT; check its power and wiring, the speed (--baud, now {rate}), "
                "and that its console is on the UART"
            )
        garbage = sum(octet not in _SPOKEN for octet in heard)
        if len(heard) >= _WORTH_JUDGING and garbage > _GARBAGE_SHARE * len(heard):
            return f"what comes from {name} is no text; the speed is wrong, probably: --baud, now {rate}"
        shown = ascii(heard[:60].decode("latin-1"))
        return f"what answers at {name} is no SPWF04Sx: to AT it says {shown}"
