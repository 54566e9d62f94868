"""A serial port of this machine as a face: a pty stands for one without modem lines, a double for one with them."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import termios
import threading
import tty
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces import serial_port
from emulator.faces.events import HostDrives
from emulator.faces.face import FaceError, FlowControl, LineSettings, ModemLines
from emulator.faces.line import Line
from emulator.faces.memory import MemoryFace
from emulator.faces.serial_port import SerialPortFace, open_port
from tests.doubles import RecordingTimeline
from tests.faces.doubles import PATIENCE, RecordingLine
from tests.faces.test_tcp import Host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

EVERYTHING = bytes(range(256))


class Cable:
    """A pty whose slave is the port; its master is the host's end."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)

    async def connect(self) -> Host:
        """The host's end as streams."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(self.master), "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(os.dup(self.master), "wb", 0)
        )
        return Host(reader, asyncio.StreamWriter(transport, protocol, None, loop))

    def pull(self) -> None:
        os.close(self.master)
        os.close(self._slave)


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    for descriptor in (made.master, made._slave):
        with suppress(OSError):
            os.close(descriptor)


def fill(descriptor: int) -> int:
    """Write until the system takes no more; how much it took."""
    os.set_blocking(descriptor, False)
    written = 0
    with suppress(BlockingIOError):
        while True:
            written += os.write(descriptor, bytes(4096))
    return written


class Desk:
    """A line that records, and what whoever runs the emulator hears."""

    def __init__(self) -> None:
        self.line = RecordingLine()
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)
        self.line.news.set()


@asynccontextmanager
async def face_at(
    device: str, opener: Callable[[str], object] = open_port
) -> AsyncIterator[tuple[Desk, SerialPortFace]]:
    desk = Desk()
    face = SerialPortFace(desk.line, device, desk.tell, opener)
    await face.open()
    try:
        yield desk, face
    finally:
        await face.close()


async def test_octets_go_both_ways_as_they_are(cable: Cable) -> None:
    async with face_at(cable.device) as (desk, face):
        os.write(cable.master, EVERYTHING)
        await desk.line.until(lambda: desk.line.received == EVERYTHING)
        face.send(EVERYTHING)
        received = b""
        while len(received) < 256:
            received += await asyncio.to_thread(os.read, cable.master, 256)
        assert received == EVERYTHING
        assert desk.line.owner is face
    assert desk.line.owner is None


async def test_the_port_follows_the_modules_speed(cable: Cable) -> None:
    async with face_at(cable.device) as (_, face):
        for settings in (LineSettings(921600), LineSettings(9600, flow_control=FlowControl.HARDWARE)):
            face.follow(settings)
            # What is ordered after it is carried out after it.
            face.send(b"x")
            await asyncio.to_thread(os.read, cable.master, 1)
            assert (face._port.baudrate, face._port.rtscts) == (settings.baud_rate, settings.flow_control is not None)


async def test_a_speed_that_the_port_does_not_have_is_told() -> None:
    async with face_at("double", lambda _: DoublePort()) as (desk, face):
        face.follow(LineSettings(77))
        await desk.line.until(lambda: bool(desk.told))
        assert desk.told == ["the port double cannot do as the module does: no such rate"]
        face.send(b"x")
        await asyncio.wait_for(face.drain(), PATIENCE)


async def test_a_host_that_does_not_read_stops_the_module_and_loses_nothing(cable: Cable) -> None:
    async with face_at(cable.device) as (_, face):
        sent = bytes(range(256)) * 2000
        face.send(sent)
        waiting = asyncio.create_task(face.drain())
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        assert face.backlog > 0
        received = bytearray()
        while len(received) < len(sent):
            received += await asyncio.to_thread(os.read, cable.master, 65536)
        assert received == sent
        await asyncio.wait_for(waiting, PATIENCE)


async def test_a_line_that_wants_nothing_stops_the_port(cable: Cable) -> None:
    async with face_at(cable.device) as (desk, face):
        desk.line.limit = 1
        os.write(cable.master, b"A")
        await desk.line.until(lambda: desk.line.received == b"A")
        written = 1 + fill(cable.master)
        assert len(desk.line.received) < 20_000
        desk.line.limit = None
        face.resume()
        await desk.line.until(lambda: len(desk.line.received) == written)


async def test_closing_does_not_wait_for_a_host_that_does_not_read(cable: Cable) -> None:
    async with face_at(cable.device) as (_, face):
        face.send(bytes(100_000))


async def test_closing_does_not_wait_for_what_is_queued_behind_a_change_of_speed(cable: Cable) -> None:
    async with face_at(cable.device) as (_, face):
        with face._news:  # so that the thread takes all three at once
            face.send(bytes(100_000))
            face.follow(LineSettings(9600))
            face.send(bytes(100_000))
        await asyncio.to_thread(os.read, cable.master, 1)


async def test_a_port_that_is_not_there_or_taken(cable: Cable) -> None:
    with pytest.raises(FaceError, match=r"^cannot open the port /no/such/port: No such file or directory$"):
        await SerialPortFace(RecordingLine(), "/no/such/port", print).open()
    with serial.Serial(cable.device, exclusive=True), pytest.raises(FaceError, match="temporarily unavailable"):
        await SerialPortFace(RecordingLine(), cable.device, print).open()


async def test_a_port_that_goes_is_opened_again_when_it_is_back(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "_RETRY", 0.01)
    name = cable.device
    second: list[Cable] = []

    def opener(device: str) -> object:
        return open_port(second[0].device if second else device)

    async with face_at(name, opener) as (desk, face):
        os.close(cable.master)
        await desk.line.until(lambda: bool(desk.told))
        assert desk.told[0].startswith(f"the port {name} has gone (")
        second.append(Cable())
        await desk.line.until(lambda: len(desk.told) == 2)
        assert desk.told[1] == f"the port {name} is back"
        os.write(second[0].master, b"AT\r")
        await desk.line.until(lambda: desk.line.received == b"AT\r")
        face.send(b"OK")
        assert await asyncio.to_thread(os.read, second[0].master, 2) == b"OK"
    second[0].pull()


class DoublePort:
    """A port with modem lines, such as one half of a com0com pair."""

    in_waiting = 0

    def __init__(self) -> None:
        self.dsr = self.cts = False
        self.dtr = self.rts = True
        self.baudrate = 115200
        self.rtscts = False
        self.changed: Callable[[], object] = lambda: None

    def __setattr__(self, name: str, value: object) -> None:
        if name == "baudrate" and value == 77:
            raise ValueError("no such rate")
        super().__setattr__(name, value)
        if name in ("dtr", "rts", "rtscts") and "changed" in vars(self):
            self.changed()

    def tell(self, news: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self.changed = lambda: loop.call_soon_threadsafe(news.set)

    def read(self, _count: int) -> bytes:
        return b""

    def write(self, octets: bytes) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


class StuckPort(DoublePort):
    """A port whose host lets nothing out, so that waiting for its driver to be through takes for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = threading.Event()
        self._forgotten = threading.Event()

    def flush(self) -> None:
        self.is_waiting.set()
        self._forgotten.wait()

    def reset_output_buffer(self) -> None:
        self._forgotten.set()


