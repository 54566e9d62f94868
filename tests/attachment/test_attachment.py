"""A local pty that leads to a remote port, with pyserial on it and the emulator's own faces at the other end."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.attachment.attachment import Attachment
from emulator.attachment.cable import NoSerialServerError, Wishes
from emulator.attachment.remote import parse_remote
from emulator.faces.events import HostDrives
from emulator.faces.face import FlowControl, LineSettings, Parity
from emulator.faces.pty import PtyFace
from tests.faces.clients import PATIENCE, Pyserial
from tests.faces.test_hosts import EVERYTHING, MANY, PIECE, WANTED, Bench, Kind, digest_of, write_many
from tests.faces.test_hosts import bench as open_bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RFC2217, TCP = Kind("rfc2217", "attached"), Kind("tcp", "attached")
BOTH = pytest.mark.parametrize("kind", [RFC2217, TCP], ids=lambda kind: kind.face)


class Local:
    """The local end: a pty and the attachment behind it."""

    def __init__(self, url: str, wishes: Wishes | None = None) -> None:
        self.told: list[str] = []
        self.news = asyncio.Event()
        self.attachment = Attachment(parse_remote(url), wishes or Wishes(), self._tell)
        self.face = PtyFace(self.attachment, None)
        self.running = asyncio.create_task(self.attachment.run())

    def _tell(self, text: str) -> None:
        self.told.append(text)
        self.news.set()

    async def hears(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(words in text for text in self.told):
                self.news.clear()
                await self.news.wait()

    async def close(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        self.face.close()


@asynccontextmanager
async def local(url: str, wishes: Wishes | None = None) -> AsyncIterator[Local]:
    made = Local(url, wishes)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def opened(port: str, speed: int = 115200) -> AsyncIterator[serial.Serial]:
    host = await asyncio.to_thread(serial.Serial, port, speed, timeout=PATIENCE)
    try:
        yield host
    finally:
        await asyncio.to_thread(host.close)


class Proxy:
    """The network between the two: it can be cut, and mended."""

    def __init__(self, target: str) -> None:
        self._target = parse_remote(target).endpoint
        self._scheme = target.partition(":")[0]
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Future[None]] = set()
        self._server: asyncio.Server | None = None
        self._is_cut = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self._is_cut = False
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections at once, and refuse new ones."""
        assert self._server is not None
        self._is_cut = True
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._carrying)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = asyncio.get_running_loop().create_future()
        self._carrying.add(ended)
        there, back = await asyncio.open_connection(self._target.host, self._target.port)
        self._writers |= {writer, back}
        if self._is_cut:
            writer.transport.abort()
            back.transport.abort()
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._writers -= {writer, back}
        self._carrying.discard(ended)
        ended.set_result(None)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
        writer.close()
    except OSError:
        writer.transport.abort()


def url_of(made: Bench) -> str:
    return made.faces.ways[0].url


async def talk(made: Bench, host: serial.Serial) -> None:
    await asyncio.to_thread(host.write, EVERYTHING)
    assert await made.hear(256) == EVERYTHING
    await made.say(EVERYTHING)
    assert await asyncio.to_thread(host.read, 256) == EVERYTHING


@BOTH
async def test_octets_go_both_ways_while_a_host_has_the_port_open(kind: Kind) -> None:
    async with open_bench(kind) as made, local(url_of(made)) as here:
        for _ in range(3):
            assert not made.is_here
            async with opened(here.face.port) as host:
                await talk(made, host)
                assert made.is_here
            await made.until(lambda: not made.is_here)
        assert here.told == []


async def test_the_remote_port_follows_the_hosts_settings() -> None:
    async with open_bench(RFC2217) as made, local(url_of(made)) as here, opened(here.face.port, 9600) as host:
        await made.until(lambda: made.settings == LineSettings(9600, flow_control=FlowControl.NONE))
        for speed in (921600, 250000, 115200):
            made.set_up(speed)
            host.baudrate = speed
            await made.runs_at(speed)
            await talk(made, host)
        host.stopbits, host.rtscts = 2, True
        wanted = LineSettings(115200, 8, Parity.NONE, 2, FlowControl.HARDWARE)
        await made.until(lambda: made.settings == wanted)


async def test_settings_reach_the_remote_port_before_the_first_octet() -> None:
    async with open_bench(RFC2217) as made, local(url_of(made)) as here:
        made.set_up(57600)
        for _ in range(5):
            async with opened(here.face.port, 57600) as host:
                await talk(made, host)


@pytest.mark.parametrize("levels", [(True, None), (False, True), (None, False)])
async def test_wishes_for_dtr_and_rts(levels: tuple[bool | None, bool | None]) -> None:
    async with open_bench(RFC2217) as made, local(url_of(made), Wishes(*levels)) as here, opened(here.face.port):
        await made.until(lambda: made.hears(HostDrives(*levels)))


