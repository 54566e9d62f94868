"""A piece of the serial dialogue as a packet that Wireshark shows as text (LINKTYPE_WIRESHARK_UPPER_PDU).

Wireshark has a dissector for AT commands, but it knows those of modems and warns about all others. So text is shown as
lines, anything else as octets. The tag for the Info column is understood from Wireshark 4.2 on; older ones skip it.
"""

from __future__ import annotations

import struct
from typing import Final

from emulator.capture.pcapng import Way

_END_OF_TAGS, _DISSECTOR, _PROTOCOL_COLUMN, _INFO_COLUMN = 0, 12, 33, 36
_TEXT: Final = bytes((*range(0x20, 0x7F), 0x09, 0x0A, 0x0D))
_ARROWS: Final = {Way.INBOUND: "> ", Way.OUTBOUND: "< ", Way.UNKNOWN: ""}
"""As in a transcript: what the host says, what the module says."""
_SHOWN: Final = 200


def _tag(kind: int, value: bytes) -> bytes:
    """Tags are as long as a multiple of four; a text may end in zeros."""
    value += bytes(-len(value) % 4)
    return struct.pack("!HH", kind, len(value)) + value


_AS_TEXT: Final = _tag(_DISSECTOR, b"data-text-lines")
_AS_DATA: Final = _tag(_DISSECTOR, b"data")
_UART: Final = _tag(_PROTOCOL_COLUMN, b"UART")
_SPI: Final = _tag(_PROTOCOL_COLUMN, b"SPI")
_END: Final = _tag(_END_OF_TAGS, b"")


def serial_packet(octets: bytes, way: Way, *, on_spi: bool = False) -> bytes:
    """The octets behind tags that say how to show them."""
    is_text = not octets.translate(None, _TEXT)
    shown = " ".join(octets[:_SHOWN].decode("ascii").split()) if is_text else f"{len(octets)} octets"
    header = (_AS_TEXT if is_text else _AS_DATA) + (_SPI if on_spi else _UART)
    return header + _tag(_INFO_COLUMN, (_ARROWS[way] + shown).encode()) + _END + octets