async def test_closing_does_not_wait_for_a_driver_whose_host_lets_nothing_out() -> None:
    port = StuckPort()
    async with face_at("double", lambda _: port) as (_, face):
        face.follow(LineSettings(9600))
        await asyncio.to_thread(port.is_waiting.wait)


async def test_modem_lines_are_mirrored_both_ways() -> None:
    port = DoublePort()
    async with face_at("double", lambda _: port) as (desk, face):
        assert desk.line.driven == {}
        port.cts = True
        await desk.line.until(lambda: desk.line.driven == {"dtr": False, "rts": True})
        port.tell(desk.line.news)
        face.show(ModemLines(cts=False, dsr=False))
        await desk.line.until(lambda: not port.rts and not port.dtr)
        face.follow(LineSettings(115200, flow_control=FlowControl.HARDWARE))
        face.show(ModemLines(cts=True, dsr=True))
        await desk.line.until(lambda: port.dtr)
        # The driver of the port drives RTS now.
        assert not port.rts


async def test_a_host_whose_dtr_comes_on_has_the_line_and_gives_it_back() -> None:
    port = DoublePort()
    async with face_at("double", lambda _: port) as (desk, face):
        assert desk.line.told[-1] == "stand in"
        port.dsr = True
        await desk.line.until(lambda: desk.line.driven == {"dtr": True, "rts": False})
        assert "claim" in desk.line.told
        port.dsr = False
        await desk.line.until(lambda: desk.line.driven == {"dtr": False, "rts": False})
        assert desk.line.told[-3:] == ["release", "stand in", "drive"]
        assert desk.line.owner is face


