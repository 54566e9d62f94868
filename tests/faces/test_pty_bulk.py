"""Much at once over a real pty, and a host that does not read for a while of the module's time."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from emulator.faces.events import ReceiverNoticed
from emulator.faces.face import LineErrors
from emulator.faces.line import Line
from emulator.faces.pty import PtyFace
from emulator.surroundings.clock import ScaledClock
from firmware_model.outside import UartSettings
from tests.doubles import RecordingTimeline
from tests.faces.stepped_clock import SteppedClock, give_way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from firmware_model.outside import Clock

PATIENCE = 60.0
MEGABYTES = 10
PIECE = bytes(range(256)) * 16
OCTETS = MEGABYTES * 1_000_000 // len(PIECE) * len(PIECE)
WANTED = sha256(PIECE * (OCTETS // len(PIECE))).hexdigest()


@asynccontextmanager
async def port(
    clock: Clock | None, speed: int = 921600, *, flow_control: bool = False
) -> AsyncIterator[tuple[Line, PtyFace]]:
    line = Line(RecordingTimeline(), clock)
    face = PtyFace(line, None)
    line.set_up(UartSettings(speed, flow_control))
    try:
        yield line, face
    finally:
        await line.close()
        face.close()


@contextmanager
def opened(face: PtyFace, *, flow_control: bool = False) -> Iterator[int]:
    """The port as a host has it, at the module's own speed."""
    descriptor = os.open(face.port, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(descriptor)
        attributes = termios.tcgetattr(descriptor)
        attributes[4:6] = [termios.B921600] * 2
        if flow_control:
            attributes[2] |= termios.CRTSCTS
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
        yield descriptor
    finally:
        os.close(descriptor)


def read(descriptor: int, count: int) -> str:
    """Read so many octets; their digest."""
    digest = sha256()
    while count:
        octets = os.read(descriptor, min(count, 65536))
        digest.update(octets)
        count -= len(octets)
    return digest.hexdigest()


def write(descriptor: int, count: int) -> None:
    while count:
        count -= os.write(descriptor, PIECE[: min(count, len(PIECE))])


async def say(line: Line, count: int) -> None:
    for _ in range(count // len(PIECE)):
        line.write(PIECE)
        await line.drain()


async def hear(line: Line, count: int) -> str:
    digest = sha256()
    while count > 0:
        octets = await line.read()
        digest.update(octets)
        count -= len(octets)
    return digest.hexdigest()


@pytest.mark.parametrize("kind", ["fast", "paced, with flow control"])
async def test_ten_megabytes_each_way_arrive_as_they_were_sent(kind: str) -> None:
    fast = kind == "fast"
    async with port(None if fast else ScaledClock(1000), flow_control=not fast) as (line, face):
        with opened(face, flow_control=not fast) as host:
            await asyncio.wait_for(line.host_seen.wait(), PATIENCE)
            results = asyncio.gather(
                asyncio.to_thread(read, host, OCTETS),
                asyncio.to_thread(write, host, OCTETS),
                hear(line, OCTETS),
                say(line, OCTETS),
            )
            read_there, _, heard_here, _ = await asyncio.wait_for(results, PATIENCE)
    assert (read_there, heard_here) == (WANTED, WANTED)


async def test_a_host_that_does_not_read_for_five_seconds_loses_nothing_with_flow_control() -> None:
    clock = SteppedClock()
    async with port(clock, flow_control=True) as (line, face):
        with opened(face, flow_control=True) as host:
            await asyncio.wait_for(line.host_seen.wait(), PATIENCE)
            saying = asyncio.create_task(say(line, 500_000))
            await clock.advance(5)
            assert not saying.done()
            reading = asyncio.create_task(asyncio.to_thread(read, host, 500_000 // len(PIECE) * len(PIECE)))
            async with asyncio.timeout(PATIENCE):
                while not reading.done():
                    await clock.advance(0.01)
            assert reading.result() == sha256(PIECE * (500_000 // len(PIECE))).hexdigest()
            await saying


async def test_a_host_that_does_not_read_for_five_seconds_loses_octets_without_flow_control() -> None:
    clock, timeline = SteppedClock(), RecordingTimeline()
    line = Line(timeline, clock)
    face = PtyFace(line, None)
    try:
        line.set_up(UartSettings(921600, flow_control=False))
        with opened(face) as host:
            await asyncio.wait_for(line.host_seen.wait(), PATIENCE)
            saying = asyncio.create_task(say(line, 400_000))
            await clock.advance(5)
            await give_way()
            assert saying.done()
            assert timeline.of(ReceiverNoticed) == [ReceiverNoticed(LineErrors.OVERRUN)]
            kept = face.backlog
            octets = bytearray()
            os.set_blocking(host, False)
            while face.backlog:
                with suppress(BlockingIOError):
                    octets += os.read(host, 65536)
                await give_way()
            # Behind what was kept comes what is sent now that the host reads again.
            line.write(b"and on")
            await clock.advance(1)
            while not octets.endswith(b"and on"):
                with suppress(BlockingIOError):
                    octets += os.read(host, 65536)
                await give_way()
            del octets[-6:]
            assert kept == 4096
            assert bytes(octets) == (PIECE * 100)[: len(octets)]
            assert kept < len(octets) < 60_000
    finally:
        await line.close()
        face.close()
