"""The network behind the radio: real sockets of this machine, reached through the address map."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from emulator.surroundings.names import Names
from firmware_model.outside import SEGMENT, Address, NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.surroundings.address_map import AddressMap
    from emulator.surroundings.names import Resolver

_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger."""
_REMEMBERED_SENDERS: Final = 256
"""Senders of datagrams that can still be answered."""


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

    def abort(self) -> None:
        """Reset the connection, so that the peer notices."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self._socket.close()


class SocketListener:
    """A TCP port of the module, open on this machine."""

    def __init__(self, listening: socket.socket, address_map: AddressMap) -> None:
        self._socket = listening
        self._map = address_map

    async def accept(self) -> SocketStream:
        """Wait for the next connection. Raises OSError once closed."""
        connection, (host, port) = await asyncio.get_running_loop().sock_accept(self._socket)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return SocketStream(connection, Address(*self._map.seen_from(host, port)))

    async def close(self) -> None:
        """Stop listening."""
        self._socket.close()


class SocketDatagrams:
    """A UDP port of the module, open on this machine."""

    def __init__(self, datagrams: socket.socket, network: MachineNetwork, *, uplink: bool) -> None:
        self._socket = datagrams
        self._network = network
        self._uplink = uplink

    async def receive(self) -> tuple[bytes, Address]:
        """Wait for the next datagram and its sender. Raises OSError once closed."""
        data, (host, port) = await asyncio.get_running_loop().sock_recvfrom(self._socket, 65536)
        return data, self._network.remember_sender(host, port)

    async def send(self, data: bytes, host: str, port: int) -> None:
        """Send one datagram. Raises OSError."""
        sender = self._network.sender(Address(host, port))
        target_host, target_port = sender or self._network.target(host, port, uplink=self._uplink)
        (*_, address), *_ = await _look_up(target_host, target_port, socket.SOCK_DGRAM, socket.AF_INET)
        await asyncio.get_running_loop().sock_sendto(self._socket, data, address)

    async def close(self) -> None:
        """Close the port."""
        self._socket.close()


class MachineNetwork:
    """Connects to what the address map names; with an uplink also to anything this machine can reach.

    A port that the module opens is opened on 127.0.0.1 under the same number where that is possible, else under a
    free one; ``announce`` is told, so that whoever wants to connect knows where.
    """

    def __init__(
        self,
        address_map: AddressMap,
        announce: Callable[[str], None] = lambda _: None,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Reach what ``address_map`` names; ``names`` are what DNS answers, as addresses of the module's network."""
        self.address_map = address_map
        self._announce = announce
        self._names = Names(names)
        self._senders: dict[Address, tuple[str, int]] = {}
        self.keep_numbers = True
        """Whether a port gets its own number where it is free; not so where modules run side by side and a number
        that one has given up must not become another's."""

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> SocketStream:
        """Open a connection. Raises NameNotFoundError, ConnectionRefusedError or another OSError."""
        seen_as = self._names.lookup(host)
        return await _connect(*self.target(seen_as, port, uplink=uplink), seen_as=seen_as, local_port=local_port)

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of a host. Raises NameNotFoundError."""
        host = self._names.lookup(host)
        if _is_quad(host):
            return host
        mapped = self.address_map.lookup_host(host)
        if mapped is None and not uplink:
            raise NameNotFoundError(
                f"nobody behind the miniAP answers for the name {host}; map it with --map {host}=..."
            )
        (*_, address), *_ = await _look_up(mapped or host, 0, socket.SOCK_STREAM, socket.AF_INET)
        return str(address[0])

    async def listen(self, port: int) -> SocketListener:
        """Open a TCP port. Raises OSError."""
        return SocketListener(self._open(port, socket.SOCK_STREAM), self.address_map)

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> SocketDatagrams:
        """Open a UDP port. Raises OSError."""
        return SocketDatagrams(self._open(port, socket.SOCK_DGRAM), self, uplink=uplink)

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one echo request; see :mod:`emulator.surroundings.echo`. Raises OSError."""
        # Imported here because few ever ping, and start-up time counts.
        from emulator.surroundings.echo import echo

        host = self._names.lookup(host)
        mapped = self.address_map.lookup_host(host)
        if mapped is None and not uplink and _is_quad(host):
            raise unreachable(host)
        return await echo(await self.resolve(mapped or host, uplink=uplink or mapped is not None), size)

    def remember_sender(self, host: str, port: int) -> Address:
        """What the sender of a datagram is called on the module's network; it can be answered from now on."""
        seen = Address(*self.address_map.seen_from(host, port))
        self._senders.pop(seen, None)
        self._senders[seen] = host, port
        if len(self._senders) > _REMEMBERED_SENDERS:
            del self._senders[next(iter(self._senders))]
        return seen

    def sender(self, seen: Address) -> tuple[str, int] | None:
        """Where the sender of an earlier datagram is on this machine; None when it is not remembered."""
        return self._senders.get(seen)

    def target(self, host: str, port: int, *, uplink: bool) -> tuple[str, int]:
        """Where ``host:port`` is on this machine. Raises OSError when it is nowhere."""
        host = self._names.lookup(host)
        target = self.address_map.lookup(host, port)
        if target is None and not uplink:
            raise unreachable(host)
        return target or (host, port)

    def fail_names(self, *names: str) -> None:
        """Let DNS leave these names unanswered, without any all of them."""
        self._names.fail(*names)

    def set_resolver(self, state: Resolver) -> None:
        """Let the module's resolver be busy (error 63), fail to start (64), or work again."""
        self._names.set_resolver(state)

    def restore_names(self) -> None:
        """Let DNS answer every name again."""
        self._names.restore()

    def _open(self, port: int | None, kind: socket.SocketKind) -> socket.socket:
        if port is None:
            # A client's port: bound to the loopback interface it could not send to other machines.
            return _open_at("", 0, kind)
        try:
            opened = _open_at("127.0.0.1", port if self.keep_numbers else 0, kind)
        except OSError as failure:
            if failure.errno not in (errno.EACCES, errno.EADDRINUSE):
                raise
            opened = _open_at("127.0.0.1", 0, kind)
        protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
        here = opened.getsockname()[1]
        self._announce(f"the module's {protocol} port {port} is 127.0.0.1:{here} on this machine")
        return opened


