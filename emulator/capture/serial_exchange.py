"""The serial octets, put together again into what they mean: a command, its data, a reply, an indication.

A terminal sends a command letter by letter, a paced line a reply in several bursts; a reader wants them whole. So the
octets of each direction are held until an entry of the timeline explains them, or until their line is complete:

* from the host: a command explains everything up to its CR, a data phase as many octets as it took;
* from the module: a reply explains its own octets, an indication the line that begins with its number; any other
  line (the echo, what a fault has spoilt) stands for itself.

Every octet comes out once, and each direction in order. A piece has the time of the entry that completed it.

On the SPI bus octets alone say nothing: most are asked for in vain, and what was said stands in packets between them.
So its pieces are what the log says was said, in the words of the UART.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.capture.timeline import Entry, UartReceived, UartSent
from emulator.faces.spi.events import InterruptLine, SpiClocked
from firmware_model.events import CommandReceived, DataReceived, Indicated, Replied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.events import Direction

SERIAL_KINDS: Final = (
    *(UartReceived, UartSent, SpiClocked, InterruptLine),
    *(CommandReceived, DataReceived, Replied, Indicated),
)
"""The events that it looks at."""
_LARGEST: Final = 32_768
"""Octets of a piece at most; more than that is not held either."""
_WORTH_A_PIECE: Final = 1024
"""Octets of a reply that is under way which go out without waiting for the rest."""


class Piece(NamedTuple):
    """Octets that belong together; ``direction`` as the module sees it."""

    time: float
    direction: Direction
    octets: bytes
    entries: tuple[Entry, ...] = ()
    """What explains them, oldest first: also replies and indications that never got through before."""
    on_spi: bool = False
    """Whether they are the meaning of packets on the SPI bus."""


class _Expected:
    """A reply on its way to the host, and how much of it has left."""

    def __init__(self, entry: Entry, content: bytes) -> None:
        self.entry: Entry | None = entry
        self._content = content
        self._left = 0

    def take(self, octets: bytes | bytearray) -> int | None:
        """How many of ``octets``, which come next, are its own; None when they are not its continuation."""
        part = octets[: len(self._content) - self._left]
        return len(part) if self._content.startswith(bytes(part), self._left) else None

    def advance(self, count: int) -> bool:
        """Note that so many left; whether that was all."""
        self._left += count
        return self._left == len(self._content)

    def completes_with(self, count: int) -> bool:
        """Whether so many more are all."""
        return self._left + count == len(self._content)


class SerialExchange:
    """Takes entries in order and gives pieces."""

    def __init__(self) -> None:
        self._from_host = bytearray()
        self._to_host = bytearray()
        self._replies: deque[_Expected] = deque()
        self._raised: deque[Entry] = deque()
        self._on_spi = False

    def take(self, entry: Entry) -> list[Piece]:
        """The pieces that this entry completes."""
        if self._on_spi:
            return _said(entry)
        match entry.event:
            case SpiClocked() | InterruptLine():
                self._on_spi = True
                return [piece._replace(time=entry.time) for raised in self._raised for piece in _said(raised)]
            case UartReceived(octets):
                self._from_host += octets
                return self._overflow(entry.time)
            case CommandReceived(line):
                return self._explained(entry, _end_of_command(self._from_host, line))
            case DataReceived(length):
                return self._explained(entry, length)
            case Replied(content):
                self._replies.append(_Expected(entry, content))
            case Indicated(masked=False):
                self._raised.append(entry)
            case UartSent(octets):
                self._to_host += octets
                return list(self._sent(entry.time))
        return []

    def flush(self, time: float) -> list[Piece]:
        """Everything that is held, explained or not."""
        pieces = [*self._cut(self._from_host, time, "received"), *self._cut(self._to_host, time, "sent")]
        self._from_host.clear()
        self._to_host.clear()
        return pieces

    def _overflow(self, time: float) -> list[Piece]:
        if len(self._from_host) <= _LARGEST:
            return []
        pieces = list(self._cut(self._from_host, time, "received"))
        self._from_host.clear()
        return pieces

    def _explained(self, entry: Entry, count: int) -> list[Piece]:
        octets = self._from_host[:count]
        del self._from_host[:count]
        return list(self._cut(octets, entry.time, "received", (entry,)))

    def _sent(self, time: float) -> Iterator[Piece]:
        while self._to_host:
            found = self._reply()
            if found is not None:
                count, skipped = found
                if not self._replies[skipped].completes_with(count) and count < _WORTH_A_PIECE:
                    return
                yield from self._cut(self._leave(count), time, "sent", self._answered(count, skipped))
                continue
            end = self._to_host.find(b"\n") + 1
            if not end and len(self._to_host) <= _LARGEST:
                return
            line = self._leave(end or len(self._to_host))
            yield from self._cut(line, time, "sent", self._announced(line))

    def _reply(self) -> tuple[int, int] | None:
        """How many octets belong to a reply, and how many replies before it never came; None when to none."""
        for skipped, expected in enumerate(self._replies):
            count = expected.take(self._to_host)
            if count is not None:
                return count, skipped
        return None

    def _answered(self, count: int, skipped: int) -> tuple[Entry, ...]:
        lost = [self._replies.popleft().entry for _ in range(skipped)]
        expected = self._replies[0]
        entries = (*lost, expected.entry)
        expected.entry = None
        if expected.advance(count):
            self._replies.popleft()
        return tuple(entry for entry in entries if entry is not None)

    def _announced(self, line: bytes) -> tuple[Entry, ...]:
        """The indication that a line is, with those that were raised before and lost."""
        for position, entry in enumerate(self._raised):
            if isinstance(entry.event, Indicated) and line.startswith(b"+WIND:%d:" % entry.event.number):
                return tuple(self._raised.popleft() for _ in range(position + 1))
        return ()

    def _leave(self, count: int) -> bytes:
        octets = bytes(self._to_host[:count])
        del self._to_host[:count]
        return octets

    @staticmethod
    def _cut(
        octets: bytes | bytearray, time: float, direction: Direction, entries: tuple[Entry, ...] = ()
    ) -> Iterator[Piece]:
        for start in range(0, len(octets), _LARGEST):
            yield Piece(time, direction, bytes(octets[start : start + _LARGEST]), () if start else entries)


def _said(entry: Entry) -> list[Piece]:
    """What an entry means, in the words of the UART."""
    match entry.event:
        case CommandReceived(line):
            return [Piece(entry.time, "received", line + b"\r", (entry,), on_spi=True)]
        case Replied(content):
            return [Piece(entry.time, "sent", content, (entry,), on_spi=True)]
        case Indicated(number, text, masked=False):
            octets = f"+WIND:{number}:{text}\r\n".encode("latin-1")
            return [Piece(entry.time, "sent", octets, (entry,), on_spi=True)]
    return []


def _end_of_command(octets: bytearray, line: bytes) -> int:
    """Where the command ends that the module read as ``line``: behind its CR, empty lines before it included."""
    start = 0
    first = 0
    while (end := octets.find(b"\r", start) + 1) > 0:
        typed = bytes(octets[start:end]).translate(None, b"\r\n")
        if typed == line:
            return end
        # A line with corrections in it, or one that a fault has spoilt on its way, is the first that is not empty.
        first = first or (end if typed else 0)
        start = end
    return first or len(octets)
