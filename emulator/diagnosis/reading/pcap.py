"""Reads pcap files: microseconds or nanoseconds, of machines of either byte order.

The form is that of draft-ietf-opsawg-pcap.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.reading.frame import LARGEST_FRAME, Frame
from emulator.diagnosis.reading.octets import DamagedInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.reading.octets import Octets

MAGIC: Final = {
    bytes.fromhex("a1b2c3d4"): (">", 1e-6, 0),
    bytes.fromhex("d4c3b2a1"): ("<", 1e-6, 0),
    bytes.fromhex("a1b23c4d"): (">", 1e-9, 0),
    bytes.fromhex("4d3cb2a1"): ("<", 1e-9, 0),
    bytes.fromhex("a1b2cd34"): (">", 1e-6, 8),
    bytes.fromhex("34cdb2a1"): ("<", 1e-6, 8),
}
"""First octets, and what they tell: byte order, unit of the fraction in seconds, octets that each frame's head has
more (the form of a patch by Alexey Kuznetsov)."""
_LINK_BITS: Final = 0xFFFF
"""The upper half of the field may hold the length of a frame check sequence."""


def pcap_frames(octets: Octets) -> Iterator[Frame]:
    """Give the frames of a pcap file. Raises DamagedInput where the file goes wrong."""
    order, unit, extra = MAGIC[octets.exactly(4)]
    try:
        link = struct.unpack(order + "HHiIII", octets.exactly(20))[5] & _LINK_BITS
    except EOFError:
        raise DamagedInput("the file ends within its head") from None
    head = struct.Struct(order + "IIII")
    number = 0
    while True:
        try:
            seconds, fraction, kept, length = head.unpack(octets.exactly(head.size))
        except EOFError:
            return
        number += 1
        if kept > LARGEST_FRAME:
            raise DamagedInput(f"frame {number} claims to have {kept} octets: the file is damaged from there on")
        octets.skip(extra)
        yield Frame(number, seconds + fraction * unit, link, _content(octets, kept), length)


def _content(octets: Octets, count: int) -> bytes:
    try:
        return octets.exactly(count) if count else b""
    except EOFError:
        raise DamagedInput("the file ends between a frame's head and its content") from None
