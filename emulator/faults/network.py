"""Network faults: what lies between the module and its peers, as a wrapper around the network.

::

    module -> FaultyNetwork -> MachineNetwork -> sockets of this machine

Each connection asks once, when it is opened, which faults are its own, and keeps them until it ends.
"""

from __future__ import annotations

import asyncio
import errno
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from firmware_model.faults import FaultPoint
from firmware_model.outside import Address, NameNotFoundError
from firmware_model.tables.faults import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from firmware_model.faults import DueFault, Faults
    from firmware_model.outside import Clock, Datagram, Datagrams, Listener, Network, Stream

_PIECES_A_SECOND: Final = 20
"""How often a slow connection lets something through."""

_SEND_BUFFER: Final = 16384
"""Octets that can be written into a connection that has stalled."""
_REFUSE: Final = BY_NAME["network=refuse"]
_RESET: Final = BY_NAME["network=reset"]
_STALL: Final = BY_NAME["network=stall"]
_SLOW: Final = BY_NAME["network=slow"]
_DNS: Final = BY_NAME["network=dns"]
_LOST_DATAGRAM: Final = BY_NAME["network=lost-datagram"]


class FaultyNetwork:
    """A network with faults in it; with none armed it hands everything through."""

    def __init__(self, network: Network, faults: Faults, clock: Clock) -> None:
        """Stand in front of ``network``."""
        self._network = network
        self._faults = faults
        self._clock = clock

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> Stream:
        """Open a TCP connection, refused or unresolved when a fault says so. Raises OSError."""
        if not _is_address(host):
            self._resolve(host)
        if self._faults.due(FaultPoint.NETWORK, f"connect {host}:{port}"):
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"refused by {_REFUSE.name}")
        stream = await self._network.connect(host, port, uplink=uplink, local_port=local_port)
        return self._with_faults(stream, f"{host}:{port}")

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of a host. Raises NameNotFoundError."""
        if not _is_address(host):
            self._resolve(host)
        return await self._network.resolve(host, uplink=uplink)

    async def listen(self, port: int) -> Listener:
        """Open a TCP port of the module. Raises OSError."""
        return _FaultyListener(await self._network.listen(port), self._with_faults)

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> Datagrams:
        """Open a UDP port of the module. Raises OSError."""
        return _FaultyDatagrams(await self._network.open_datagrams(port, uplink=uplink), self._faults)

    async def open_group(self, group: str, port: int, *, uplink: bool) -> Datagrams:
        """Open a UDP port of the module for a multicast group. Raises OSError."""
        return _FaultyDatagrams(await self._network.open_group(group, port, uplink=uplink), self._faults)

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one echo request. Raises OSError."""
        if not _is_address(host):
            self._resolve(host)
        return await self._network.ping(host, size, uplink=uplink)

    def _resolve(self, host: str) -> None:
        if self._faults.due(FaultPoint.NETWORK, f"resolve {host}"):
            raise NameNotFoundError(f"the name {host} is not found: {_DNS.name}")

    def _with_faults(self, stream: Stream, peer: str) -> Stream:
        due = self._faults.due(FaultPoint.NETWORK, f"connection {peer}")
        return FaultyStream(stream, due, self._clock) if due else stream


@runtime_checkable
class Abortable(Protocol):
    """A connection that can be reset, so that the peer notices."""

    def abort(self) -> None:
        """Reset the connection; never raises."""
        ...


class FaultyStream:
    """A connection with the faults that were due when it was opened; the first to act wins."""

    def __init__(self, stream: Stream, due: Iterable[DueFault], clock: Clock) -> None:
        """Stand in front of ``stream``."""
        self._stream = stream
        self._clock = clock
        values = {fault: value or 0 for fault, value in due}
        self._until_reset = values.get(_RESET)
        self._until_stall = values.get(_STALL)
        self._rate = values.get(_SLOW)
        self._passed = self._unsent = 0
        self._closed = asyncio.Event()

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        return self._stream.remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._stream.number

    async def read(self, limit: int) -> bytes:
        """Wait for octets, as many as the faults let through. Raises OSError."""
        room = await self._room()
        data = await self._stream.read(limit if room is None else min(limit, room))
        await self._pass(len(data))
        return data

    async def write(self, data: bytes) -> None:
        """Send all octets that the faults let through. Raises OSError."""
        while data:
            if self._is_stalled and self._unsent + len(data) <= _SEND_BUFFER:
                # A network that carries nothing is not noticed before the buffer for it is full.
                self._unsent += len(data)
                return
            room = await self._room()
            piece = data[: len(data) if room is None else room]
            await self._stream.write(piece)
            await self._pass(len(piece))
            data = data[len(piece) :]

    async def close(self) -> None:
        """Close both directions."""
        self._closed.set()
        await self._stream.close()

    @property
    def _is_stalled(self) -> bool:
        return self._until_stall is not None and self._passed >= self._until_stall

    async def _room(self) -> int | None:
        """How many octets may pass at once, None for any number; does not return once none may."""
        if self._until_reset is not None and self._passed >= self._until_reset:
            if isinstance(self._stream, Abortable):
                self._stream.abort()
            raise ConnectionResetError(errno.ECONNRESET, f"reset by {_RESET.name}")
        if self._is_stalled:
            await self._closed.wait()
            raise ConnectionAbortedError(errno.ECONNABORTED, f"closed while {_STALL.name} held it up")
        ends = [end - self._passed for end in (self._until_reset, self._until_stall) if end is not None]
        if self._rate is not None:
            ends.append(max(1, self._rate // _PIECES_A_SECOND))
        return min(ends, default=None)

    async def _pass(self, count: int) -> None:
        self._passed += count
        if self._rate is not None:
            await self._clock.sleep(count / max(1, self._rate))


class _FaultyListener:
    """A TCP port of the module whose connections have faults."""

    def __init__(self, listener: Listener, with_faults: Callable[[Stream, str], Stream]) -> None:
        self._listener = listener
        self._with_faults = with_faults

    async def accept(self) -> Stream:
        """Wait for the next connection. Raises OSError once closed."""
        stream = await self._listener.accept()
        return self._with_faults(stream, f"{stream.remote.host}:{stream.remote.port}")

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()


class _FaultyDatagrams:
    """A UDP port of the module that loses datagrams."""

    def __init__(self, datagrams: Datagrams, faults: Faults) -> None:
        self._datagrams = datagrams
        self._faults = faults

    async def receive(self) -> Datagram:
        """Wait for the next datagram that is not lost. Raises OSError once closed."""
        while True:
            datagram = await self._datagrams.receive()
            if not self._is_lost(*datagram.sender):
                return datagram

    async def send(self, data: bytes, host: str, port: int) -> Address:
        """Send one datagram, or lose it. Raises OSError."""
        if self._is_lost(host, port):
            return Address(host, port)
        return await self._datagrams.send(data, host, port)

    async def close(self) -> None:
        """Close the port."""
        await self._datagrams.close()

    def _is_lost(self, host: str, port: int) -> bool:
        due = self._faults.due(FaultPoint.NETWORK, f"datagram {host}:{port}")
        return any(fault is _LOST_DATAGRAM for fault, _ in due)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
