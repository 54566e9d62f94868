"""The network behind the radio: real sockets of this machine, reached through the address map."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from contextlib import suppress
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from emulator.surroundings.datagrams import TO_ALL, GroupDatagrams, SocketDatagrams, open_ear
from emulator.surroundings.names import Names
from emulator.surroundings.sockets import is_quad, join_group, limit_segments, look_up, open_at, reuse_address
from firmware_model.outside import Address, NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.surroundings.address_map import AddressMap
    from emulator.surroundings.names import Resolver

_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger."""
_REMEMBERED_SENDERS: Final = 256
"""Senders of datagrams that can still be answered."""


class Knock(Enum):
    """What meets a device of the module's network that tries a TCP port of the module."""

    OPEN = auto()
    """The module listens there."""
    REFUSED = auto()
    """The module says that the port is closed."""
    SILENT = auto()
    """Nothing comes back."""


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

    @property
    def number(self) -> int:
        """0: whoever follows connections numbers them (:mod:`emulator.surroundings.recorded_network`)."""
        return 0

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

    @property
    def is_open(self) -> bool:
        """Whether it still listens."""
        return self._socket.fileno() >= 0

    async def close(self) -> None:
        """Stop listening."""
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
        self._listeners: WeakValueDictionary[int, SocketListener] = WeakValueDictionary()
        """The open TCP ports by the number that the module gave them."""
        self._datagrams: WeakValueDictionary[int, SocketDatagrams] = WeakValueDictionary()
        """The open UDP ports by the number that the module gave them."""
        self.keep_numbers = True
        """Whether a port gets its own number where it is free; not so where modules run side by side and a number
        that one has given up must not become another's."""

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> SocketStream:
        """Open a connection. Raises NameNotFoundError, ConnectionRefusedError or another OSError."""
        seen_as = Address(self._names.lookup(host), port)
        return await _connect(*self.target(*seen_as, uplink=uplink), seen_as=seen_as, local_port=local_port)

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of a host. Raises NameNotFoundError."""
        host = self._names.lookup(host)
        if is_quad(host):
            return host
        mapped = self.address_map.lookup_host(host)
        if mapped is None and not uplink:
            raise NameNotFoundError(
                f"nobody behind the miniAP answers for the name {host}; map it with --map {host}=..."
            )
        (*_, address), *_ = await look_up(mapped or host, 0, socket.SOCK_STREAM, socket.AF_INET)
        return str(address[0])

    async def listen(self, port: int) -> SocketListener:
        """Open a TCP port. Raises OSError."""
        opened = self._open(port, socket.SOCK_STREAM)
        self._announce(f"the module's TCP port {port} is {_place(opened)} on this machine")
        self._listeners[port] = listener = SocketListener(opened, self.address_map)
        return listener

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> SocketDatagrams:
        """Open a UDP port. Raises OSError."""
        if port is None:
            # A client's port: bound to the loopback interface it could not send to other machines.
            return SocketDatagrams(open_at("", 0, socket.SOCK_DGRAM), self, uplink=uplink)
        opened = self._open(port, socket.SOCK_DGRAM)
        ear = open_ear(opened)
        by_broadcast = f", by broadcast {_place(ear)}" if ear.getsockname()[0] == TO_ALL else ""
        self._announce(f"the module's UDP port {port} is {_place(opened)} on this machine{by_broadcast}")
        self._datagrams[port] = datagrams = SocketDatagrams(opened, self, uplink=uplink, ear=ear)
        return datagrams

    async def open_group(self, group: str, port: int, *, uplink: bool) -> GroupDatagrams:
        """Join a multicast group on the loopback interface, or be alone at a port. Raises OSError."""
        try:
            opened = join_group(group, port)
        except OSError as failure:
            opened = self._open(port, socket.SOCK_DGRAM)
            self._announce(f"the module's UDP port {port} is {_place(opened)} on this machine; no {group}: {failure}")
            return GroupDatagrams(Address(group, port), opened, self, uplink=uplink, joined=False)
        self._announce(f"the module's group {group}:{port} is that of the loopback interface of this machine")
        return GroupDatagrams(Address(group, port), opened, self, uplink=uplink, joined=True)

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one echo request; see :mod:`emulator.surroundings.echo`. Raises OSError."""
        # Imported here because few ever ping, and start-up time counts.
        from emulator.surroundings.echo import echo

        host = self._names.lookup(host)
        mapped = self.address_map.lookup_host(host)
        if mapped is None and not uplink and is_quad(host):
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

    def listens_on(self, port: int) -> bool:
        """Whether the module has this TCP port open."""
        listener = self._listeners.get(port)
        return listener is not None and listener.is_open

    def broadcast(self, data: bytes, port: int) -> bool:
        """Send a datagram to UDP ``port`` of everybody on the module's network; whether the module has that open."""
        datagrams = self._datagrams.get(port)
        return datagrams is not None and datagrams.shout(data)

    @property
    def failing_names(self) -> frozenset[str] | None:
        """The names that DNS leaves unanswered; None for all of them."""
        return self._names.failing

    @property
    def resolver(self) -> Resolver:
        """How the module's resolver is doing."""
        return self._names.resolver

    def fail_names(self, *names: str) -> None:
        """Let DNS leave these names unanswered, without any all of them."""
        self._names.fail(*names)

    def set_resolver(self, state: Resolver) -> None:
        """Let the module's resolver be busy (error 63), fail to start (64), or work again."""
        self._names.set_resolver(state)

    def restore_names(self) -> None:
        """Let DNS answer every name again."""
        self._names.restore()

    def _open(self, port: int, kind: socket.SocketKind) -> socket.socket:
        try:
            return open_at("127.0.0.1", port if self.keep_numbers else 0, kind)
        except OSError as failure:
            if failure.errno not in (errno.EACCES, errno.EADDRINUSE):
                raise
            return open_at("127.0.0.1", 0, kind)


def unreachable(host: str) -> OSError:
    """The error of an address that nothing maps while the module is alone with its miniAP."""
    return OSError(
        errno.EHOSTUNREACH,
        f"nobody behind the miniAP has the address {host}; map it with --map {host}=127.0.0.1",
    )


def _place(opened: socket.socket) -> str:
    host, port = opened.getsockname()
    return f"{host}:{port}"


def _leave_by(connection: socket.socket, port: int) -> None:
    """Give a connection the local ``port`` unless this machine keeps it for others."""
    reuse_address(connection)
    try:
        connection.bind(("", port))
    except OSError as failure:
        if failure.errno not in (errno.EACCES, errno.EADDRINUSE):
            raise


async def _connect(host: str, port: int, *, seen_as: Address, local_port: int | None) -> SocketStream:
    loop = asyncio.get_running_loop()
    refusal = OSError(errno.EHOSTUNREACH, f"no way to {host}")
    for family, kind, protocol, _, address in await look_up(host, port, socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            limit_segments(connection)
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
            shown = seen_as if is_quad(seen_as.host) else seen_as._replace(host=str(address[0]))
            return SocketStream(connection, shown)
    raise refusal
