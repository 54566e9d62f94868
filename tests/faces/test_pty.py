"""What the pty tells the line about its host, with pyserial and stty as hosts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import termios
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.capture.timeline import HostPresent
from emulator.faces.events import HostSetUp
from emulator.faces.face import FlowControl, LineSettings
from emulator.faces.line import Line
from emulator.faces.link import LinkError, PortLink
from emulator.faces.memory import MemoryFace
from emulator.faces.pty import PtyFace
from tests.doubles import RecordingTimeline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from firmware_model.events import Event

_PATIENCE = 20.0
OPEN = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK


class Desk:
    """A pty on a line, and what was noticed there."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.timeline = RecordingTimeline()
        self.line = Line(self)
        self.face = PtyFace(self.line, None)

    def record(self, event: Event) -> None:
        self.timeline.record(event)
        self.news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                self.news.clear()
                await self.news.wait()

    @property
    def settings(self) -> LineSettings:
        heard = self.timeline.of(HostSetUp)
        return heard[-1].settings if heard else LineSettings()

    async def runs_at(self, rate: int) -> None:
        await self.until(lambda: self.settings.baud_rate == rate)

    async def read(self, count: int) -> bytes:
        octets = b""
        async with asyncio.timeout(_PATIENCE):
            while len(octets) < count:
                octets += await self.line.read()
        return octets


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    try:
        yield made
    finally:
        made.face.close()


def opened(port: str, rate: int = 115200) -> serial.Serial:
    return serial.Serial(port, rate, timeout=_PATIENCE)


@pytest.mark.parametrize("rate", [1200, 9600, 38400, 57600, 115200, 230400, 460800, 921600, 74880, 250000])
async def test_the_line_hears_the_rate_that_the_host_opened_the_port_at(rate: int) -> None:
    async with desk() as bench:
        with await asyncio.to_thread(opened, bench.face.port, rate):
            await bench.runs_at(rate)


async def test_the_line_hears_what_an_open_port_is_changed_to() -> None:
    async with desk() as bench:
        with await asyncio.to_thread(opened, bench.face.port) as host:
            for rate in (9600, 250000, 115200):
                host.baudrate = rate
                await bench.runs_at(rate)
            host.xonxoff = True
            await bench.until(lambda: bench.settings.flow_control is FlowControl.SOFTWARE)
            host.stopbits, host.rtscts = 2, True
            await bench.until(lambda: bench.settings[3:] == (2, FlowControl.HARDWARE))


async def test_a_port_that_nobody_set_up_runs_at_the_factory_speed() -> None:
    async with desk() as bench:
        with await asyncio.to_thread(open, bench.face.port, "wb", buffering=0):
            await bench.runs_at(115200)


async def test_a_host_that_clears_every_local_flag_is_still_heard() -> None:
    async with desk() as bench:
        with await asyncio.to_thread(opened, bench.face.port) as host:
            for speed, rate in ((termios.B1200, 1200), (termios.B19200, 19200)):
                attributes = termios.tcgetattr(host.fileno())
                attributes[3] = 0
                attributes[4:6] = [speed, speed]
                termios.tcsetattr(host.fileno(), termios.TCSANOW, attributes)
                await bench.runs_at(rate)


async def test_a_purge_takes_nothing_with_it_that_was_sent_after_it() -> None:
    sent = bytes(range(256)) * 400
    async with desk() as bench:
        with await asyncio.to_thread(opened, bench.face.port) as host:
            await bench.runs_at(115200)
            host.reset_input_buffer()
            # The purge is noticed only when the event loop comes by, which is after this.
            bench.line.write(sent)
            assert await asyncio.to_thread(host.read, len(sent)) == sent


async def test_a_purge_takes_what_waited_for_the_host() -> None:
    async with desk() as bench:
        with await asyncio.to_thread(opened, bench.face.port) as host:
            await bench.runs_at(115200)
            bench.line.write(b"old" * 30_000)
            # The host is heard, so the event loop has come by.
            await asyncio.to_thread(host.write, b"x")
            await bench.read(1)
            host.reset_input_buffer()
            await asyncio.to_thread(host.write, b"x")
            await bench.read(1)
            assert bench.face.backlog == 0
            bench.line.write(b"new")
            assert await asyncio.to_thread(host.read, 3) == b"new"


async def test_stty_sane_does_not_make_the_module_hear_itself(need_program: Callable[[str], None]) -> None:
    need_program("stty")
    async with desk() as bench:
        with await asyncio.to_thread(open, bench.face.port, "r+b", buffering=0) as host:
            await asyncio.to_thread(subprocess.run, ["stty", "-F", bench.face.port, "sane"], check=True)
            # Whoever sends something has its settings looked at.
            await asyncio.to_thread(host.write, b"x\n")
            await bench.read(2)
            bench.line.write(b"said once\r\n")
            assert b"said once" in await asyncio.to_thread(host.read, 100)
            await asyncio.to_thread(host.write, b"y\n")
            assert b"said" not in await bench.read(2)


