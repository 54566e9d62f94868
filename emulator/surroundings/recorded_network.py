"""The network with an ear at the module's antenna: what passes is put on the timeline.

::

    module -> RecordedNetwork -> faults of the network -> this machine

It stands before the faults, where a monitor beside the module would stand: a datagram that gets lost on its way was
sent, a connection that a fault refuses was refused by somebody.

The module's own ports are counted up from 49152, as this machine's differ from run to run and mean nothing on the
module's network.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, Final

from emulator.capture.traffic import (
    Echo,
    NameLookedUp,
    Outcome,
    TcpClosed,
    TcpConnecting,
    TcpData,
    TcpFailed,
    TcpOpened,
    UdpDatagram,
)
from firmware_model.outside import Address, NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.capture.traffic import Side
    from firmware_model.outside import Datagram, Datagrams, Listener, Network, Stream, Timeline

_FIRST_PORT: Final = 49152
_LAST_PORT: Final = 65535
_REMEMBERED: Final = 16
"""Datagrams to a group whose echo may still come."""


class RecordedNetwork:
    """A network that tells the timeline what passes; it changes nothing."""

    def __init__(self, network: Network, timeline: Timeline, own_address: Callable[[str], str]) -> None:
        """Stand in front of ``network``; ``own_address`` is what the module is called towards an address."""
        self._network = network
        self._timeline = timeline
        self._own_address = own_address
        self._numbers = count(1)
        self._pings = count(1)
        self._port = _LAST_PORT
        self._known: dict[str, str] = {}

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> Stream:
        """Open a TCP connection. Raises OSError."""
        number, remote = next(self._numbers), Address(host, port)
        local = Address(self._own_address(host), local_port or self._free_port())
        if _is_address(host):
            self._timeline.record(TcpConnecting(number, local, remote))
        try:
            stream = await self._network.connect(host, port, uplink=uplink, local_port=local_port)
        except NameNotFoundError:
            self._look_up(host, None)
            raise
        except (OSError, asyncio.CancelledError) as failure:
            self._timeline.record(TcpFailed(number, local, remote, _outcome(failure)))
            raise
        if not _is_address(host):
            self._meet(host, stream.remote.host)
            local = local._replace(host=self._own_address(stream.remote.host))
            self._timeline.record(TcpConnecting(number, local, stream.remote))
        return RecordedStream(stream, self._timeline, number, local, "module")

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of a host. Raises NameNotFoundError."""
        try:
            address = await self._network.resolve(host, uplink=uplink)
        except NameNotFoundError:
            self._look_up(host, None)
            raise
        if not _is_address(host):
            self._look_up(host, address)
        return address

    async def listen(self, port: int) -> Listener:
        """Open a TCP port. Raises OSError."""
        return _RecordedListener(await self._network.listen(port), port, self._accept)

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> Datagrams:
        """Open a UDP port. Raises OSError."""
        datagrams = await self._network.open_datagrams(port, uplink=uplink)
        return _RecordedDatagrams(datagrams, port or self._free_port(), self._timeline, self._own_address, self._meet)

    async def open_group(self, group: str, port: int, *, uplink: bool) -> Datagrams:
        """Open a UDP port for a multicast group. Raises OSError."""
        datagrams = await self._network.open_group(group, port, uplink=uplink)
        return _RecordedDatagrams(
            datagrams, port, self._timeline, self._own_address, self._meet, group=Address(group, port)
        )

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one echo request. Raises OSError."""
        remote = self._known.get(host.lower(), host)
        echo = Echo(next(self._pings), self._own_address(remote), remote, "sent", size)
        self._timeline.record(echo)
        seconds = await self._network.ping(host, size, uplink=uplink)
        self._timeline.record(echo._replace(direction="received"))
        return seconds

    def _accept(self, stream: Stream, port: int) -> Stream:
        local = Address(self._own_address(stream.remote.host), port)
        return RecordedStream(stream, self._timeline, next(self._numbers), local, "peer")

    def _meet(self, host: str, address: str) -> None:
        """Note what a name turned out to be, unless that is known, or it was never looked up."""
        if not _is_address(host) and _is_address(address) and self._known.get(host.lower()) != address:
            self._look_up(host, address)

    def _look_up(self, host: str, address: str | None) -> None:
        if address is not None:
            self._known[host.lower()] = address
        self._timeline.record(NameLookedUp(host, address))

    def _free_port(self) -> int:
        self._port = _FIRST_PORT if self._port == _LAST_PORT else self._port + 1
        return self._port


class RecordedStream:
    """One TCP connection with its number."""

    def __init__(self, stream: Stream, timeline: Timeline, number: int, local: Address, by: Side) -> None:
        """Note that ``by`` has opened ``stream``."""
        self._stream = stream
        self._timeline = timeline
        self._number = number
        self._local = local
        self._remote = stream.remote
        self._ended_by: set[Side] = set()
        timeline.record(TcpOpened(number, local, self._remote, by))

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        return self._remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._number

    async def read(self, limit: int) -> bytes:
        """Wait for octets; ``b""`` at the end. Raises OSError."""
        try:
            data = await self._stream.read(limit)
        except OSError:
            self._end("peer", reset=True)
            raise
        if data:
            self._timeline.record(TcpData(self._number, self._local, self._remote, "received", data))
        else:
            self._end("peer")
        return data

    async def write(self, data: bytes) -> None:
        """Send all octets. Raises OSError."""
        if data and "module" not in self._ended_by:
            # Before it is done, as an answer may be read meanwhile.
            self._timeline.record(TcpData(self._number, self._local, self._remote, "sent", data))
        try:
            await self._stream.write(data)
        except OSError:
            self._end("peer", reset=True)
            raise

    async def close(self) -> None:
        """Close both directions."""
        self._end("module")
        await self._stream.close()

    def _end(self, by: Side, *, reset: bool = False) -> None:
        """Note that ``by`` ended its direction, or the connection; nothing follows what the module has ended."""
        if by in self._ended_by or "module" in self._ended_by:
            return
        self._ended_by |= {"module", "peer"} if reset else {by}
        self._timeline.record(TcpClosed(self._number, self._local, self._remote, by, reset))


class _RecordedListener:
    """A TCP port whose connections are recorded."""

    def __init__(self, listener: Listener, port: int, record: Callable[[Stream, int], Stream]) -> None:
        self._listener = listener
        self._port = port
        self._record = record

    async def accept(self) -> Stream:
        """Wait for the next connection. Raises OSError once closed."""
        return self._record(await self._listener.accept(), self._port)

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()


class _RecordedDatagrams:
    """A UDP port whose datagrams are recorded."""

    def __init__(
        self,
        datagrams: Datagrams,
        port: int,
        timeline: Timeline,
        own_address: Callable[[str], str],
        meet: Callable[[str, str], None],
        group: Address | None = None,
    ) -> None:
        """``group`` is where what arrives was sent to, if that is a multicast group."""
        self._datagrams = datagrams
        self._group = group
        self._to_group: deque[bytes] = deque(maxlen=_REMEMBERED)
        """What was sent to the group: the machine lets the module hear it too, which is not recorded twice."""
        self._port = port
        self._timeline = timeline
        self._own_address = own_address
        self._meet = meet

    async def receive(self) -> Datagram:
        """Wait for the next datagram. Raises OSError once closed."""
        datagram = await self._datagrams.receive()
        data, sender, to_all = datagram
        if data in self._to_group:
            self._to_group.remove(data)
            return datagram
        self._timeline.record(UdpDatagram(self._group or self._local(sender), sender, "received", data, to_all))
        return datagram

    async def send(self, data: bytes, host: str, port: int) -> Address:
        """Send one datagram. Raises OSError."""
        if (host, port) == self._group:
            self._to_group.append(data)
        receiver = await self._datagrams.send(data, host, port)
        self._meet(host, receiver.host)
        self._timeline.record(UdpDatagram(self._local(receiver), receiver, "sent", data))
        return receiver

    async def close(self) -> None:
        """Close the port."""
        await self._datagrams.close()

    def _local(self, remote: Address) -> Address:
        return Address(self._own_address(remote.host), self._port)


def _outcome(failure: BaseException) -> Outcome:
    if isinstance(failure, ConnectionRefusedError | ConnectionResetError):
        return Outcome.REFUSED
    if isinstance(failure, TimeoutError | asyncio.CancelledError):
        return Outcome.SILENCE
    return Outcome.UNREACHABLE


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        ip_address(host)
        return True
    return False
