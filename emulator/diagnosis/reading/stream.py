"""One direction of a TCP connection, put in order (RFC 9293, 3.4: sequence numbers wrap at 2^32)."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.diagnosis.reading.packet import FIN, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.reading.packet import Segment

WINDOW: Final = 1 << 18
"""Octets that may wait behind a hole; when more have come, the capture has lost what is missing."""
_COST: Final = 64
"""What a waiting piece takes besides its octets."""
_MODULUS: Final = 1 << 32
_HALF: Final = 1 << 31


class Hole(NamedTuple):
    """Octets of the stream that the capture does not hold."""

    size: int


class _Waiting(NamedTuple):
    """What came early, by its place in the stream; ``octets`` are shorter than ``size`` where the capture cut them."""

    start: int
    size: int
    octets: bytes


class Stream:
    """Puts segments in order; places in the stream count from 0 at the first octet that was seen.

    Octets that come twice count as they came first; ``held`` tells how much waits.
    """

    __slots__ = ("_base", "_end", "_next", "_waiting", "held")

    def __init__(self) -> None:
        self._base: int | None = None
        self._next = 0
        self._end: int | None = None
        self._waiting: list[_Waiting] = []
        self.held = 0

    @property
    def ended(self) -> bool:
        """Whether everything up to the FIN was given."""
        return self._end is not None and self._next >= self._end

    def begins_anew(self, segment: Segment) -> bool:
        """Whether a SYN segment belongs to another connection than the octets so far."""
        return self._base is not None and self._base != (segment.sequence + 1) % _MODULUS

    def take(self, segment: Segment) -> Iterator[bytes | Hole]:
        """Give what has become readable with ``segment``."""
        first = (segment.sequence + bool(segment.flags & SYN)) % _MODULUS
        if self._base is None:
            self._base = first
        start, size = self._place(first), len(segment.payload) + segment.missing
        if segment.flags & FIN:
            self._end = start + size
        if size:
            self._keep(_Waiting(start, size, segment.payload))
            yield from self._readable()
            if self.held > WINDOW:
                yield from self.rest()

    def rest(self) -> Iterator[bytes | Hole]:
        """Give all that waits, with the holes in between."""
        while self._waiting:
            start = self._waiting[0].start
            yield Hole(start - self._next)
            self._next = start
            yield from self._readable()

    def _place(self, sequence: int) -> int:
        """Turn a sequence number into a place, the one nearest to what is awaited."""
        base = self._base or 0
        ahead = (sequence - base - self._next) % _MODULUS
        return self._next + (ahead if ahead < _HALF else ahead - _MODULUS)

    def _keep(self, piece: _Waiting) -> None:
        if piece.start + piece.size <= self._next:
            return
        index = bisect_left(self._waiting, piece.start, key=lambda waiting: waiting.start)
        if index < len(self._waiting) and self._waiting[index].start == piece.start:
            if self._waiting[index].size >= piece.size:
                return
            index += 1
        self._waiting.insert(index, piece)
        self.held += len(piece.octets) + _COST

    def _readable(self) -> Iterator[bytes | Hole]:
        while self._waiting and self._waiting[0].start <= self._next:
            start, size, octets = self._waiting.pop(0)
            self.held -= len(octets) + _COST
            if fresh := octets[self._next - start :]:
                self._next += len(fresh)
                yield fresh
            if (missing := start + size - self._next) > 0:
                self._next += missing
                yield Hole(missing)
