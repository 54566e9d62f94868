"""Both ends of a socket: a host that speaks the socket commands, and peers that do what a test wants."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

from tests.module_host import INSTANT, ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from firmware_model.profile import Durations

OK = b"AT-S.OK\r\n"
NASTY = b"\r\nAT-S.OK\r\n\x00AT-S.Reading:3:3\r\n+WIND:55:Pending Data::0:1:1\r\nAT+S.RESET\r\n\x00\r"
_LINE = re.compile(rb"[^\n]*\n")
_READING = re.compile(rb"AT-S\.Reading:(\d+):(\d+)\r\n")
_PATIENCE = 20.0


def content(length: int) -> bytes:
    """Octets that would confuse a parser, never the same at two places that are near each other."""
    blocks = (b"%d" % number + NASTY + bytes(range(256)) for number in range(length // 300 + 1))
    return b"".join(blocks)[:length]


class SocketHost:
    """A driver: it keeps indications and replies apart and reads raw octets by their number."""

    def __init__(self, host: ModuleHost) -> None:
        self.host = host
        self.module = host.module
        self._heard: deque[bytes] = deque()

    async def command(self, line: str, data: bytes = b"") -> bytes:
        """Send a command; return its reply without the indications before it."""
        lines = (await self.host.command(line, data)).splitlines(keepends=True)
        while lines and lines[0].startswith(b"+WIND:"):
            self._heard.append(lines.pop(0))
        assert not any(one.startswith(b"+WIND:") for one in lines), lines
        return b"".join(lines)

    async def open(self, port: int, kind: str = "t") -> int:
        """Open a client socket to the peer and return its id."""
        reply = await self.command(f"AT+S.SOCKON=192.168.0.2,{port},NULL,{kind}")
        found = re.fullmatch(rb"AT-S\.On:192\.168\.0\.2:(\d)\r\nAT-S\.OK\r\n", reply)
        assert found, reply
        return int(found[1])

    async def write(self, target: str, data: bytes) -> None:
        """Write with ``SOCKW=0`` or ``SOCKDW=0,0`` as ``target``, which must succeed."""
        reply = await self.command(f"AT+S.{target},{len(data)}", data)
        assert reply == OK, reply

    async def read(self, target: str) -> tuple[bytes, int]:
        """Read with ``SOCKR=0,`` or the like: the octets, and how many were waiting; OK follows at once."""
        self.host.face.write(f"AT+S.{target}\r".encode())
        while (found := _READING.fullmatch(line := await self.host.until(_LINE))) is None:
            assert line.startswith(b"+WIND:"), line
            self._heard.append(line)
        length = int(found[1])
        octets = await self.host.until(re.compile(rb"(?s:.{%d})" % length)) if length else b""
        assert await self.host.until(b"\r\n") == OK
        return octets, int(found[2])

    async def read_exactly(self, target: str, length: int) -> bytes:
        """Read until ``length`` octets have come."""
        received = bytearray()
        async with asyncio.timeout(_PATIENCE):
            while len(received) < length:
                octets, _ = await self.read(target)
                received += octets
                self.forget()
        return bytes(received)

    async def indication(self, pattern: str) -> re.Match[bytes]:
        """Wait for an indication, ``55:Pending Data::0:(\\d+):(\\d+)`` say; those before it are dropped."""
        wanted = re.compile(rb"\+WIND:" + pattern.encode() + rb"\r\n")
        while True:
            line = self._heard.popleft() if self._heard else await self.host.until(_LINE)
            if found := wanted.fullmatch(line):
                return found

    async def pending(self, target: str, length: int) -> None:
        """Wait until SOCKQ or SOCKDQ counts ``length`` octets."""
        async with asyncio.timeout(_PATIENCE):
            while await self.command(f"AT+S.{target}") != b"AT-S.Query:%d\r\n" % length + OK:
                self.forget()

    def forget(self) -> None:
        """Drop the indications that nobody waited for."""
        self._heard.clear()

    def unexpected(self) -> list[bytes]:
        """The indications that were not waited for."""
        self._heard.extend(self.host.face.take().splitlines(keepends=True))
        heard = list(self._heard)
        self._heard.clear()
        return heard


@asynccontextmanager
async def socket_host(*maps: str, durations: Durations = INSTANT) -> AsyncIterator[SocketHost]:
    """A miniAP that is up; 192.168.0.2 is this machine."""
    async with running_module(maps=["192.168.0.2=127.0.0.1", *maps], durations=durations) as host:
        await start_mini_ap(host)
        yield SocketHost(host)


class TcpConnection:
    """One accepted connection of a peer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @property
    def remote_port(self) -> int:
        return int(self.writer.get_extra_info("peername")[1])

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self, length: int) -> bytes:
        async with asyncio.timeout(_PATIENCE):
            return await self.reader.readexactly(length)

    async def end(self) -> bytes:
        """Everything until the module closes."""
        async with asyncio.timeout(_PATIENCE):
            return await self.reader.read()

    def reset(self) -> None:
        """End the connection by RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


class TcpPeer:
    """Listens, and hands out its connections in order."""

    def __init__(self, *, receive_buffer: int | None = None) -> None:
        self._listening = socket.socket()
        if receive_buffer is not None:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listening.bind(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._accepted: asyncio.Queue[TcpConnection] = asyncio.Queue()
        self._connections: list[TcpConnection] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, sock=self._listening, limit=2**16)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for connection in self._connections:
            connection.writer.transport.abort()
            await connection.close()
        await self._server.wait_closed()

    async def accept(self) -> TcpConnection:
        async with asyncio.timeout(_PATIENCE):
            return await self._accepted.get()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = TcpConnection(reader, writer)
        self._connections.append(connection)
        await self._accepted.put(connection)


class UdpPeer(asyncio.DatagramProtocol):
    """A UDP port that keeps what arrives, with its sender."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        self._closed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        peer._transport = transport
        try:
            yield peer
        finally:
            transport.close()
            await peer._closed.wait()

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received.put_nowait((data, addr))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._closed.set()

    def send(self, data: bytes, port: int) -> None:
        self._transport.sendto(data, ("127.0.0.1", port))

    async def receive(self) -> tuple[bytes, int]:
        """The next datagram and the port that it came from."""
        async with asyncio.timeout(_PATIENCE):
            data, (_, port) = await self._received.get()
        return data, port

    _transport: asyncio.DatagramTransport
