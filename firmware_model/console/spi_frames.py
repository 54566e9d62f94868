"""The SPI protocol as octets, both ways, without I/O.

Host to module (M3p8, M3p9; XC-SPI, GHI); numbers are decimal digits, an empty parameter has length 0::

    02   length MSB   length LSB   command id   n   { length   characters } n times

The length counts what follows it. Hosts count the octets of a data phase in (M3p9, XC-SPI, GHI, F-SPI4) or leave them
out (F-SPI5), and both work on real modules; in the manual's example for SCAN it is one too small. So the parameters
tell where a frame ends, and the length only where whole parameters are missing at its end: then the frame is cut
short there (assumed).

Module to host (M3p8, PB, F-SPI1)::

    02   kind << 4 | wifi_state   indication   length LSB   length MSB   payload
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SYNC: Final = 0x02
"""The first octet of every frame and packet."""
LONGEST_FRAME: Final = 512
"""Octets that may follow the length of a command, a data phase excluded (M3p8)."""
_LENGTH_END: Final = 3
"""Octets up to the end of the length."""
_COMMAND: Final = 2
"""Octets of command id and parameter count."""
_HEADER: Final = 5


class Kind(IntEnum):
    """What a packet of the module is (M3p8)."""

    INDICATION = 1
    CRITICAL_ERROR = 2
    """No source says when the module sends one, so this one never does (assumed)."""
    REPLY = 3


class Mark(IntEnum):
    """The third octet of a reply packet; any other value is the code of an error (GHI, from ST's words in F-SPI4)."""

    OK = 0x00
    """The command succeeded; no payload."""
    CONTENT = 0x03
    """``AT-S.OK`` with a payload; ROS met it on the content that FSP prints."""
    MASKABLE_LINE = 0xFE
    LINE = 0xFF


class Packet(NamedTuple):
    """One packet of the module."""

    kind: int
    wifi_state: int
    """Status variable ``wifi_state``, 0..10."""
    indication: int
    """Number of an indication, code of an error, or a :class:`Mark`."""
    payload: bytes = b""

    def encode(self) -> bytes:
        """The packet as octets."""
        length = len(self.payload).to_bytes(2, "little")
        return bytes((SYNC, self.kind << 4 | self.wifi_state, self.indication)) + length + self.payload


class Frame(NamedTuple):
    """One command of the host."""

    command_id: int
    parameters: tuple[bytes, ...] = ()
    declared: int | None = None
    """What the length field says, None for what is right without a data phase."""
    announced: int | None = None
    """How many parameters it says that it has, None for what is right."""

    @property
    def length(self) -> int:
        """Octets that follow the length field, a data phase excluded."""
        return _COMMAND + sum(1 + len(parameter) for parameter in self.parameters)

    @property
    def is_cut_short(self) -> bool:
        """Whether whole parameters are missing at the end that the length field tells."""
        return self.announced is not None

    @property
    def is_too_long(self) -> bool:
        """Whether it exceeds what the module takes."""
        return self.length > LONGEST_FRAME

    @property
    def is_read_header(self) -> bool:
        """Whether it is what ST's driver clocks out while it reads: a sync octet and zeros (XC-SPI)."""
        return not self.declared and not self.command_id and not self.parameters

    def encode(self, data: int = 0) -> bytes:
        """The frame as octets; ``data`` is the length of the data phase, which the length field counts."""
        declared = self.length + data if self.declared is None else self.declared
        announced = len(self.parameters) if self.announced is None else self.announced
        head = bytes((SYNC,)) + declared.to_bytes(2, "big") + bytes((self.command_id, announced))
        return head + b"".join(bytes((len(parameter),)) + parameter for parameter in self.parameters)


class FrameParser:
    """Finds the next frame in what a host clocks out; octets before a sync octet are skipped."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._needed = _HEADER

    @property
    def has_begun(self) -> bool:
        """Whether a sync octet has arrived but not the end of its frame."""
        return bool(self._octets)

    def reset(self) -> None:
        """Forget the begin of a frame."""
        self._octets.clear()
        self._needed = _HEADER

    def feed(self, octets: bytes) -> tuple[int, Frame | None]:
        """Take octets up to the end of a frame; how many that were, and the frame if it is complete."""
        for taken, octet in enumerate(octets, 1):
            if not self._octets and octet != SYNC:
                continue
            self._octets.append(octet)
            if len(self._octets) >= self._needed and (frame := self._judge()) is not None:
                self.reset()
                return taken, frame
        return len(octets), None

    def _judge(self) -> Frame | None:
        """The frame once it is complete; else it is known how many octets tell more."""
        declared = int.from_bytes(self._octets[1:_LENGTH_END], "big")
        parameters, begun = _split(bytes(self._octets))
        announced = self._octets[_HEADER - 1]
        is_complete = len(parameters) == announced
        is_cut_short = not is_complete and not begun and len(self._octets) >= _LENGTH_END + declared
        if is_complete or is_cut_short:
            return Frame(self._octets[_LENGTH_END], parameters, declared, announced if is_cut_short else None)
        self._needed = begun or len(self._octets) + 1
        return None


def _split(octets: bytes) -> tuple[tuple[bytes, ...], int]:
    """The parameters of a frame that are complete, and where the one that has begun will end; 0 for none."""
    parameters: list[bytes] = []
    position = _HEADER
    while len(parameters) < octets[_HEADER - 1] and position < len(octets):
        end = position + 1 + octets[position]
        if end > len(octets):
            return tuple(parameters), end
        parameters.append(octets[position + 1 : end])
        position = end
    return tuple(parameters), 0


class PacketParser:
    """Finds the packets in what a host clocks in; octets before a sync octet are skipped."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> Iterator[Packet]:
        """Take octets and yield the packets that are complete with them."""
        self._octets += octets
        while (start := self._octets.find(SYNC)) >= 0:
            del self._octets[:start]
            length = int.from_bytes(self._octets[_LENGTH_END:_HEADER], "little")
            if len(self._octets) < _HEADER + length:
                return
            packet = Packet(
                self._octets[1] >> 4,
                self._octets[1] & 0x0F,
                self._octets[2],
                bytes(self._octets[_HEADER : _HEADER + length]),
            )
            del self._octets[: _HEADER + length]
            yield packet
        self._octets.clear()
