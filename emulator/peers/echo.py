"""Servers that send back what they get, over TCP and UDP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, cast

from emulator.peers.listener import LOCALHOST
from emulator.peers.news import nobody, quoted
from emulator.peers.stream_server import Security, ServerStream, StreamServer

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.peers.news import Tell


class TcpEcho(StreamServer):
    """Sends back every octet of each connection, and closes when the client does."""

    def __init__(
        self, security: Security | None = None, *, port: int = 0, tell: Tell = nobody, judging: bool = False
    ) -> None:
        super().__init__(security, port=port, tell=tell, judging=judging)

    async def _serve(self, stream: ServerStream, tell: Tell) -> None:
        while data := await stream.read():
            tell("echoed", quoted(data))
            await stream.write(data)
        tell("closed", "the client closed")


class UdpEcho:
    """Sends back every datagram, on a port of 127.0.0.1 while its context is open."""

    def __init__(self, *, port: int = 0, tell: Tell = nobody) -> None:
        self._wanted_port = port
        self.tell = tell
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
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Echo(self), local_addr=(LOCALHOST, self._wanted_port)
        )
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
        # Up to Python 3.11 it is no instance of its own base class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        """Send one back."""
        self._owner.datagrams += 1
        self._owner.tell("echoed", f"{quoted(data)} from {sender[0]}:{sender[1]}")
        if self._transport is not None:
            self._transport.sendto(data, sender)
