"""The network behind the radio: real sockets of this machine, reached through the address map."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from firmware_model.outside import Address, NameNotFoundError

if TYPE_CHECKING:
    from emulator.surroundings.address_map import AddressMap


class SocketStream:
    """A connected TCP socket.

    It works on the socket itself, not on asyncio's transports: those throw received octets away when a write
    fails, and with them the alert that says why a TLS server hung up.
    """

    def __init__(self, connection: socket.socket, remote: Address) -> None:
        self._socket = connection
        self._remote = remote

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        return self._remote

    async def read(self, limit: int) -> bytes:
        """Wait for octets; ``b""`` at the end. Raises OSError."""
        return await asyncio.get_running_loop().sock_recv(self._socket, limit)

    async def write(self, data: bytes) -> None:
        """Send all octets. Raises OSError."""
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def close(self) -> None:
        """Close both directions."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()


class MachineNetwork:
    """Connects to what the address map names; with an uplink also to anything this machine can reach."""

    def __init__(self, address_map: AddressMap) -> None:
        self._map = address_map

    async def connect(self, host: str, port: int, *, uplink: bool) -> SocketStream:
        """Open a connection. Raises NameNotFoundError, ConnectionRefusedError or another OSError."""
        target = self._map.lookup(host, port)
        if target is None and not uplink:
            raise OSError(
                errno.EHOSTUNREACH,
                f"nobody behind the miniAP has the address {host}; map it with --map {host}=127.0.0.1",
            )
        return await _connect(*(target or (host, port)), seen_as=host)


async def _connect(host: str, port: int, *, seen_as: str) -> SocketStream:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as failure:
        raise NameNotFoundError(f"the name {host} is not found") from failure
    refusal: OSError = NameNotFoundError(f"the name {host} has no address")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(connection, address)
        except OSError as failure:
            connection.close()
            refusal = failure
        except asyncio.CancelledError:
            connection.close()
            raise
        else:
            shown = seen_as if _is_quad(seen_as) else str(address[0])
            return SocketStream(connection, Address(shown, port))
    raise refusal


def _is_quad(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, text)
    except OSError:
        return False
    return True
