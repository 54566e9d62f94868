"""TCP as it would have gone over the air: the segments of one connection, from what passed over it.

A connection is opened with three segments and every octet acknowledged. Data goes in segments of 730 octets at most,
which the module announces; each side acknowledges every eight of them and the last one. A side that ends sends FIN, one
that gives up RST. A connection that was open before anybody looked begins in the middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.capture.packets import Flags, Segment
from firmware_model.outside import SEGMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.capture.traffic import Side
    from firmware_model.events import Direction

_ACKNOWLEDGED_AT_ONCE: Final = 8
"""Segments that one acknowledgement is for."""
_WINDOW: Final = 2 * _ACKNOWLEDGED_AT_ONCE * SEGMENT
"""Never full, so that Wireshark does not remark on it; what the real one announces is not known."""
_PEERS_SEGMENT: Final = 1460
_SPACING: Final = 0x1_0000
"""Between the first sequence numbers of connections that follow each other."""


class Sent(NamedTuple):
    """A segment and who sends it; ``end`` is where its payload ends in the octets that it is part of."""

    by: Side
    segment: Segment
    end: int = 0


class TcpConversation:
    """The two counters of one connection."""

    def __init__(self, number: int) -> None:
        """Begin with sequence numbers that are made from the connection's ``number``."""
        first = number * _SPACING
        self._next: dict[Side, int] = {"module": first, "peer": first + _SPACING // 2}
        self._asked = False

    def connecting(self) -> Iterator[Sent]:
        """The module asks for the connection."""
        self._asked = True
        yield self._syn("module", SEGMENT)

    def opened(self, by: Side) -> Iterator[Sent]:
        """The connection is there; what was not sent of its opening yet is sent now."""
        if by == "module":
            yield from () if self._asked else self.connecting()
            yield self._syn("peer", _PEERS_SEGMENT, answer=True)
        else:
            yield self._syn("peer", _PEERS_SEGMENT)
            yield self._syn("module", SEGMENT, answer=True)
        yield self._empty(by, Flags.ACK)

    def refused(self) -> Iterator[Sent]:
        """The peer wants no connection."""
        yield from () if self._asked else self.connecting()
        yield Sent("peer", Segment(0, self._next["module"], Flags.RST | Flags.ACK, 0))

    def carries(self, direction: Direction, octets: bytes) -> Iterator[Sent]:
        """Octets go over it, and are acknowledged."""
        by: Side = "module" if direction == "sent" else "peer"
        other: Side = "peer" if direction == "sent" else "module"
        starts = range(0, len(octets), SEGMENT)
        for count, start in enumerate(starts, 1):
            payload = octets[start : start + SEGMENT]
            last = count == len(starts)
            flags = Flags.ACK | (Flags.PSH if last else Flags(0))
            yield Sent(by, self._segment(by, flags, payload), start + len(payload))
            self._next[by] += len(payload)
            if last or count % _ACKNOWLEDGED_AT_ONCE == 0:
                yield self._empty(other, Flags.ACK)

    def closed(self, by: Side, *, reset: bool) -> Iterator[Sent]:
        """One side ends its direction, or the connection."""
        if reset:
            yield self._empty(by, Flags.RST | Flags.ACK)
            return
        yield self._empty(by, Flags.FIN | Flags.ACK)
        self._next[by] += 1
        yield self._empty("peer" if by == "module" else "module", Flags.ACK)

    def _syn(self, by: Side, maximum: int, *, answer: bool = False) -> Sent:
        flags = Flags.SYN | Flags.ACK if answer else Flags.SYN
        acknowledged = self._acknowledged(by) if answer else 0
        segment = Segment(self._next[by], acknowledged, flags, _WINDOW, maximum=maximum)
        self._next[by] += 1
        return Sent(by, segment)

    def _empty(self, by: Side, flags: Flags) -> Sent:
        return Sent(by, self._segment(by, flags, b""))

    def _segment(self, by: Side, flags: Flags, payload: bytes) -> Segment:
        return Segment(self._next[by], self._acknowledged(by), flags, _WINDOW, payload)

    def _acknowledged(self, by: Side) -> int:
        return self._next["peer" if by == "module" else "module"]