async def test_a_host_whose_dtr_came_on_too_early_has_the_line_when_that_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, timeline = DoublePort(), RecordingTimeline()
    line = Line(timeline)
    other = MemoryFace(line)
    face = SerialPortFace(line, "double", print, lambda _: port)
    seen, see = asyncio.Event(), face._see

    def see_and_tell(dtr: bool, rts: bool) -> None:
        see(dtr, rts)
        seen.set()

    monkeypatch.setattr(face, "_see", see_and_tell)
    await face.open()
    port.dsr = True
    await asyncio.wait_for(seen.wait(), PATIENCE)
    assert timeline.of(HostDrives) == []
    line.release(other)
    assert timeline.of(HostDrives) == [HostDrives(dtr=True, rts=False)]
    with pytest.raises(ValueError, match="in use by another host, at port double"):
        MemoryFace(line)
    await face.close()


async def test_a_port_that_goes_gives_back_the_line_of_its_host() -> None:
    port = VanishingPort()
    port.is_there = True
    async with face_at("double", lambda _: port.open()) as (desk, face):
        port.dsr = True
        await desk.line.until(lambda: "claim" in desk.line.told)
        port.is_there = False
        await desk.line.until(lambda: "release" in desk.line.told)
        await desk.line.until(lambda: desk.line.driven == {"dtr": False, "rts": False})
        assert desk.line.owner is face


class VanishingPort(DoublePort):
    """A port that goes away while it is set up: what termios raises then is no OSError."""

    def __init__(self) -> None:
        super().__init__()
        self.is_there = False
        self.written = b""

    def open(self) -> VanishingPort:
        if not self.is_there:
            raise termios.error(errno.EIO, "Input/output error")
        return self

    def read(self, count: int) -> bytes:
        if not self.is_there:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(count)

    def flush(self) -> None:
        if not self.is_there:
            raise termios.error(errno.EIO, "Input/output error")

    def write(self, octets: bytes) -> None:
        self.written += octets
        self.changed()


async def test_a_port_that_goes_while_it_is_set_up_is_written_to_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_port, "_RETRY", 0.01)
    port = VanishingPort()
    attempts = itertools.count(1)

    def opener(_: str) -> object:
        attempt = next(attempts)
        port.is_there = attempt > 2
        return port if attempt == 1 else port.open()

    async with face_at("double", opener) as (desk, face):
        face.follow(LineSettings(9600))
        await desk.line.until(lambda: len(desk.told) == 2)
        assert desk.told[1] == "the port double is back"
        port.tell(desk.line.news)
        face.send(b"OK")
        await desk.line.until(lambda: port.written == b"OK")


async def test_a_port_that_cannot_be_set_up() -> None:
    with pytest.raises(FaceError, match=r"^cannot open the port double: Input/output error$"):
        await SerialPortFace(RecordingLine(), "double", print, lambda _: VanishingPort().open()).open()


def speed_of(device: str) -> int:
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY)
    try:
        return int(termios.tcgetattr(descriptor)[5])
    finally:
        os.close(descriptor)


async def test_a_module_behind_one_half_of_a_pair(need_program: Callable[[str], None]) -> None:
    """As with com0com or tty0tty: the emulator opens one half, pyserial the other."""
    need_program("socat")
    process = await asyncio.create_subprocess_exec(
        "socat", "-d", "-d", "pty,raw,echo=0", "pty,raw,echo=0", stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    halves: list[str] = []
    while len(halves) < 2:
        line = (await asyncio.wait_for(process.stderr.readline(), PATIENCE)).decode()
        if "PTY is" in line:
            halves.append(line.split()[-1])
    try:
        async with Emulator(Settings(pty=False, ports=[halves[0]], power_on="start")) as emulator:
            assert (emulator.port, emulator.urls, emulator.device) == (halves[0], (), None)

            def talk() -> bytes:
                with serial.Serial(halves[1], 115200, timeout=PATIENCE) as host:
                    host.write(b"AT+S.SCFG=console_speed,230400\rAT+S.WCFG\rAT+S.RESET\r")
                    host.read_until(b"+WIND:32:")
                    host.write(b"AT\r")
                    return bytes(host.read_until(b"AT\r\nAT-S.OK\r\n"))

            assert (await asyncio.to_thread(talk)).endswith(b"AT\r\nAT-S.OK\r\n")
            assert speed_of(halves[0]) == termios.B230400
    finally:
        process.terminate()
        await process.wait()
