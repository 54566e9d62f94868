"""The LED on GPIO10: what it shows, and when it is dark."""

from __future__ import annotations

import pytest

from firmware_model.events import Note, PinBlinks
from firmware_model.led import SEARCHING, UP, Led
from firmware_model.pins import Pins, Reading
from firmware_model.radio.state import WifiState
from firmware_model.storage.configuration import Configuration
from tests.doubles import FallibleFlash, RecordingTimeline, SteppedClock
from tests.module.station_host import joined_station, switch_radio_on_anew
from tests.module_host import ModuleHost, running_module

LED = 10


class Bench:
    """An LED with what it hangs on."""

    def __init__(self) -> None:
        self.timeline, self.clock = RecordingTimeline(), SteppedClock()
        self.configuration = Configuration(FallibleFlash(), self.timeline)
        self.pins = Pins(21, self.configuration, self.timeline, self.clock, lambda _indication, *_fields: None)
        self.led = Led(self.configuration, self.pins)

    def levels(self, *times: float) -> list[int]:
        """The level at these moments."""
        seen = []
        for time in times:
            self.clock.now = time
            seen.append(self.pins.level(LED))
        return seen


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_blinks_fast_without_a_network_and_slowly_with_one(bench: Bench) -> None:
    bench.led.show(WifiState.SCANNING)
    assert bench.levels(0, 0.05, 0.11, 0.19, 0.21) == [1, 1, 0, 0, 1]
    bench.clock.now = 100
    bench.led.show(WifiState.READY_TO_TRANSMIT)
    assert bench.levels(100, 100.4, 100.6, 101.1) == [1, 1, 0, 1]
    assert bench.timeline.of(PinBlinks) == [PinBlinks(LED, SEARCHING), PinBlinks(LED, UP)]


@pytest.mark.parametrize("state", list(WifiState))
def test_it_is_dark_exactly_while_the_radio_is_off(bench: Bench, state: WifiState) -> None:
    bench.led.show(state)
    assert bool(bench.timeline.of(PinBlinks)) == (state >= WifiState.IDLE)


def test_a_state_that_looks_the_same_is_no_event(bench: Bench) -> None:
    for state in (WifiState.IDLE, WifiState.SCANNING, WifiState.JOINING):
        bench.led.show(state)
    assert len(bench.timeline.of(PinBlinks)) == 1


def test_a_sleeping_module_is_dark(bench: Bench) -> None:
    bench.led.show(WifiState.IDLE)
    with bench.led.dark():
        assert bench.levels(0, 0.15) == [0, 0]
    assert bench.timeline.of(PinBlinks) == [PinBlinks(LED, SEARCHING), PinBlinks(LED, 0), PinBlinks(LED, SEARCHING)]


def test_without_blink_led_it_is_dark_at_once_and_gpio10_is_a_pin_like_others(bench: Bench) -> None:
    bench.led.show(WifiState.IDLE)
    assert bench.pins.read(LED) == Reading(1, is_output=True)
    bench.configuration.set("blink_led", "0")
    assert bench.pins.read(LED) == Reading(0, is_output=False)
    bench.pins.configure(LED, is_output=False)
    bench.pins.drive(LED, 1)
    assert bench.pins.level(LED) == 1
    bench.configuration.set("blink_led", "1")
    assert bench.levels(0, 0.15) == [1, 0]


def blinks(host: ModuleHost) -> list[float]:
    return [event.hertz for event in host.events(PinBlinks) if isinstance(event, PinBlinks)]


async def test_a_module_that_joins_a_network_blinks_slower() -> None:
    async with joined_station() as host:
        assert blinks(host)[-1] == UP
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        assert blinks(host)[-1] == 0
        await host.command("AT+S.WIFI=1")
        await host.boot()
        assert blinks(host)[-1] == SEARCHING
        await switch_radio_on_anew(host)


async def test_deep_sleep_and_reset_put_it_out() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.PMS=2")
        host.face.write(b"AT\r")
        while not any("is lost" in str(note) for note in host.events(Note)):
            await host.module.outside.clock.sleep(0.001)
        assert blinks(host) == [SEARCHING, 0]
        host.module.pins.drive(6, 1)
        await host.until(b"Resuming from DeepSleep\r\n")
        assert blinks(host)[-1] == SEARCHING
        host.module.reset()
        await host.boot()
        assert blinks(host)[-2:] == [0, SEARCHING]