async def test_a_purge_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_bench(RFC2217) as made, local(url_of(made)) as here, opened(here.face.port) as host:
        await talk(made, host)
        purged = asyncio.Event()
        monkeypatch.setattr(made.line, "purge", purged.set)
        await asyncio.to_thread(host.reset_output_buffer)
        await asyncio.wait_for(purged.wait(), PATIENCE)


def attached(host: serial.Serial) -> Pyserial:
    """The open port in the words of the common suite."""
    client = object.__new__(Pyserial)
    client.port = host
    return client


@BOTH
async def test_ten_megabytes_each_way(kind: Kind) -> None:
    async with open_bench(kind) as made, local(url_of(made)) as here, opened(here.face.port) as host:
        client = attached(host)
        writing = asyncio.create_task(asyncio.to_thread(write_many, client))
        heard = await made.hear(MANY * len(PIECE))
        await writing
        assert heard == PIECE * MANY
        reading = asyncio.create_task(asyncio.to_thread(digest_of, client, MANY * len(PIECE)))
        async with asyncio.timeout(PATIENCE):
            for _ in range(MANY):
                await made.say(PIECE)
            assert await reading == WANTED


async def test_what_a_host_writes_before_the_connection_stands_waits_for_it() -> None:
    async with open_bench(RFC2217) as made:
        proxy = Proxy(url_of(made))
        await proxy.mend()
        await proxy.cut()
        async with local(proxy.url) as here, opened(here.face.port) as host:
            await here.hears("Connection refused; trying again")
            await asyncio.to_thread(host.write, b"first")
            await proxy.mend()
            assert await made.hear(5) == b"first"
            await here.hears("is connected again")
            await talk(made, host)
        await proxy.cut()


def write_and_leave(port: str, octets: bytes) -> None:
    """Be as short a host as `printf ... > port` is."""
    descriptor = os.open(port, os.O_WRONLY | os.O_NOCTTY)
    os.write(descriptor, octets)
    os.close(descriptor)


@BOTH
async def test_what_a_host_wrote_that_left_before_the_connection_stood_still_counts(kind: Kind) -> None:
    async with open_bench(kind) as made, local(url_of(made)) as here:
        for _ in range(3):
            await asyncio.to_thread(write_and_leave, here.face.port, b"AT\r")
            assert await made.hear(3) == b"AT\r"
            await made.until(lambda: not made.is_here)
        async with opened(here.face.port) as host:
            await talk(made, host)
        assert here.told == []


async def test_what_a_host_wrote_that_left_is_not_kept_for_better_times() -> None:
    async with open_bench(RFC2217) as made:
        proxy = Proxy(url_of(made))
        await proxy.mend()
        await proxy.cut()
        async with local(proxy.url) as here:
            await asyncio.to_thread(write_and_leave, here.face.port, b"AT\r")
            await here.hears("Connection refused; what the host wrote before it left is lost")
            await proxy.mend()
            async with opened(here.face.port) as host:
                await talk(made, host)
        await proxy.cut()


async def test_a_module_that_still_talks_takes_nothing_from_what_a_host_wrote_that_left() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.setblocking(False)
        async with local(f"tcp://127.0.0.1:{server.getsockname()[1]}") as here:
            async with opened(here.face.port) as host:
                remote, _ = await loop.sock_accept(server)
                await asyncio.to_thread(host.write, PIECE * 8)
            with remote:
                # What was written is on its way or waits in this machine; the host, and so its port, is closed.
                await loop.sock_sendall(remote, b"still talking")
                heard = bytearray()
                async with asyncio.timeout(PATIENCE):
                    while octets := await loop.sock_recv(remote, 65536):
                        heard += octets
                        await loop.sock_sendall(remote, b"and talking")
                assert heard == PIECE * 8


