"""UDP ports of the module, open on this machine."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.surroundings.sockets import is_quad, look_up, open_at
from firmware_model.outside import Address, Datagram

if TYPE_CHECKING:
    from emulator.surroundings.network import MachineNetwork

TO_ALL: Final = "127.255.255.255"
"""The broadcast address of this machine's own network."""
_LARGEST: Final = 65536


class SocketDatagrams:
    """A UDP port of the module.

    ``ear`` is a second socket for what is sent to everybody; a port without a number of its own has none, and hears
    nothing of that kind.
    """

    def __init__(
        self, datagrams: socket.socket, network: MachineNetwork, *, uplink: bool, ear: socket.socket | None = None
    ) -> None:
        self._socket = datagrams
        self._network = network
        self._uplink = uplink
        self._ear = ear
        self._arriving: dict[socket.socket, asyncio.Task[tuple[bytes, tuple[str, int]]]] = {}
        """What each of two sockets waits for; a wait that is given up goes on, so that nothing is lost."""

    async def receive(self) -> Datagram:
        """Wait for the next datagram. Raises OSError once closed."""
        if self._ear is None:
            data, (host, port) = await asyncio.get_running_loop().sock_recvfrom(self._socket, _LARGEST)
            return Datagram(data, self._network.remember_sender(host, port))
        source = await self._next_to_hear(self._socket, self._ear)
        data, (host, port) = self._arriving.pop(source).result()
        return Datagram(data, self._network.remember_sender(host, port), to_all=source is self._ear)

    async def send(self, data: bytes, host: str, port: int) -> Address:
        """Send one datagram and return where it went. Raises OSError."""
        sender = self._network.sender(Address(host, port))
        target_host, target_port = sender or self._network.target(host, port, uplink=self._uplink)
        (*_, address), *_ = await look_up(target_host, target_port, socket.SOCK_DGRAM, socket.AF_INET)
        await asyncio.get_running_loop().sock_sendto(self._socket, data, address)
        return Address(host if is_quad(host) else str(address[0]), port)

    async def close(self) -> None:
        """Close the port."""
        for arriving in self._arriving.values():
            arriving.cancel()
        await asyncio.gather(*self._arriving.values(), return_exceptions=True)
        self._socket.close()
        if self._ear is not None:
            self._ear.close()

    def shout(self, data: bytes) -> bool:
        """Send a datagram to everybody who has this port; False when it hears no such thing."""
        if self._ear is None or self._ear.fileno() < 0:
            return False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.bind(("127.0.0.1", 0))
            sender.sendto(data, self._ear.getsockname())
        return True

    async def _next_to_hear(self, *sockets: socket.socket) -> socket.socket:
        """Wait until one of the sockets has heard something, or has failed. Raises OSError once closed."""
        loop = asyncio.get_running_loop()
        for one in sockets:
            if one not in self._arriving:
                self._arriving[one] = loop.create_task(loop.sock_recvfrom(one, _LARGEST))
        await asyncio.wait(self._arriving.values(), return_when=asyncio.FIRST_COMPLETED)
        source = next(one for one in sockets if self._arriving[one].done())
        if self._arriving[source].cancelled():
            raise OSError(errno.EBADF, "the port is closed")
        return source


class GroupDatagrams(SocketDatagrams):
    """A UDP port of the module that is a member of a multicast group.

    Where the machine has no such group the module is its only member, at a port of its own.
    """

    def __init__(
        self, group: Address, datagrams: socket.socket, network: MachineNetwork, *, uplink: bool, joined: bool
    ) -> None:
        super().__init__(datagrams, network, uplink=uplink)
        self._group = group
        self._joined = joined

    async def send(self, data: bytes, host: str, port: int) -> Address:
        """Send one datagram and return where it went. Raises OSError."""
        if (host, port) != self._group:
            return await super().send(data, host, port)
        if self._joined:
            await asyncio.get_running_loop().sock_sendto(self._socket, data, self._group)
        return self._group


def open_ear(datagrams: socket.socket) -> socket.socket:
    """A socket that hears what is sent to everybody on the port of ``datagrams``. Raises OSError and closes that.

    Where the broadcast address cannot be listened to, it is a port that only :meth:`SocketDatagrams.shout` knows.
    """
    try:
        with suppress(OSError):
            return open_at(TO_ALL, datagrams.getsockname()[1], socket.SOCK_DGRAM)
        return open_at("127.0.0.1", 0, socket.SOCK_DGRAM)
    except OSError:
        datagrams.close()
        raise