def unreachable(host: str) -> OSError:
    """The error of an address that nothing maps while the module is alone with its miniAP."""
    return OSError(
        errno.EHOSTUNREACH,
        f"nobody behind the miniAP has the address {host}; map it with --map {host}=127.0.0.1",
    )


def _open_at(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    opened = socket.socket(socket.AF_INET, kind)
    try:
        opened.setblocking(False)
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _limit_segments(opened)
        opened.bind((host, port))
        if kind is socket.SOCK_STREAM:
            opened.listen()
    except OSError:
        opened.close()
        raise
    return opened


def _limit_segments(connection: socket.socket) -> None:
    """Announce the module's segment size to the peer and keep to it; before connecting or listening, where possible.

    Where the machine puts time stamps into its segments, 12 of these octets are theirs.
    """
    if hasattr(socket, "TCP_MAXSEG"):
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)


def _leave_by(connection: socket.socket, port: int) -> None:
    """Give a connection the local ``port`` unless this machine keeps it for others."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        connection.bind(("", port))
    except OSError as failure:
        if failure.errno not in (errno.EACCES, errno.EADDRINUSE):
            raise


async def _look_up(
    host: str, port: int, kind: socket.SocketKind, family: socket.AddressFamily = socket.AF_UNSPEC
) -> Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=kind, family=family)
    except (socket.gaierror, UnicodeError) as failure:
        raise NameNotFoundError(f"the name {host} is not found") from failure
    if not found:
        raise NameNotFoundError(f"the name {host} has no address")
    return found


async def _connect(host: str, port: int, *, seen_as: str, local_port: int | None) -> SocketStream:
    loop = asyncio.get_running_loop()
    refusal = OSError(errno.EHOSTUNREACH, f"no way to {host}")
    for family, kind, protocol, _, address in await _look_up(host, port, socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _limit_segments(connection)
            if local_port is not None:
                _leave_by(connection, local_port)
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
