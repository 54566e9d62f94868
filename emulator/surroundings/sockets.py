"""Sockets of this machine: opening them, limiting their segments, looking names up."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from firmware_model.outside import SEGMENT, NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

_IP_MULTICAST_ALL: Final = 49
"""Linux's number, for which Python has no name."""


def open_at(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket that listens, or takes datagrams, at ``host:port``. Raises OSError."""
    opened = socket.socket(socket.AF_INET, kind)
    try:
        opened.setblocking(False)
        if kind is socket.SOCK_STREAM:
            reuse_address(opened)
            limit_segments(opened)
        opened.bind((host, port))
        if kind is socket.SOCK_STREAM:
            opened.listen()
    except OSError:
        opened.close()
        raise
    return opened


def reuse_address(opened: socket.socket) -> None:
    """Let a socket have an address from which older connections are still fading away.

    Windows lets it anyway; there the option would let it have one on which another program listens.
    """
    if os.name == "posix":
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def join_group(group: str, port: int) -> socket.socket:
    """A socket for what is sent to a multicast group on the loopback interface, and only there. Raises OSError.

    Others on this machine may be members at the same port. What it sends does not leave the machine.
    """
    joined = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here = socket.inet_aton("127.0.0.1")
    try:
        joined.setblocking(False)
        joined.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound to the group's own address it gets nothing that is sent to this machine by name. Windows refuses that.
        joined.bind((group if os.name == "posix" else "", port))
        joined.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + here)
        joined.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        if sys.platform == "linux":
            # Else it would hear what members of the same group get on other interfaces.
            joined.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    except OSError:
        joined.close()
        raise
    return joined


def limit_segments(connection: socket.socket) -> None:
    """Announce the module's segment size to the peer and keep to it; before connecting or listening, where possible.

    Where the machine puts time stamps into its segments, 12 of these octets are theirs.
    """
    if hasattr(socket, "TCP_MAXSEG"):
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)


async def look_up(
    host: str, port: int, kind: socket.SocketKind, family: socket.AddressFamily = socket.AF_UNSPEC
) -> Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]]:
    """What this machine knows of a name, at least one row. Raises NameNotFoundError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=kind, family=family)
    except (socket.gaierror, UnicodeError) as failure:
        raise NameNotFoundError(f"the name {host} is not found") from failure
    if not found:
        raise NameNotFoundError(f"the name {host} has no address")
    return found


def is_quad(text: str) -> bool:
    """Whether this is an IPv4 address."""
    try:
        socket.inet_pton(socket.AF_INET, text)
    except OSError:
        return False
    return True
