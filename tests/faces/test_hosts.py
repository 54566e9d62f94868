"""One suite for every face: pyserial and serialx, as they are, against the line behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest
import serial
import serialx

from emulator.capture.timeline import HostPresent
from emulator.faces.events import HostBreak, HostDrives, HostSetUp
from emulator.faces.face import FlowControl, LineSettings, Parity
from emulator.faces.faces import Faces
from emulator.faces.line import Line
from emulator.faces.wanted import choose_faces
from firmware_model.outside import UartSettings
from tests.doubles import RecordingTimeline
from tests.faces.clients import PATIENCE, Memory, Pyserial, Serialx
from tests.faces.pair import Pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from firmware_model.events import Event
    from tests.faces.clients import Client

    Dialogue = Callable[[Client], "_T"]

_T = TypeVar("_T")
EVERYTHING = bytes(range(256))
PIECE = EVERYTHING * 64
MANY = 10_000_000 // len(PIECE)
MUCH = 4000
RATES = (300, 9600, 19200, 57600, 115200, 230400, 460800, 921600)
ODD_RATES = (74880, 250000)


class Kind(NamedTuple):
    """A face, and the library that opens it."""

    face: str
    library: str


ALL = [
    *(Kind(*pair) for pair in product(("pty", "rfc2217", "tcp", "port"), ("pyserial", "serialx"))),
    Kind("memory", "none"),
]
TELLS_SPEED = ("pty", "rfc2217", "memory")


def kinds(*faces: str, library: str | None = None) -> pytest.MarkDecorator:
    chosen = [kind for kind in ALL if kind.face in faces and library in (None, kind.library)]
    return pytest.mark.parametrize("kind", chosen, ids="-".join)


class Bench:
    """A line that takes no time, with one face; this side of it plays the module."""

    def __init__(self, kind: Kind, pair: Pair) -> None:
        self.kind = kind
        self.pair = pair
        self.news = asyncio.Event()
        self.timeline = RecordingTimeline()
        self.line = Line(self)
        at = {kind.face: ["0"]} if kind.face in ("rfc2217", "tcp") else {}
        wanted = choose_faces(
            pty=kind.face in ("pty", "memory"),
            link=None,
            rfc2217=at.get("rfc2217", ()),
            tcp=at.get("tcp", ()),
            ports=[pair.near] if kind.face == "port" else (),
            spi=None,
        )
        self.faces = Faces(self.line, wanted, print)
        self._loop = asyncio.get_running_loop()

    def record(self, event: Event) -> None:
        self.timeline.record(event)
        self.news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def open(self, speed: int = 115200) -> Client:
        """Open the port as the library does; to be called from a thread."""
        if self.kind.face == "memory":
            return Memory(self.line, self._loop, speed)
        make = Pyserial if self.kind.library == "pyserial" else Serialx
        return make(self.pair.far if self.kind.face == "port" else self.faces.ways[0].url, speed)

    @asynccontextmanager
    async def host(self, speed: int = 115200) -> AsyncIterator[Host]:
        """A host that has the port open."""
        client = await asyncio.to_thread(self.open, speed)
        await self.until(lambda: self.is_here)
        try:
            yield Host(client)
        finally:
            await asyncio.to_thread(client.close)
            # Nobody can tell who is at the other half of a pair without modem lines.
            await self.until(lambda: not self.is_here or self.kind.face == "port")

    @property
    def is_here(self) -> bool:
        presences = self.timeline.of(HostPresent)
        return bool(presences) and presences[-1].present

    @property
    def settings(self) -> LineSettings:
        heard = self.timeline.of(HostSetUp)
        return heard[-1].settings if heard else LineSettings()

    def hears(self, event: Event) -> bool:
        """Whether the last event of its kind is this one."""
        heard = self.timeline.of(type(event))
        return bool(heard) and heard[-1] == event

    async def runs_at(self, speed: int) -> None:
        """Wait until the line knows the host's speed, where the face can tell it."""
        if self.kind.face in TELLS_SPEED:
            await self.until(lambda: self.settings.baud_rate == speed)

    def set_up(self, speed: int, *, flow_control: bool = False) -> None:
        self.line.set_up(UartSettings(speed, flow_control))

    async def say(self, octets: bytes) -> None:
        self.line.write(octets)
        await asyncio.wait_for(self.line.drain(), PATIENCE)

    async def say_much(self) -> None:
        for _ in range(MUCH + 1):
            await self.say(EVERYTHING)

    async def hear(self, count: int) -> bytes:
        octets = bytearray()
        async with asyncio.timeout(PATIENCE):
            while len(octets) < count:
                octets += await self.line.read()
        return bytes(octets)


