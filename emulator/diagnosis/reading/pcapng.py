"""Reads pcapng files of one or several sections; the form is that of draft-ietf-opsawg-pcapng.

Frames are taken from enhanced, simple and the old packet blocks. All other blocks, decryption secrets among them,
are passed over unread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.diagnosis.reading.frame import LARGEST_FRAME, Frame
from emulator.diagnosis.reading.octets import DamagedInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.reading.octets import Octets

SECTION: Final = bytes.fromhex("0a0d0d0a")
"""The type of a section header block, the same in either byte order."""
_ORDERS: Final = {bytes.fromhex("1a2b3c4d"): ">", bytes.fromhex("4d3c2b1a"): "<"}
_INTERFACE: Final = 1
_OLD_PACKET: Final = 2
_SIMPLE_PACKET: Final = 3
_ENHANCED_PACKET: Final = 6
_READ: Final = frozenset({_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET})
_FRAME_OF_BLOCK: Final = 12
"""Octets of a block besides its body: type, length, length again."""
_LARGEST_READ: Final = LARGEST_FRAME + (1 << 16)
"""A frame and its options."""
_END_OF_OPTIONS: Final = 0
_TIME_RESOLUTION: Final = 9
_TIME_OFFSET: Final = 14


class _Interface(NamedTuple):
    """Where frames came from; times are counts of ``unit`` seconds after ``offset``."""

    link: int
    snap_length: int
    unit: float
    offset: int


@dataclass(slots=True)
class _Section:
    """What one section has told so far."""

    order: str
    interfaces: list[_Interface] = field(default_factory=list)

    def unpack(self, form: str, octets: bytes, offset: int = 0) -> tuple[int, ...]:
        """Unpack in this section's byte order; raises DamagedInput for a block that is too short."""
        try:
            return struct.unpack_from(self.order + form, octets, offset)
        except struct.error:
            raise DamagedInput("a block is shorter than its kind must be: the file is damaged from there on") from None

    def interface(self, number: int) -> _Interface:
        """Return an interface by its number; raises DamagedInput when it was never described."""
        if number >= len(self.interfaces):
            raise DamagedInput(f"a frame names interface {number}, which is not described: the file is damaged")
        return self.interfaces[number]


def pcapng_frames(octets: Octets) -> Iterator[Frame]:
    """Give the frames of a pcapng file. Raises DamagedInput where the file goes wrong."""
    section = _Section("<")
    number = 0
    while True:
        try:
            kind_octets = octets.exactly(4)
        except EOFError:
            return
        if kind_octets == SECTION:
            section = _begin_section(octets)
            continue
        (kind,) = section.unpack("I", kind_octets)
        body = _body(octets, section, kind)
        if body is None:
            continue
        if kind == _INTERFACE:
            section.interfaces.append(_interface(section, body))
            continue
        number += 1
        yield _frame(section, kind, body, number)


def _begin_section(octets: Octets) -> _Section:
    try:
        length_octets, magic = octets.exactly(4), octets.exactly(4)
    except EOFError:
        raise DamagedInput("the file ends within the head of a section") from None
    if magic not in _ORDERS:
        raise DamagedInput("a section does not say its byte order: the file is damaged from there on")
    section = _Section(_ORDERS[magic])
    (length,) = section.unpack("I", length_octets)
    _check_length(length)
    octets.skip(length - _FRAME_OF_BLOCK)
    return section


def _body(octets: Octets, section: _Section, kind: int) -> bytes | None:
    """Read one block's body, or pass over it (None) when its kind is of no use here."""
    try:
        (length,) = section.unpack("I", octets.exactly(4))
        _check_length(length)
        size = length - _FRAME_OF_BLOCK
        if kind not in _READ:
            octets.skip(size + 4)
            return None
        if size > _LARGEST_READ:
            raise DamagedInput(f"a block claims to have {length} octets: the file is damaged from there on")
        body = octets.exactly(size) if size else b""
        again = section.unpack("I", octets.exactly(4))[0]
    except EOFError:
        raise DamagedInput("the file ends within a block") from None
    if again != length:
        raise DamagedInput("a block's two lengths differ: the file is damaged from there on")
    return body


def _check_length(length: int) -> None:
    if length < _FRAME_OF_BLOCK or length % 4:
        raise DamagedInput(f"a block claims to have {length} octets: the file is damaged from there on")


def _interface(section: _Section, body: bytes) -> _Interface:
    link, _, snap_length = section.unpack("HHI", body)
    unit, offset = 1e-6, 0
    for code, value in _options(section, body[8:]):
        if code == _TIME_RESOLUTION and len(value) == 1:
            unit = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
        elif code == _TIME_OFFSET and len(value) == 8:
            (offset,) = section.unpack("q", value)
    return _Interface(link, snap_length, unit, offset)


def _options(section: _Section, octets: bytes) -> Iterator[tuple[int, bytes]]:
    while len(octets) >= 4:
        code, length = section.unpack("HH", octets)
        if code == _END_OF_OPTIONS:
            return
        yield code, octets[4 : 4 + length]
        octets = octets[4 + (length + 3) // 4 * 4 :]


def _frame(section: _Section, kind: int, body: bytes, number: int) -> Frame:
    if kind == _SIMPLE_PACKET:
        interface = section.interface(0)
        (length,) = section.unpack("I", body)
        kept = min(length, interface.snap_length or length, len(body) - 4)
        return Frame(number, None, interface.link, body[4 : 4 + kept], length)
    if kind == _ENHANCED_PACKET:
        index, high, low, kept, length = section.unpack("IIIII", body)
    else:
        index, _, high, low, kept, length = section.unpack("HHIIII", body)
    if kept > len(body) - 20:
        raise DamagedInput(f"frame {number} claims to have more octets than its block: the file is damaged")
    interface = section.interface(index)
    time = (high << 32 | low) * interface.unit + interface.offset
    return Frame(number, time, interface.link, body[20 : 20 + kept], length)
