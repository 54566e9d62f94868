"""The raw TCP port and what RFC 2217 has in common with it, on a line that keeps what it is told."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.faces import liveness
from emulator.faces import tcp as tcp_module
from emulator.faces.door import Door
from emulator.faces.endpoint import Endpoint, parse_endpoint
from emulator.faces.face import FaceError
from emulator.faces.rfc2217.face import Rfc2217Face
from emulator.faces.tcp import TcpFace
from tests.faces.doubles import PATIENCE, RecordingLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KINDS = pytest.mark.parametrize("kind", [TcpFace, Rfc2217Face])


class Desk:
    """A door of one kind, on a line that records."""

    def __init__(self, kind: type[TcpFace]) -> None:
        self.line = RecordingLine()
        self.company: set[TcpFace] = set()
        self.door = Door(kind, self.line, self.company)

    @property
    def address(self) -> tuple[str, int]:
        endpoint = parse_endpoint(self.door.url.partition("://")[2])
        return endpoint.host, endpoint.port

    async def connect(self, receive_buffer: int | None = None) -> Host:
        connection = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, self.address)
        return Host(*await asyncio.open_connection(sock=connection))

    async def owner(self, receive_buffer: int | None = None) -> Host:
        host = await self.connect(receive_buffer)
        await self.line.until(lambda: self.line.owner is not None)
        return host

    @property
    def face(self) -> TcpFace:
        face = self.line.owner
        assert isinstance(face, TcpFace)
        return face


class Host:
    """A host with nothing but a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(count)

    async def read_all(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def read_until(self, ending: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(ending)

    async def write(self, octets: bytes) -> None:
        self.writer.write(octets)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    def reset(self) -> None:
        """Go without a farewell, as a host does that crashes."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def desk(kind: type[TcpFace] = TcpFace, at: str = "0") -> AsyncIterator[Desk]:
    made = Desk(kind)
    await made.door.open(parse_endpoint(at))
    try:
        yield made
    finally:
        made.door.close()
        for face in tuple(made.company):
            face.close()
            await face.gone.wait()


async def test_octets_go_both_ways_as_they_are() -> None:
    everything = bytes(range(256)) * 2
    async with desk() as made:
        host = await made.owner()
        await host.write(everything)
        await made.line.until(lambda: made.line.received == everything)
        made.face.send(everything)
        assert await host.read(512) == everything
        await host.close()


@KINDS
async def test_the_host_has_the_line_while_it_is_connected(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        for number in range(1, 4):
            host = await made.owner()
            assert made.face.name.startswith(f"{made.door.url} from 127.0.0.1:")
            await host.close()
            await made.line.until(lambda: made.line.owner is None)
            assert made.line.owners == number
        assert not made.company


@KINDS
async def test_a_second_host_is_told_who_is_there(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        first = await made.owner()
        second = await made.connect()
        await second.write(b"AT\r" * 1000)
        said = await second.read_all()
        assert said.endswith(f"in use at {made.face.name}\r\n".encode())
        assert said.count(b"\r\n") == 1
        assert said.startswith(b"in use" if kind is TcpFace else b"\xff\xfb\x03")
        assert made.line.received == b""
        await second.close()
        await first.write(b"AT\r")
        await made.line.until(lambda: made.line.received == b"AT\r")
        await first.close()


async def test_a_host_that_was_refused_and_stays_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_module, "_FAREWELL", 0.0)
    async with desk() as made:
        first = await made.owner()
        second = await made.connect()
        await second.read_all()
        with pytest.raises(ConnectionError):
            await second.write(bytes(20_000_000))
        second.writer.close()
        await first.close()


@KINDS
async def test_a_host_that_only_looks_whether_somebody_listens_troubles_nobody(kind: type[TcpFace]) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with desk(kind) as made:
        first = await made.owner()
        with socket.create_connection(made.address):
            pass
        await first.write(b"AT\r")
        await made.line.until(lambda: made.line.received == b"AT\r")
        await first.close()
    assert complaints == []


@KINDS
async def test_a_host_that_reads_nothing_and_closes_half_of_its_connection_is_gone(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        host = await made.owner(receive_buffer=4096)
        while made.face.backlog < 1_000_000:
            made.face.send(bytes(65536))
        await host.write(b"last words")
        host.writer.write_eof()
        await made.line.until(lambda: made.line.owner is None)
        assert made.line.received == b"last words"
        host.reset()


async def test_a_host_that_closes_half_of_its_connection_may_read_what_was_on_its_way() -> None:
    async with desk() as made:
        host = await made.owner(receive_buffer=4096)
        made.face.send(bytes(1_000_000))
        host.writer.write_eof()
        assert len(await host.read_all()) == 1_000_000
        await made.line.until(lambda: made.line.owner is None)
        await host.close()


@KINDS
async def test_a_host_that_crashes_gives_the_line_back(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        host = await made.owner()
        host.reset()
        await made.line.until(lambda: made.line.owner is None)


@KINDS
async def test_what_a_host_sent_before_it_closed_still_counts(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        made.line.limit = 1
        host = await made.owner()
        await host.write(b"A" + b"T" * 30000)
        await host.close()
        await made.line.until(lambda: made.line.owner is None)
        assert made.line.received == b"A" + b"T" * 30000


@KINDS
async def test_a_line_that_wants_nothing_stops_the_host(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        made.line.limit = 100
        host = await made.owner()
        host.writer.write(bytes(8_000_000))
        await made.line.until(lambda: len(made.line.received) >= 100)
        face = made.face
        # Nothing arrives any more, while a short answer still goes the other way.
        face.send(b"OK")
        await host.read_until(b"OK")
        assert len(made.line.received) <= 65536
        assert face._held_octets < 400_000
        made.line.limit = None
        face.resume()
        await made.line.until(lambda: len(made.line.received) == 8_000_000)
        await host.close()


@KINDS
async def test_a_host_that_stops_reading_stops_the_module_and_loses_nothing(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        host = await made.owner()
        face, sent = made.face, 0
        while face.backlog < 4096:
            face.send(bytes(1000))
            sent += 1000
            await asyncio.wait_for(face.drain(), PATIENCE)
            assert sent < 50_000_000
        face.send(bytes(10_000))
        waiting = asyncio.create_task(face.drain())
        done, _ = await asyncio.wait([waiting], timeout=0)
        assert not done
        greeting = b"" if kind is TcpFace else await host.read(15)
        assert len(greeting) in (0, 15)
        assert await host.read(sent + 10_000) == bytes(sent + 10_000)
        await asyncio.wait_for(waiting, PATIENCE)
        assert face.backlog == 0
        await host.close()


@KINDS
async def test_a_module_that_waits_for_a_host_goes_on_when_that_goes_away(kind: type[TcpFace]) -> None:
    async with desk(kind) as made:
        host = await made.owner()
        face = made.face
        while face.backlog < 10_000:
            face.send(bytes(10_000))
        waiting = asyncio.create_task(face.drain())
        host.reset()
        await asyncio.wait_for(waiting, PATIENCE)
        face.send(b"nobody hears this")


async def test_what_the_host_has_not_been_given_can_be_forgotten() -> None:
    async with desk() as made:
        host = await made.owner()
        face, sent = made.face, 0
        while face.backlog < 100_000:
            face.send(bytes(10_000))
            sent += 10_000
        before = face.backlog
        face.discard()
        forgotten = before - face.backlog
        assert forgotten >= 90_000
        face.send(b"and then")
        received = await host.read(sent - forgotten + len(b"and then"))
        assert received.endswith(b"and then")
        await host.close()


async def test_closing_hangs_up_even_on_a_host_that_does_not_read() -> None:
    async with desk() as made:
        host = await made.owner()
        while made.face.backlog < 10_000:
            made.face.send(bytes(10_000))
    assert made.line.owner is None
    host.writer.close()


@pytest.mark.parametrize("at", ["[::1]:0", "localhost:0", "*:0"])
async def test_other_addresses(at: str) -> None:
    try:
        async with desk(at=at) as made:
            host = await made.owner()
            await host.write(b"AT\r")
            await made.line.until(lambda: made.line.received == b"AT\r")
            await host.close()
    except FaceError as failure:
        pytest.skip(str(failure))


async def test_an_address_that_is_taken_or_not_there() -> None:
    async with desk() as made:
        host, port = made.address
        with pytest.raises(FaceError, match=rf"^cannot listen at 127.0.0.1:{port}: .* in use.*; choose another one$"):
            await Door(TcpFace, made.line, set()).open(Endpoint(host, port))
    with pytest.raises(FaceError, match=r"^cannot listen at 203.0.113.1:5000: "):
        await Door(TcpFace, RecordingLine(), set()).open(Endpoint("203.0.113.1", 5000))


async def test_the_system_asks_whether_a_silent_host_is_there() -> None:
    async with desk() as made:
        host = await made.owner()
        connection = made.face._connection
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == liveness.IDLE
        await host.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nobody can tell")
@KINDS
@pytest.mark.parametrize("crashes", [False, True])
async def test_a_host_that_leaves_while_nobody_reads_from_it_is_gone(
    kind: type[TcpFace], crashes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp_module, "keep_alive", lambda _: None)
    monkeypatch.setattr(liveness, "INTERVAL", 0.01)
    async with desk(kind) as made:
        host = await made.owner()
        face = made.face
        face.pause()
        settle = face._settle_reading

        def settle_and_tell() -> None:
            settle()
            made.line.news.set()

        monkeypatch.setattr(face, "_settle_reading", settle_and_tell)
        await host.write(bytes(tcp_module._HELD_BACK))
        await made.line.until(lambda: not face._transport.is_reading())
        await host.write(bytes(50_000))
        if crashes:
            host.reset()
        else:
            await host.close()
        await made.line.until(lambda: made.line.owner is None)
        assert len(made.line.received) == tcp_module._HELD_BACK + 50_000


async def test_a_host_that_vanished_makes_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as made:
        first = await made.owner()
        lost = made.face
        monkeypatch.setattr(tcp_module, "is_lost", lambda connection: connection is lost._connection)
        second = await made.connect()
        await made.line.until(lambda: made.line.owners == 2)
        assert made.face is not lost
        await second.write(b"AT\r")
        await made.line.until(lambda: made.line.received == b"AT\r")
        assert await first.read_all() == b""
        await first.close()
        await second.close()