class Host:
    """A library's port; each call runs in a thread, as the library blocks."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def does(self, dialogue: Dialogue[_T]) -> _T:
        return await asyncio.to_thread(dialogue, self.client)

    async def write(self, octets: bytes) -> None:
        await self.does(lambda port: port.write(octets))

    async def read(self, count: int) -> bytes:
        return await self.does(lambda port: port.read(count))

    async def set_speed(self, speed: int) -> None:
        await self.does(lambda port: port.set_speed(speed))


@asynccontextmanager
async def bench(kind: Kind) -> AsyncIterator[Bench]:
    with Pair() as pair:
        made = Bench(kind, pair)
        await made.faces.open()
        made.set_up(115200)
        try:
            yield made
        finally:
            await made.faces.close()
            await made.line.close()


async def talk(made: Bench, host: Host) -> None:
    """Every octet, both ways."""
    await host.write(EVERYTHING)
    assert await made.hear(256) == EVERYTHING
    await made.say(EVERYTHING)
    assert await host.read(256) == EVERYTHING


EVERYWHERE = kinds("pty", "rfc2217", "tcp", "port", "memory")
WITH_SPEED = kinds(*TELLS_SPEED)


@EVERYWHERE
async def test_every_octet_goes_both_ways(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        await talk(made, host)


@EVERYWHERE
async def test_a_host_may_come_and_go(kind: Kind) -> None:
    async with bench(kind) as made:
        for _ in range(3):
            async with made.host() as host:
                await talk(made, host)


@EVERYWHERE
async def test_8n1_at_all_rates(kind: Kind) -> None:
    async with bench(kind) as made:
        for speed in RATES + ODD_RATES:
            made.set_up(speed)
            async with made.host(speed) as host:
                await made.runs_at(speed)
                await talk(made, host)
                if kind.face in TELLS_SPEED:
                    assert made.settings[:4] == (speed, 8, Parity.NONE, 1)


@EVERYWHERE
async def test_the_speed_changes_at_run_time(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        for speed in (9600, 921600, 250000, 115200):
            made.set_up(speed)
            if kind.face != "tcp":
                await host.set_speed(speed)
            await made.runs_at(speed)
            await talk(made, host)


@WITH_SPEED
async def test_a_wrong_speed_gives_garbage_and_the_right_one_mends_it(kind: Kind) -> None:
    async with bench(kind) as made, made.host(230400) as host:
        await made.runs_at(230400)
        await made.say(b"AT-S.OK\r\n" * 100)
        await host.does(lambda port: port.write(b"AT\r" * 100))
        await host.does(lambda port: port.flush())
        heard = await made.hear(1)
        assert not heard.startswith(b"A")
        garbage = await host.read(1)
        assert not garbage.startswith(b"A")
        await host.set_speed(115200)
        await made.runs_at(115200)
        # Garbage that is under way is no longer than what it was made of, and ends with it.
        marker = b"now it is right"
        await host.write(marker)
        while marker not in heard:
            heard += await made.hear(1)
        await made.say(marker)
        while marker not in garbage:
            garbage += await host.read(1)


@kinds("rfc2217", "memory")
async def test_modem_lines_are_seen_on_both_sides(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        for wanted in (HostDrives(False, True), HostDrives(True, False), HostDrives(True, True)):
            await host.does(partial(drive, wanted=wanted))
            await made.until(partial(made.hears, wanted))
        for is_on in (False, True):
            if is_on:
                made.set_up(115200)
            else:
                made.line.shut_down()
            await host.does(partial(see, dsr=is_on))


@kinds("rfc2217", "memory")
async def test_cts_goes_off_while_the_module_has_more_than_it_can_take(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        made.set_up(115200, flow_control=True)
        await host.does(partial(see, cts=True))
        await host.write(PIECE)
        await host.does(partial(see, cts=False))
        assert await made.hear(len(PIECE)) == PIECE
        await host.does(partial(see, cts=True))


def drive(port: Client, wanted: HostDrives) -> None:
    port.drive(dtr=bool(wanted.dtr), rts=bool(wanted.rts))


def see(port: Client, **levels: bool) -> None:
    """Look until the port shows these levels; serialx has to be kept busy to look at all."""
    for _ in range(1000):
        if levels.items() <= port.lines()._asdict().items():
            return
        port.set_speed(115200)
    raise AssertionError("the change was never seen")


@kinds("rfc2217")
async def test_other_frames_than_8n1(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        if kind.library == "pyserial":

            def change(port: Client) -> None:
                assert isinstance(port, Pyserial)
                port.port.apply_settings({"bytesize": 7, "parity": "E", "stopbits": 2, "rtscts": True})
        else:

            def change(port: Client) -> None:
                assert isinstance(port, Serialx)
                port.port.reconfigure_port(
                    byte_size=7, parity=serialx.Parity.EVEN, stopbits=serialx.StopBits.TWO, rtscts=True
                )

        await host.does(change)
        wanted = LineSettings(115200, 7, Parity.EVEN, 2, FlowControl.HARDWARE)
        await made.until(lambda: made.settings == wanted)


@kinds("rfc2217", library="pyserial")
async def test_a_break_is_seen(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:

        def send_break(port: Client) -> None:
            assert isinstance(port, Pyserial)
            port.port.send_break(0)

        await host.does(send_break)
        await made.until(lambda: made.hears(HostBreak(asserted=False)))
        assert made.timeline.of(HostBreak) == [HostBreak(asserted=True), HostBreak(asserted=False)]
        await talk(made, host)


@EVERYWHERE
async def test_a_purge_forgets_what_has_arrived(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        await made.say(b"old" * 1000)
        assert await host.read(3) == b"old"
        # By now all of it has arrived, or is to be forgotten on its way.
        await host.write(b"?")
        assert await made.hear(1) == b"?"
        await host.does(lambda port: port.read(2997) if kind.face == "tcp" else port.purge())
        await made.say(b"new")
        octets = await host.read(3)
        while not octets.endswith(b"new"):
            octets += await host.read(1)
        assert len(octets) <= 3000


@kinds("pty", "rfc2217", "tcp")
async def test_a_second_host_gets_nothing_of_the_first_ones(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as first:
        said = await asyncio.to_thread(knock, made)
        if kind == ("tcp", "serialx"):
            assert said.startswith("the module is in use by another host, at socket://127.0.0.1:")
        assert made.is_here
        await talk(made, first)


def knock(made: Bench) -> str:
    """Open the port that another host has; what there is to see."""
    try:
        second = made.open()
        try:
            return second.read(60).decode()
        finally:
            second.close()
    except (serial.SerialException, serialx.SerialException, OSError) as failure:
        # A pty is locked; telnet ends without a serial port; pyserial empties a socket when it opens it.
        assert made.kind != ("tcp", "serialx")
        return str(failure)


@EVERYWHERE
async def test_a_host_that_does_not_read_for_a_while_loses_nothing_on_a_fast_line(kind: Kind) -> None:
    count = 100_000
    async with bench(kind) as made, made.host() as host:
        saying = asyncio.create_task(made.say(EVERYTHING * (count // 256)))
        # Meanwhile the host goes on writing, and is heard.
        for _ in range(20):
            await host.write(b"are you there?")
            assert await made.hear(14) == b"are you there?"
        assert await host.read(count // 256 * 256) == EVERYTHING * (count // 256)
        await saying


async def test_hosts_that_stop_reading_for_five_seconds_lose_nothing() -> None:
    """All of them at once, as the five seconds are real ones; each has more to come than any buffer holds."""

    async def pause_amidst(kind: Kind) -> None:
        async with bench(kind) as made, made.host() as host:
            saying = asyncio.create_task(made.say_much())
            assert await host.read(256) == EVERYTHING
            await asyncio.sleep(5)
            assert await host.does(partial(digest_of, count=MUCH * 256)) == sha256(EVERYTHING * MUCH).hexdigest()
            await saying

    # pyserial reads RFC 2217 in a thread of its own, however long its user does not.
    await asyncio.gather(*(pause_amidst(kind) for kind in ALL))


def digest_of(port: Client, count: int) -> str:
    digest = sha256()
    while count:
        part = port.read(min(count, 65536))
        digest.update(part)
        count -= len(part)
    return digest.hexdigest()


def write_many(port: Client) -> None:
    for _ in range(MANY):
        port.write(PIECE)
    port.flush()


WANTED = sha256(PIECE * MANY).hexdigest()


@EVERYWHERE
async def test_ten_megabytes_to_the_module(kind: Kind) -> None:
    async with bench(kind) as made, made.host() as host:
        writing = asyncio.create_task(host.does(write_many))
        digest, left = sha256(), MANY * len(PIECE)
        async with asyncio.timeout(2 * PATIENCE):
            while left:
                octets = await made.line.read()
                digest.update(octets)
                left -= len(octets)
            await writing
        assert digest.hexdigest() == WANTED


@EVERYWHERE
async def test_ten_megabytes_from_the_module(kind: Kind) -> None:
    # pyserial reads RFC 2217 octet by octet, which takes half a minute.
    async with bench(kind) as made, made.host() as host:
        reading = asyncio.create_task(host.does(partial(digest_of, count=MANY * len(PIECE))))
        async with asyncio.timeout(5 * PATIENCE):
            for _ in range(MANY):
                made.line.write(PIECE)
                await made.line.drain()
            assert await reading == WANTED
