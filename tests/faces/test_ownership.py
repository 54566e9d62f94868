"""One module, several ways to reach it, one host at a time."""

from __future__ import annotations

import asyncio

import pytest

from emulator.capture.timeline import HostPresent
from emulator.faces.face import FlowControl, LineSettings
from emulator.faces.line import Line
from emulator.faces.memory import MemoryFace
from firmware_model.outside import UartSettings
from tests.doubles import RecordingTimeline


class Bench:
    """A line and the face whose host has come."""

    def __init__(self) -> None:
        self.timeline = RecordingTimeline()
        self.line = Line(self.timeline)
        self.first = MemoryFace(self.line)
        self.first.name = "first"


async def test_the_second_host_is_told_who_has_the_module() -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="in use by another host, at first"):
        MemoryFace(bench.line)
    assert bench.line.belongs_to(bench.first)


async def test_whoever_waits_is_called_when_the_line_becomes_free() -> None:
    bench, called = Bench(), list[str]()
    bench.line.on_release(lambda: called.append("waiting"))
    bench.line.release(bench.first)
    assert called == ["waiting"]
    assert MemoryFace(bench.line).lines is not None
    assert [event.present for event in bench.timeline.of(HostPresent)] == [True, False, True]


async def test_a_face_that_never_had_the_line_takes_nothing_by_releasing_it() -> None:
    bench, stranger = Bench(), MemoryFace(Line(RecordingTimeline()))
    bench.line.release(stranger)
    assert bench.line.belongs_to(bench.first)


async def test_the_owner_may_claim_again() -> None:
    bench = Bench()
    assert bench.line.claim(bench.first) is None
    assert len(bench.timeline.of(HostPresent)) == 1


async def test_a_face_that_stands_in_has_the_line_while_nobody_claims_it() -> None:
    line = Line(RecordingTimeline())
    standing = MemoryFace(line)
    line.release(standing)
    line.stand_in(standing)
    assert line.belongs_to(standing)
    guest = MemoryFace(line)
    assert line.belongs_to(guest)
    line.release(guest)
    assert line.belongs_to(standing)


async def test_what_the_module_says_goes_to_the_owner_alone() -> None:
    bench = Bench()
    bench.line.write(b"one")
    bench.line.release(bench.first)
    bench.line.write(b"lost")
    second = MemoryFace(bench.line)
    bench.line.write(b"two")
    assert (bench.first.take(), second.take()) == (b"one", b"two")


async def test_a_face_that_comes_sees_how_the_module_is_set_up_and_whether_it_is_on() -> None:
    bench = Bench()
    assert (bench.first.module_end.baud_rate, bench.first.lines.dsr) == (115200, False)
    bench.line.set_up(UartSettings(9600, flow_control=True))
    assert bench.first.module_end == LineSettings(9600, flow_control=FlowControl.HARDWARE)
    assert bench.first.lines.dsr
    bench.line.shut_down()
    assert not bench.first.lines.cd


async def test_octets_wait_for_the_module_across_a_change_of_hosts() -> None:
    bench = Bench()
    bench.first.write(b"AT\r")
    bench.line.release(bench.first)
    async with asyncio.timeout(10):
        assert await bench.line.read() == b"AT\r"
