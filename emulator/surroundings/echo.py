"""An ICMP echo request from this machine, by whichever way the operating system allows.

1. An ICMP socket without privileges (macOS always, Linux where ``net.ipv4.ping_group_range`` says so), which the
   kernel gives the answers to its own requests.
2. A raw ICMP socket, which needs privileges and sees every ICMP packet of the machine.
3. Neither: a TCP connection to the echo port. A host that accepts or refuses it is there, and the time is that of
   one round trip; one that drops such packets looks absent although it might answer to ICMP.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from contextlib import suppress
from typing import Final

_ECHO_REPLY: Final = 0
_ECHO_REQUEST: Final = 8
_HEADER: Final = struct.Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence number."""
_ECHO_PORT: Final = 7
_LARGEST_PACKET: Final = 65535


async def echo(address: str, size: int) -> float:
    """Send one request with ``size`` octets to a dotted quad; the seconds until the answer. Raises OSError."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP)
        except OSError:  # not permitted, or not known to this system
            continue
        with opened:
            return await _exchange(opened, address, size)
    return await _knock(address)


async def _exchange(opened: socket.socket, address: str, size: int) -> float:
    loop = asyncio.get_running_loop()
    opened.setblocking(False)
    identity = os.getpid() & 0xFFFF, time.monotonic_ns() >> 10 & 0xFFFF
    raw = opened.type == socket.SOCK_RAW
    started = time.monotonic()
    await loop.sock_sendto(opened, _request(identity, bytes(index & 0xFF for index in range(size))), (address, 0))
    while True:
        packet, (sender, *_) = await loop.sock_recvfrom(opened, _LARGEST_PACKET)
        if sender == address and _answers(packet, identity, raw=raw):
            return time.monotonic() - started


async def _knock(address: str) -> float:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with opened:
        opened.setblocking(False)
        started = time.monotonic()
        with suppress(ConnectionRefusedError):
            await asyncio.get_running_loop().sock_connect(opened, (address, _ECHO_PORT))
        return time.monotonic() - started


def _request(identity: tuple[int, int], content: bytes) -> bytes:
    blank = _HEADER.pack(_ECHO_REQUEST, 0, 0, *identity) + content
    return _HEADER.pack(_ECHO_REQUEST, 0, _checksum(blank), *identity) + content


def _answers(packet: bytes, identity: tuple[int, int], *, raw: bool) -> bool:
    """Whether the packet is the reply; systems differ in whether they leave the IP header in front."""
    if packet[:1] and packet[0] >> 4 == 4:
        packet = packet[4 * (packet[0] & 0x0F) :]
    if len(packet) < _HEADER.size:
        return False
    kind, _, _, identifier, number = _HEADER.unpack_from(packet)
    # Without privileges the kernel chooses the identifier, and passes nobody else's replies.
    return (kind, number) == (_ECHO_REPLY, identity[1]) and (not raw or identifier == identity[0])


def _checksum(packet: bytes) -> int:
    """The one's complement sum of RFC 1071."""
    padded = packet + b"\0" * (len(packet) % 2)
    total = sum(int.from_bytes(padded[index : index + 2], "big") for index in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
