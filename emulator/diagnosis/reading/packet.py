"""From an IP packet to the TCP segment in it (RFC 791, 8200, 9293). Checksums are not looked at.

A capture on the sending machine often holds packets whose checksums, and even lengths, the network card fills in later.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10

_TCP: Final = 6
_FRAGMENT_BITS: Final = 0x3FFF
"""More fragments, or an offset that is not zero."""
_EXTENSIONS: Final = frozenset({0, 43, 60, 135})
"""IPv6 headers that say their own length in units of 8 octets: hop-by-hop, routing, destination, mobility."""
_AUTHENTICATION: Final = 51
_FRAGMENT: Final = 44
_IPV4_HEAD: Final = 20
_IPV6_HEAD: Final = 40
_SHORTEST_TCP_HEAD: Final = 5
"""In units of 4 octets."""
_TCP_HEAD: Final = struct.Struct(">HHIIBBH")


class FragmentedPacket(ValueError):  # noqa: N818  an answer, not a failure
    """The packet is one of several fragments, which are not put together here."""


class Segment(NamedTuple):
    """One TCP segment; ``source`` and ``destination`` are the address (4 or 16 octets) and two octets of port.

    ``missing`` octets of it went over the wire after ``payload``, but the capture did not keep them.
    """

    source: bytes
    destination: bytes
    sequence: int
    flags: int
    payload: bytes
    missing: int


class _Transport(NamedTuple):
    """A packet without its IP header: ends are offsets into the frame, ``end`` as the header says."""

    source: bytes
    destination: bytes
    start: int
    end: int


def segment_at(octets: bytes, offset: int, length: int) -> Segment | None:
    """Return the TCP segment of the packet at ``offset``, None when it holds none or is cut within its heads.

    ``length`` is the frame's length on the wire. Raises FragmentedPacket.
    """
    version = octets[offset] >> 4 if offset < len(octets) else 0
    if version == 4:
        packet = _ipv4(octets, offset, length)
    elif version == 6:
        packet = _ipv6(octets, offset, length)
    else:
        packet = None
    return _segment(octets, packet, length) if packet else None


def _ipv4(octets: bytes, offset: int, length: int) -> _Transport | None:
    if len(octets) < offset + _IPV4_HEAD or octets[offset + 9] != _TCP:
        return None
    head = 4 * (octets[offset] & 15)
    total, _, fragment = struct.unpack_from(">HHH", octets, offset + 2)
    if fragment & _FRAGMENT_BITS:
        raise FragmentedPacket
    # A length of zero is left by cards that cut large packets themselves.
    end = offset + total if total else length
    return _Transport(octets[offset + 12 : offset + 16], octets[offset + 16 : offset + 20], offset + head, end)


def _ipv6(octets: bytes, offset: int, length: int) -> _Transport | None:
    start = offset + _IPV6_HEAD
    if len(octets) < start:
        return None
    (payload,) = struct.unpack_from(">H", octets, offset + 4)
    kind = octets[offset + 6]
    while kind != _TCP:
        if kind == _FRAGMENT:
            raise FragmentedPacket
        if (kind not in _EXTENSIONS and kind != _AUTHENTICATION) or len(octets) < start + 2:
            return None
        size = 4 * (octets[start + 1] + 2) if kind == _AUTHENTICATION else 8 * (octets[start + 1] + 1)
        kind, start = octets[start], start + size
    end = offset + _IPV6_HEAD + payload if payload else length
    return _Transport(octets[offset + 8 : offset + 24], octets[offset + 24 : offset + 40], start, end)


def _segment(octets: bytes, packet: _Transport, length: int) -> Segment | None:
    if len(octets) < packet.start + _TCP_HEAD.size:
        return None
    source, destination, sequence, _, head, flags, _ = _TCP_HEAD.unpack_from(octets, packet.start)
    if head >> 4 < _SHORTEST_TCP_HEAD:
        return None
    start = packet.start + 4 * (head >> 4)
    end = min(packet.end, length)
    payload = octets[start:end]
    return Segment(
        packet.source + source.to_bytes(2, "big"),
        packet.destination + destination.to_bytes(2, "big"),
        sequence,
        flags,
        payload,
        max(0, end - start - len(payload)),
    )
