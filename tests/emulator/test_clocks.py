"""The three ways for the module's time to pass."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.surroundings.clock import InstantClock, RealClock, ScaledClock, clock_of
from firmware_model.events import Indicated

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry

LONG = 50.0


async def give_way(passes: int = 2000) -> None:
    """Let the event loop turn so often that every leap that may happen has happened."""
    for _ in range(passes):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("mode", "kind"), [("real", RealClock), ("instant", InstantClock), ("10", ScaledClock), ("0.5", ScaledClock)]
)
def test_every_mode_has_its_clock(mode: str, kind: type) -> None:
    assert isinstance(clock_of(mode), kind)


@pytest.mark.parametrize("mode", ["", "fast", "0", "-1", "nan", "inf", "1e9"])
def test_a_mode_that_is_none(mode: str) -> None:
    with pytest.raises(ValueError, match="take real, instant, or a factor"):
        clock_of(mode)


async def test_a_scaled_clock_scales_waits_limits_and_readings() -> None:
    clock, began = ScaledClock(1000), time.monotonic()
    before = clock.monotonic()
    await clock.sleep(10)
    assert clock.monotonic() - before >= 10
    with pytest.raises(TimeoutError):
        async with clock.timeout(10):
            await asyncio.get_running_loop().create_future()
    assert time.monotonic() - began < 5


async def test_an_instant_clock_leaps_and_says_how_late_it_is() -> None:
    clock, began = InstantClock(), time.monotonic()
    before = clock.monotonic()
    await clock.sleep(LONG)
    assert LONG <= clock.monotonic() - before < LONG + 5
    assert time.monotonic() - began < 5


async def test_sleepers_wake_by_deadline_then_by_arrival() -> None:
    clock, woken = InstantClock(), list[str]()

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
        woken.append(name)

    await asyncio.gather(
        sleeper("third", 0.3), sleeper("first", 0.1), sleeper("in steps", 0.1, 0.1), sleeper("second", 0.2)
    )
    assert woken == ["first", "second", "in steps", "third"]


async def test_whoever_still_has_something_to_do_is_not_overtaken() -> None:
    clock, order = InstantClock(), list[str]()

    async def busy() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await clock.sleep(1)
        order.append("busy")

    async def asleep() -> None:
        await clock.sleep(2)
        order.append("asleep")

    await asyncio.gather(asleep(), busy())
    assert order == ["busy", "asleep"]


async def test_while_others_are_waited_for_time_does_not_leap() -> None:
    clock = InstantClock()
    sleeping = asyncio.create_task(clock.sleep(LONG))
    before = clock.monotonic()
    async with clock.timeout(LONG):
        await give_way()
        assert not sleeping.done()
        assert clock.monotonic() - before < LONG
    await sleeping


async def test_an_hour_is_not_leapt_over() -> None:
    clock = InstantClock()
    asleep = asyncio.create_task(clock.sleep(3600))
    await clock.sleep(LONG)
    clock.stimulate()
    await give_way()
    assert not asleep.done()
    asleep.cancel()


async def test_a_limit_is_real_time() -> None:
    clock, began = InstantClock(), time.monotonic()
    with pytest.raises(TimeoutError):
        async with clock.timeout(0.05):
            await asyncio.get_running_loop().create_future()
    assert time.monotonic() - began >= 0.05


async def test_a_sleep_inside_a_limit_takes_real_time() -> None:
    clock, began = InstantClock(), time.monotonic()
    async with clock.timeout(LONG):
        await clock.sleep(0.05)
    assert time.monotonic() - began >= 0.045


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = InstantClock()
    cancelled = asyncio.create_task(clock.sleep(1))
    before = clock.monotonic()
    await asyncio.sleep(0)
    cancelled.cancel()
    await clock.sleep(2)
    assert cancelled.cancelled()
    assert 2 <= clock.monotonic() - before < 3


async def test_who_is_ten_seconds_ahead_walks_until_the_host_does_something() -> None:
    clock, rounds = InstantClock(), 0

    async def scan_for_ever() -> None:
        nonlocal rounds
        while True:
            await clock.sleep(LONG if rounds == 4 else 3)
            rounds += 1

    scanning = asyncio.create_task(scan_for_ever())
    await give_way()
    assert rounds == 4
    clock.stimulate()
    await give_way()
    assert rounds == 5
    scanning.cancel()


async def test_a_booting_emulator_does_not_flood_its_host() -> None:
    scans = 0
    emulator = Emulator(Settings(time="instant", power_on="start"))

    def count_scans(entry: Entry) -> None:
        nonlocal scans
        scans += isinstance(entry.event, Indicated) and entry.event.number == 21

    emulator.timeline.subscribe(count_scans)
    began = time.monotonic()
    async with emulator:
        while not scans:
            await give_way()
        await give_way(5000)
    assert 1 <= scans <= 3
    assert time.monotonic() - began < 5


async def test_an_instant_clock_stands_still_while_this_machine_computes() -> None:
    clock, woken = InstantClock(), list[str]()

    async def sleeper() -> None:
        await clock.sleep(0.001)
        woken.append("sleeper")

    with clock.busy():
        sleeping = asyncio.create_task(sleeper())
        await asyncio.to_thread(lambda: None)
        await give_way()
        assert not woken
    await sleeping
    assert clock.slept() == 0.001
    for other in (RealClock(), ScaledClock(10)):
        with other.busy():
            await other.sleep(0)