async def test_a_host_that_waits_gets_one_message_and_then_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    packets, arrival = list[bytes](), asyncio.Event()

    def read(descriptor: int, limit: int, plain: Callable[[int, int], bytes] = os.read) -> bytes:
        packets.append(plain(descriptor, limit))
        arrival.set()
        return packets[-1]

    async with desk() as bench:
        other = MemoryFace(bench.line)
        other.name = "another face"
        with await asyncio.to_thread(opened, bench.face.port) as host:
            told = await asyncio.to_thread(host.readline)
            assert (
                told == b"the module is in use by another host, at another face; it is yours when that one leaves\r\n"
            )
            monkeypatch.setattr("emulator.faces.pty.os.read", read)
            await asyncio.to_thread(host.write, b"dropped")
            while b"\0dropped" not in packets:
                arrival.clear()
                await asyncio.wait_for(arrival.wait(), _PATIENCE)
            other.write(b"from the owner")
            assert await bench.read(14) == b"from the owner"
            bench.line.release(other)
            assert bench.line.belongs_to(bench.face)
            await asyncio.to_thread(host.write, b"mine")
            assert await bench.read(4) == b"mine"
            bench.line.write(b"yours")
            assert await asyncio.to_thread(host.read, 5) == b"yours"


async def test_a_pty_whose_hosts_come_unseen_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: object) -> None:
        raise OSError("this system has no inotify")

    monkeypatch.setattr("emulator.faces.pty.Presence", unavailable)
    async with desk() as bench:
        assert bench.line.belongs_to(bench.face)
        with await asyncio.to_thread(opened, bench.face.port, 9600) as host:
            await bench.runs_at(9600)
            await asyncio.to_thread(host.write, b"AT\r")
            assert await bench.read(3) == b"AT\r"
        other = MemoryFace(bench.line)
        assert bench.line.belongs_to(other)
        bench.line.release(other)
        assert bench.line.belongs_to(bench.face)


async def test_several_openings_that_are_noticed_together_are_as_many() -> None:
    async with desk() as bench:
        # Nothing is noticed before the next await: the kernel reports both openings as one.
        first = os.open(bench.face.port, OPEN)
        second = os.open(bench.face.port, OPEN)
        os.close(second)
        await bench.until(lambda: bool(bench.timeline.of(HostPresent)))
        os.write(first, b"still here")
        assert await bench.read(10) == b"still here"
        os.close(first)
        await bench.until(lambda: len(bench.timeline.of(HostPresent)) == 2)
        assert bench.timeline.of(HostPresent) == [HostPresent(True), HostPresent(False)]


async def test_who_came_and_went_unnoticed_has_been_there_all_the_same() -> None:
    async with desk() as bench:
        host = os.open(bench.face.port, OPEN)
        os.write(host, b"in a hurry")
        os.close(host)
        assert await bench.read(10) == b"in a hurry"
        await bench.until(lambda: len(bench.timeline.of(HostPresent)) == 2)
        assert not bench.face.present


async def test_what_a_host_left_unread_does_not_wait_for_the_next_one() -> None:
    async with desk() as bench:
        host = os.open(bench.face.port, OPEN)
        await bench.until(lambda: bench.face.present)
        bench.line.write(bytes(50_000))
        os.close(host)
        await bench.until(lambda: not bench.face.present)
        host = os.open(bench.face.port, OPEN)
        with pytest.raises(BlockingIOError):
            os.read(host, 100)
        await bench.until(lambda: bench.face.present)
        bench.line.write(b"anew")
        readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(host, readable.set)
        await asyncio.wait_for(readable.wait(), _PATIENCE)
        assert os.read(host, 100) == b"anew"
        asyncio.get_running_loop().remove_reader(host)
        os.close(host)


async def test_nothing_spins_while_nobody_has_the_port_open(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def read(descriptor: int, limit: int, plain: Callable[[int, int], bytes] = os.read) -> bytes:
        nonlocal calls
        calls += 1
        return plain(descriptor, limit)

    async with desk() as bench:
        for hosts in range(1, 4):
            os.close(os.open(bench.face.port, OPEN))
            await bench.until(lambda hosts=hosts: len(bench.timeline.of(HostPresent)) == 2 * hosts)  # type: ignore[misc]
            monkeypatch.setattr("emulator.faces.pty.os.read", read)
            for _ in range(1000):
                await asyncio.sleep(0)
            assert calls < 20
            monkeypatch.undo()
            calls = 0


async def test_a_line_that_is_full_lets_the_host_go_all_the_same() -> None:
    async with desk() as bench:
        host = os.open(bench.face.port, OPEN)
        await bench.until(lambda: bench.face.present)
        bench.face.pause()
        os.write(host, b"in time")
        os.close(host)
        await bench.until(lambda: not bench.face.present)
        assert await bench.read(7) == b"in time"


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_port_without_its_name_is_not_left_open(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    link = PortLink(folder / "ttyWIFI")
    folder.rmdir()
    descriptors = open_descriptors()
    with pytest.raises(LinkError, match="cannot make the link"):
        PtyFace(Line(RecordingTimeline()), link)
    assert open_descriptors() == descriptors
    link.close()
