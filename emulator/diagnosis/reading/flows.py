"""All TCP connections of a capture at once, in bounded memory.

A connection that its listener has finished with costs a key and nothing else. When the connections that are followed
are too many, or hold too much, the one that was silent for longest is given up.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.reading.conversation import End, Place
from emulator.diagnosis.reading.packet import ACK, FIN, RST, SYN
from emulator.diagnosis.reading.stream import Hole, Stream

if TYPE_CHECKING:
    from emulator.diagnosis.reading.conversation import Listener, Meet, Side
    from emulator.diagnosis.reading.packet import Segment

MOST_FLOWS: Final = 8192
"""Connections that are remembered at a time."""
MOST_HELD: Final = 32 << 20
"""Octets that all of them may hold together."""
_BOTH: Final[tuple[Side, Side]] = (0, 1)


class _Flow:
    """One connection: a stream for each side and somebody who listens; side 0 is who was seen first."""

    __slots__ = ("first", "listener", "streams")

    def __init__(self, first: bytes, listener: Listener) -> None:
        self.first = first
        self.listener = listener
        self.streams = (Stream(), Stream())

    @property
    def held(self) -> int:
        """Octets in memory."""
        return self.streams[0].held + self.streams[1].held + self.listener.held

    def take(self, segment: Segment, place: Place) -> None:
        """Pass on what ``segment`` brings."""
        side: Side = 0 if segment.source == self.first else 1
        for piece in self.streams[side].take(segment):
            self._tell(side, piece, place)
        if segment.flags & (FIN | RST) and not self.listener.finished:
            self.listener.closes(side)
        if segment.flags & RST:
            self.close(End.RESET, place)
        elif self.streams[0].ended and self.streams[1].ended:
            self.close(End.CLOSED, place)

    def close(self, how: End, place: Place) -> None:
        """Pass on what still waits behind holes, and that nothing more comes."""
        for side in _BOTH:
            for piece in self.streams[side].rest():
                self._tell(side, piece, place)
        if not self.listener.finished:
            self.listener.end(how, place)

    def _tell(self, side: Side, piece: bytes | Hole, place: Place) -> None:
        if self.listener.finished:
            return
        if isinstance(piece, Hole):
            self.listener.hole(side, place)
        else:
            self.listener.octets(side, piece, place)


class Flows:
    """Sorts segments into connections; ``meet`` makes the listener of each from the names of its two ends."""

    def __init__(self, meet: Meet) -> None:
        self._meet = meet
        self._flows: OrderedDict[bytes, _Flow | None] = OrderedDict()
        self._held = 0
        self.count = 0
        """Connections that were seen."""

    def take(self, segment: Segment, place: Place) -> None:
        """Handle one segment."""
        key = min(segment.source, segment.destination) + max(segment.source, segment.destination)
        if segment.flags & SYN:
            self._begin_anew(key, segment, place)
        if key in self._flows:
            self._flows.move_to_end(key)
            flow = self._flows[key]
            if flow is None:
                return
        else:
            flow = self._open(key, segment)
        before = flow.held
        flow.take(segment, place)
        if flow.listener.finished:
            self._flows[key] = None
            self._held -= before
        else:
            self._held += flow.held - before
        self._make_room(place)

    def end(self, place: Place) -> None:
        """Say to all that the input ends."""
        while self._flows:
            self._give_up(End.INPUT_ENDS, place)

    def _begin_anew(self, key: bytes, segment: Segment, place: Place) -> None:
        """Forget a connection whose addresses and ports are used for another one."""
        if key not in self._flows:
            return
        flow = self._flows[key]
        if flow is None:
            # The other side's SYN, or one that is sent again, follows a connection that ended very early.
            if not segment.flags & ACK:
                del self._flows[key]
            return
        side = 0 if segment.source == flow.first else 1
        if flow.streams[side].begins_anew(segment):
            self._held -= flow.held
            flow.close(End.CLOSED, place)
            del self._flows[key]

    def _open(self, key: bytes, segment: Segment) -> _Flow:
        self.count += 1
        flow = _Flow(segment.source, self._meet((_name(segment.source), _name(segment.destination))))
        self._flows[key] = flow
        self._held += flow.held
        return flow

    def _make_room(self, place: Place) -> None:
        while len(self._flows) > MOST_FLOWS or (self._held > MOST_HELD and len(self._flows) > 1):
            self._give_up(End.FORGOTTEN, place)

    def _give_up(self, how: End, place: Place) -> None:
        _, flow = self._flows.popitem(last=False)
        if flow is not None:
            self._held -= flow.held
            flow.close(how, place)


def _name(end: bytes) -> str:
    address, port = str(ip_address(end[:-2])), int.from_bytes(end[-2:], "big")
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
