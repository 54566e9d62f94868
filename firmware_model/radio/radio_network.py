"""The network as the module's parts have it: whatever they send and receive passes the radio first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.outside import Address

if TYPE_CHECKING:
    from firmware_model.outside import Datagram, Datagrams, Listener, Network, Stream
    from firmware_model.radio.link import Link


class RadioNetwork:
    """Implements Network on top of another one and a link."""

    def __init__(self, network: Network, link: Link) -> None:
        self._network = network
        self._link = link

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> Stream:
        """Open a TCP connection. Raises OSError."""
        await self._link.deliver(0, host)
        stream = await self._network.connect(host, port, uplink=uplink, local_port=local_port)
        await self._link.receive(0, host)
        return _RadioStream(stream, self._link)

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of a host. Raises NameNotFoundError."""
        return await self._network.resolve(host, uplink=uplink)

    async def listen(self, port: int) -> Listener:
        """Open a TCP port. Raises OSError."""
        return _RadioListener(await self._network.listen(port), self._link)

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> Datagrams:
        """Open a UDP port. Raises OSError."""
        return _RadioDatagrams(await self._network.open_datagrams(port, uplink=uplink), self._link)

    async def open_group(self, group: str, port: int, *, uplink: bool) -> Datagrams:
        """Open a UDP port for a multicast group. Raises OSError."""
        return _RadioDatagrams(await self._network.open_group(group, port, uplink=uplink), self._link)

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one echo request; the seconds until its answer came, the radio's sleep included. Raises OSError."""
        await self._link.deliver(size, host)
        seconds = await self._network.ping(host, size, uplink=uplink)
        return seconds + await self._link.receive(size, host)


class _RadioListener:
    def __init__(self, listener: Listener, link: Link) -> None:
        self._listener = listener
        self._link = link
        self.close = listener.close

    async def accept(self) -> Stream:
        stream = await self._listener.accept()
        await self._link.receive(0, stream.remote.host)
        return _RadioStream(stream, self._link)


class _RadioStream:
    def __init__(self, stream: Stream, link: Link) -> None:
        self._stream = stream
        self._link = link
        self._arriving: bytes | None = None
        self.close = stream.close

    @property
    def remote(self) -> Address:
        return self._stream.remote

    @property
    def number(self) -> int:
        return self._stream.number

    async def read(self, limit: int) -> bytes:
        # What is here already must outlive a read that is given up while the radio sleeps.
        if self._arriving is None:
            self._arriving = await self._stream.read(limit)
        await self._link.receive(len(self._arriving), self.remote.host)
        octets, rest = self._arriving[:limit], self._arriving[limit:]
        self._arriving = rest or None
        return octets

    async def write(self, data: bytes) -> None:
        await self._link.deliver(len(data), self.remote.host)
        await self._stream.write(data)


class _RadioDatagrams:
    def __init__(self, datagrams: Datagrams, link: Link) -> None:
        self._datagrams = datagrams
        self._link = link
        self._arriving: Datagram | None = None
        self.close = datagrams.close

    async def receive(self) -> Datagram:
        if self._arriving is None:
            self._arriving = await self._datagrams.receive()
        await self._link.receive(len(self._arriving.data), self._arriving.sender.host)
        datagram, self._arriving = self._arriving, None
        return datagram

    async def send(self, data: bytes, host: str, port: int) -> Address:
        if await self._link.offer(len(data), host):
            return await self._datagrams.send(data, host, port)
        return Address(host, port)
