"""Packets around payloads: Ethernet, IPv4 and IPv6, TCP, UDP and ICMP, with right lengths and checksums.

Everything about them is made from what is known of the conversation, so the same conversation gives the same octets.
"""

from __future__ import annotations

import struct
from enum import IntFlag
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from firmware_model.outside import Address

_IPV4: Final = b"\x08\x00"
_IPV6: Final = b"\x86\xdd"
_ICMP, _TCP, _UDP = 1, 6, 17
_DO_NOT_FRAGMENT: Final = 0x4000
_HOPS: Final = 64
_TO_ALL: Final = b"\xff" * 6
_EVERYBODY: Final = IPv4Address("255.255.255.255")
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_MAXIMUM_SEGMENT_SIZE: Final = b"\x02\x04"


class Flags(IntFlag):
    """Of a TCP segment."""

    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16


class Segment(NamedTuple):
    """What a TCP segment says; ``maximum`` is the segment size that a SYN announces."""

    sequence: int
    acknowledged: int
    flags: Flags
    window: int
    payload: bytes = b""
    maximum: int | None = None


class Link(NamedTuple):
    """The module on its network."""

    mac: bytes

    def tcp(self, source: Address, destination: Address, segment: Segment, *, outbound: bool) -> bytes:
        """A TCP segment; ``outbound`` says that the module sends it. Raises ValueError for what is no address."""
        options = b"" if segment.maximum is None else _MAXIMUM_SEGMENT_SIZE + struct.pack("!H", segment.maximum)
        header = struct.pack(
            "!HHIIBBHHH",
            source.port,
            destination.port,
            segment.sequence & 0xFFFF_FFFF,
            segment.acknowledged & 0xFFFF_FFFF,
            (20 + len(options)) << 2,
            segment.flags,
            segment.window,
            0,
            0,
        )
        return self._packet(source, destination, _TCP, header + options + segment.payload, 16, outbound=outbound)

    def udp(
        self, source: Address, destination: Address, payload: bytes, *, outbound: bool, to_all: bool = False
    ) -> bytes:
        """A datagram, with ``to_all`` to everybody. Raises ValueError for what is no address."""
        if to_all:
            destination = destination._replace(host=str(_EVERYBODY))
        header = struct.pack("!HHHH", source.port, destination.port, 8 + len(payload), 0)
        return self._packet(source, destination, _UDP, header + payload, 6, outbound=outbound)

    def echo(self, source: str, destination: str, number: int, size: int, *, outbound: bool) -> bytes:
        """An echo request, or with ``outbound`` false the answer to it. Raises ValueError for what is no address."""
        kind = _ECHO_REQUEST if outbound else _ECHO_REPLY
        message = struct.pack("!BBHHH", kind, 0, 0, 1, number & 0xFFFF) + bytes(octet & 0xFF for octet in range(size))
        message = _with_checksum(message, 2, b"")
        return self._frame(IPv4Address(source), IPv4Address(destination), _ICMP, message, outbound=outbound)

    def _packet(
        self, source: Address, destination: Address, protocol: int, message: bytes, place: int, *, outbound: bool
    ) -> bytes:
        ours, theirs = ip_address(source.host), ip_address(destination.host)
        if ours.version != theirs.version:
            raise ValueError(f"{ours} and {theirs} are of different families")
        pseudo = ours.packed + theirs.packed + struct.pack("!II", len(message), protocol)
        message = _with_checksum(message, place, pseudo, zero_means_none=protocol == _UDP)
        return self._frame(ours, theirs, protocol, message, outbound=outbound)

    def _frame(
        self,
        source: IPv4Address | IPv6Address,
        destination: IPv4Address | IPv6Address,
        protocol: int,
        message: bytes,
        *,
        outbound: bool,
    ) -> bytes:
        peer = mac_of(destination if outbound else source)
        if destination == _EVERYBODY or destination.is_multicast:
            ends = mac_of(destination) + (self.mac if outbound else peer)
        else:
            ends = peer + self.mac if outbound else self.mac + peer
        if source.version == 4:
            header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, _DO_NOT_FRAGMENT, _HOPS, protocol, 0)
            return ends + _IPV4 + _with_checksum(header + source.packed + destination.packed, 10, b"") + message
        header = struct.pack("!IHBB", 6 << 28, len(message), protocol, _HOPS)
        return ends + _IPV6 + header + source.packed + destination.packed + message


def mac_of(address: IPv4Address | IPv6Address) -> bytes:
    """The MAC of somebody on the module's network: nobody's own, but one made from the address."""
    if address == _EVERYBODY:
        return _TO_ALL
    if address.is_multicast:
        if address.version == 4:
            return b"\x01\x00\x5e" + bytes([address.packed[1] & 0x7F]) + address.packed[2:]
        return b"\x33\x33" + address.packed[-4:]
    return b"\x02\x00" + address.packed[-4:]


def _with_checksum(message: bytes, place: int, pseudo: bytes, *, zero_means_none: bool = False) -> bytes:
    """Fill in the internet checksum (RFC 1071) at ``place``, where zeros are."""
    # The sum of 16-bit words with end-around carry is the remainder by 0xFFFF, where a sum that is not 0 never gives 0.
    covered = pseudo + message + bytes(len(message) % 2)
    checksum = 0xFFFF - (int.from_bytes(covered) % 0xFFFF or 0xFFFF)
    if zero_means_none and not checksum:
        checksum = 0xFFFF
    return message[:place] + struct.pack("!H", checksum) + message[place + 2 :]
