"""Servers that send back what they get, over TCP and UDP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from emulator.peers.listener import LOCALHOST, Listener

if TYPE_CHECKING:
    from types import TracebackType

_CHUNK = 65536


class TcpEcho(Listener):
    """Sends back every octet of each connection, and closes when the client does."""

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


class UdpEcho:
    """Sends back every datagram, on a free port of 127.0.0.1 while its context is open."""

    def __init__(self) -> None:
        self.datagrams = 0
        """How many came so far."""
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int:
        """The UDP port. Raises RuntimeError while the server is closed."""
        if self._transport is None:
            raise RuntimeError("the server has no port before it is started; use 'async with'")
        return int(self._transport.get_extra_info("sockname")[1])

    async def __aenter__(self) -> Self:
        """Open the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Echo(self), local_addr=(LOCALHOST, 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Echo(asyncio.DatagramProtocol):
    def __init__(self, owner: UdpEcho) -> None:
        self._owner = owner
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go out by."""
        if isinstance(transport, asyncio.DatagramTransport):
            self._transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        """Send one back."""
        self._owner.datagrams += 1
        if self._transport is not None:
            self._transport.sendto(data, sender)
