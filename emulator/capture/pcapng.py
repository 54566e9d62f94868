"""The blocks of a pcapng file, as octets (draft-ietf-opsawg-pcapng): one section, interfaces, packets, TLS secrets.

All numbers are little-endian, times are in microseconds. Written here because no library writes a Decryption Secrets
Block.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
"""How every pcapng file begins."""

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_SECRETS: Final = 10
_BYTE_ORDER: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = -1
_TLS_KEY_LOG: Final = 0x544C534B
_END, _COMMENT = 0, 1
_SECTION_HARDWARE, _SECTION_APPLICATION = 2, 4
_INTERFACE_NAME, _INTERFACE_DESCRIPTION, _INTERFACE_MAC = 2, 3, 6
_PACKET_FLAGS: Final = 2
_LONGEST_OPTION: Final = 65_535


class LinkType(IntEnum):
    """What the octets of an interface's packets begin with (tcpdump.org/linktypes.html)."""

    ETHERNET = 1
    WIRESHARK_UPPER_PDU = 252


class Way(IntEnum):
    """Which way a packet went, as the module sees it."""

    UNKNOWN = 0
    INBOUND = 1
    OUTBOUND = 2


Option = tuple[int, bytes]


def section(*, hardware: str, application: str, comments: Iterable[str]) -> bytes:
    """The begin of a file."""
    fixed = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
    texts = ((_SECTION_HARDWARE, hardware), (_SECTION_APPLICATION, application))
    return _block(_SECTION, fixed, [*_comments(comments), *((code, text.encode()) for code, text in texts)])


def interface(link_type: LinkType, *, name: str, description: str, mac: bytes | None = None) -> bytes:
    """One interface; packets name them by their order, from 0."""
    options = [(_INTERFACE_NAME, name.encode()), (_INTERFACE_DESCRIPTION, description.encode())]
    if mac is not None:
        options.append((_INTERFACE_MAC, mac))
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, 0), options)


def packet(number: int, microseconds: int, octets: bytes, *, way: Way, comments: Iterable[str] = ()) -> bytes:
    """One packet of interface ``number``, at so many microseconds since 1970 UTC."""
    fixed = struct.pack(
        "<IIIII", number, microseconds >> 32, microseconds & 0xFFFF_FFFF, len(octets), len(octets)
    ) + _padded(octets)
    return _block(_PACKET, fixed, [*_comments(comments), (_PACKET_FLAGS, struct.pack("<I", way))])


def secrets(key_log: bytes) -> bytes:
    """Keys for the TLS connections of later packets, in the form of an NSS key log."""
    return _block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(key_log)) + _padded(key_log), [])


def _block(kind: int, fixed: bytes, options: Iterable[Option]) -> bytes:
    body = fixed + b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    if len(body) > len(fixed):
        body += struct.pack("<HH", _END, 0)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _comments(comments: Iterable[str]) -> Iterable[Option]:
    return ((_COMMENT, comment.encode()[:_LONGEST_OPTION]) for comment in comments)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
