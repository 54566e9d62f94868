"""Sockets of this machine: opening them, limiting their segments, looking names up."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from firmware_model.outside import SEGMENT, NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_at(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket that listens, or takes datagrams, at ``host:port``. Raises OSError."""
    opened = socket.socket(socket.AF_INET, kind)
    try:
        opened.setblocking(False)
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            limit_segments(opened)
        opened.bind((host, port))
        if kind is socket.SOCK_STREAM:
            opened.listen()
    except OSError:
        opened.close()
        raise
    return opened


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