async def test_a_host_waits_for_a_connection_of_its_own_while_the_one_before_empties(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.setblocking(False)
        async with local(f"tcp://127.0.0.1:{server.getsockname()[1]}") as here:
            async with opened(here.face.port) as first:
                remote, _ = await loop.sock_accept(server)
                full = asyncio.Event()
                monkeypatch.setattr(here.face, "pause", full.set)
                writing = asyncio.create_task(asyncio.to_thread(first.write, PIECE * 1000))
                await asyncio.wait_for(full.wait(), PATIENCE)
                monkeypatch.undo()
                here.face.pause()
                first.cancel_write()
                await writing
            async with opened(here.face.port) as second:
                resumed: list[None] = []
                monkeypatch.setattr(here.face, "resume", lambda: resumed.append(None))
                with remote:
                    async with asyncio.timeout(PATIENCE):
                        while await loop.sock_recv(remote, 65536):
                            pass
                    assert resumed == []
                monkeypatch.undo()
                await asyncio.to_thread(second.write, b"second")
                async with asyncio.timeout(PATIENCE):
                    remote, _ = await loop.sock_accept(server)
                    with remote:
                        assert await loop.sock_recv(remote, 6) == b"second"


@BOTH
async def test_a_cable_that_is_pulled_and_plugged_again_invents_and_repeats_nothing(kind: Kind) -> None:
    async with open_bench(kind) as made:
        proxy = Proxy(url_of(made))
        await proxy.mend()
        async with local(proxy.url) as here, opened(here.face.port, 9600) as host:
            made.set_up(9600)
            for round_number in range(1, 4):
                await talk(made, host)
                await proxy.cut()
                await made.until(lambda: not made.is_here)
                await here.hears(f"{proxy.url}: ")
                # Nobody is at either end of what is written now.
                made.line.write(b"lost")
                await asyncio.to_thread(host.write, b"LOST")
                await proxy.mend()
                await made.until(lambda: made.is_here)
                await made.runs_at(9600)
                await here.hears("is connected again")
                assert len([text for text in here.told if "connected again" in text]) == 1
                here.told.clear()
                marker = b"%d and on" % round_number
                await asyncio.to_thread(host.write, marker)
                heard = await made.hear(len(marker))
                assert heard == marker
                await made.say(marker)
                assert await asyncio.to_thread(host.read, len(marker)) == marker
        await proxy.cut()


@BOTH
async def test_a_cable_that_is_pulled_in_the_middle_of_it_repeats_nothing(kind: Kind) -> None:
    pulls = 5
    async with open_bench(kind) as made:
        proxy = Proxy(url_of(made))
        await proxy.mend()
        async with local(proxy.url) as here, opened(here.face.port) as host:
            stop = threading.Event()
            counting = asyncio.create_task(asyncio.to_thread(count_up, host, stop))
            heard = bytearray()
            for _ in range(pulls):
                await made.until(lambda: made.is_here)
                heard += await made.hear(5000)
                await proxy.cut()
                await made.until(lambda: not made.is_here)
                await proxy.mend()
            heard += await made.hear(5000)
            stop.set()
            last = b"%08d\n" % await counting
            while last not in heard:
                heard += await made.hear(1)
        await proxy.cut()
    numbers = [int(line) for line in heard.split(b"\n") if len(line) == 8]
    assert len(numbers) > 500
    # Where the cable was pulled two halves of numbers may have met; the last one is short then, or out of line.
    assert sum(before >= after for before, after in itertools.pairwise(numbers)) <= 2 * pulls
    assert len(set(numbers)) >= len(numbers) - pulls


def count_up(host: serial.Serial, stop: threading.Event) -> int:
    """Write numbers until stopped; the last one."""
    number = 0
    while not stop.is_set():
        number += 1
        host.write(b"%08d\n" % number)
    return number


async def test_a_port_that_another_host_has_is_told_and_waited_for() -> None:
    async with open_bench(RFC2217) as made:
        other = await asyncio.to_thread(serial.serial_for_url, url_of(made), 115200)
        async with local(url_of(made)) as here, opened(here.face.port) as host:
            await here.hears(f"{url_of(made)}: the module is in use by another host, at rfc2217://127.0.0.1:")
            assert host.in_waiting == 0
            await asyncio.to_thread(other.close)
            await talk(made, host)
            await here.hears("is connected again")
            assert len(here.told) == 2


async def test_a_server_that_speaks_no_telnet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.attachment.cable._HANDSHAKE", 0.1)
    async with (
        open_bench(TCP) as made,
        local(url_of(made).replace("socket", "rfc2217")) as here,
        opened(here.face.port),
    ):
        with pytest.raises(NoSerialServerError, match="does not answer as an RFC 2217 server does; if it is a raw"):
            await asyncio.wait_for(here.running, PATIENCE)


async def test_a_telnet_server_without_a_serial_port() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\xff\xfb\x2c")
        writer.write(b"login: \xff\xfe\x2c")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"rfc2217://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, local(url) as here, opened(here.face.port) as host:
        with pytest.raises(NoSerialServerError, match="refuses to be told how the port is to be set up"):
            await asyncio.wait_for(here.running, PATIENCE)
        assert host.in_waiting == 0


async def ask_without_end(remote: socket.socket) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(remote, b"\xff\xfd\x18" * 10_000)


async def test_a_server_that_asks_without_end_and_reads_no_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.attachment.cable._MOST_ANSWERS", 10_000)
    monkeypatch.setattr(
        "emulator.attachment.cable.keep_alive",
        lambda connection: connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096),
    )
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.setblocking(False)
        url = f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
        async with local(url) as here, opened(here.face.port):
            remote, _ = await loop.sock_accept(server)
            with remote, pytest.raises(ConnectionError):
                await asyncio.wait_for(ask_without_end(remote), PATIENCE)
            await here.hears(f"{url}: it asks and reads no answer; trying again")


async def test_a_host_that_does_not_read_stops_the_remote_module_and_loses_nothing() -> None:
    async with open_bench(RFC2217) as made, local(url_of(made)) as here, opened(here.face.port) as host:
        await talk(made, host)
        saying = asyncio.create_task(made.say(PIECE * 600))
        for _ in range(20):
            await asyncio.to_thread(host.write, b"?")
            assert await made.hear(1) == b"?"
        assert await asyncio.to_thread(host.read, 600 * len(PIECE)) == PIECE * 600
        await saying
