from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import DacChanged, Note, PinChanged, PwmChanged
from firmware_model.pins import Edge, PinEvent, Pins, Pwm, Reading
from firmware_model.storage.configuration import Configuration
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication
from tests.doubles import RecordingTimeline, SteppedClock

if TYPE_CHECKING:
    from collections.abc import Callable


class Bench:
    """Pins with everything they depend on, and a probe on each of their voices."""

    def __init__(self, count: int = 21) -> None:
        self.timeline = RecordingTimeline()
        self.configuration = Configuration(MemoryFlash(), self.timeline)
        self.indications: list[tuple[Indication, tuple[str, ...]]] = []
        self.clock = SteppedClock()
        self.pins = Pins(count, self.configuration, self.timeline, self.clock, self._indicate)
        self.seen: list[PinEvent] = []
        self.unsubscribe = self.pins.subscribe(self.seen.append)

    def _indicate(self, indication: Indication, *fields: str) -> None:
        self.indications.append((indication, fields))

    def fails_with(self, error: Error, action: Callable[[], object]) -> None:
        with pytest.raises(AtError) as failure:
            action()
        assert failure.value.error is error


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_output_shows_what_is_written_and_says_so_once(bench: Bench) -> None:
    bench.pins.configure(5, is_output=True)
    bench.pins.write(5, 1)
    bench.pins.write(5, 1)
    assert (bench.pins.level(5), bench.pins.read(5)) == (1, Reading(1, is_output=True))
    assert bench.seen == bench.timeline.of(PinChanged) == [PinChanged(5, 1, "module")]


def test_a_reader_that_left_hears_nothing(bench: Bench) -> None:
    bench.unsubscribe()
    bench.pins.drive(5, 1)
    assert bench.seen == []


def test_an_input_shows_what_the_world_drives(bench: Bench) -> None:
    assert bench.pins.read(5) == Reading(0, is_output=False)
    bench.pins.drive(5, 1)
    assert bench.pins.read(5) == Reading(1, is_output=False)
    bench.pins.drive(5, None)
    assert bench.pins.level(5) == 0
    assert bench.seen == [PinChanged(5, 1, "outside"), PinChanged(5, 0, "outside")]


def test_what_is_written_to_an_input_waits_until_it_is_an_output(bench: Bench) -> None:
    bench.pins.write(5, 1)
    assert (bench.pins.level(5), bench.seen, len(bench.timeline.of(Note))) == (0, [], 1)
    bench.pins.configure(5, is_output=True)
    assert bench.seen == [PinChanged(5, 1, "module")]


def test_the_world_cannot_move_an_output_but_comes_back_with_the_input(bench: Bench) -> None:
    bench.pins.configure(5, is_output=True)
    bench.pins.drive(5, 1)
    assert bench.pins.level(5) == 0
    bench.pins.configure(5, is_output=False)
    assert bench.pins.level(5) == 1


@pytest.mark.parametrize(
    ("edge", "raised"),
    [(Edge.NONE, 0), (Edge.RISING, 1), (Edge.FALLING, 1), (Edge.BOTH, 2)],
)
def test_an_edge_raises_an_indication_with_the_pin(bench: Bench, edge: Edge, raised: int) -> None:
    bench.pins.configure(11, is_output=False, edge=edge)
    for level in (1, 1, 0, 0):
        bench.pins.drive(11, level)
    assert bench.indications == raised * [(Indication.GPIO_INTERRUPT, ("11",))]


def test_the_right_edge_raises_it(bench: Bench) -> None:
    bench.pins.configure(11, is_output=False, edge=Edge.FALLING)
    bench.pins.drive(11, 1)
    assert not bench.indications
    bench.pins.drive(11, 0)
    assert len(bench.indications) == 1


def test_an_output_raises_none_whoever_moves_it(bench: Bench) -> None:
    bench.pins.configure(11, is_output=True, edge=Edge.BOTH)
    bench.pins.write(11, 1)
    bench.pins.drive(11, 0)
    bench.pins.configure(11, is_output=False)
    bench.pins.drive(11, 1)
    assert not bench.indications


@pytest.mark.parametrize(
    ("pin", "variable", "value", "error"),
    [
        (3, "console_enabled", "0", Error.GPIO3_RESERVED),
        (6, "sleep_enabled", "1", Error.GPIO6_RESERVED),
        (10, "blink_led", "1", Error.GPIO10_RESERVED),
    ],
)
def test_a_setting_reserves_a_pin(bench: Bench, pin: int, variable: str, value: str, error: Error) -> None:
    bench.configuration.set(variable, "1" if value == "0" else "0")
    bench.pins.configure(pin, is_output=True)
    bench.configuration.set(variable, value)
    bench.fails_with(error, lambda: bench.pins.configure(pin, is_output=False))
    assert bench.pins.read(pin).is_output


def test_the_wps_pin_is_always_reserved(bench: Bench) -> None:
    bench.fails_with(Error.GPIO7_RESERVED, lambda: bench.pins.configure(7, is_output=True))


@pytest.mark.parametrize("count", [19, 21])
def test_pins_beyond_the_last_give_error_20(count: int) -> None:
    bench = Bench(count)
    bench.pins.configure(count - 1, is_output=True)
    bench.fails_with(Error.GPIO_NUMBER_INVALID, lambda: bench.pins.configure(count, is_output=True))
    bench.fails_with(Error.GPIO_NUMBER_INVALID, lambda: bench.pins.read(count))
    bench.fails_with(Error.GPIO_NUMBER_INVALID, lambda: bench.pins.write(count, 1))
    for action in (lambda: bench.pins.drive(count, 1), lambda: bench.pins.level(-1), lambda: bench.pins.drive(0, 2)):
        with pytest.raises(ValueError, match=r"GPIO|driven"):
            action()


def test_configured_pins_are_bits_of_gpio_enable(bench: Bench) -> None:
    bench.pins.configure(20, is_output=False)
    bench.pins.configure(0, is_output=True)
    assert bench.pins.enabled == 1 << 20 | 1


def test_the_adc_measures_up_to_full_scale_and_can_fail(bench: Bench) -> None:
    assert bench.pins.convert() == 0
    bench.pins.set_millivolts(1234)
    assert bench.pins.convert() == 1234
    bench.pins.set_millivolts(5000)
    assert bench.pins.convert() == 3300
    bench.pins.set_millivolts(None)
    bench.fails_with(Error.ADC_CONVERSION_FAILED, bench.pins.convert)
    bench.pins.set_millivolts(1)
    bench.pins.configure(1, is_output=True)
    bench.fails_with(Error.ADC_CONVERSION_FAILED, bench.pins.convert)
    with pytest.raises(ValueError, match="below ground"):
        bench.pins.set_millivolts(-1)


def test_the_dac_takes_its_pin_and_gives_it_back(bench: Bench) -> None:
    bench.pins.configure(15, is_output=True)
    bench.pins.set_dac(1000)
    assert (bench.pins.dac, bench.pins.enabled) == (1000, 0)
    bench.fails_with(Error.VOLTAGE_NOT_ALLOWED, lambda: bench.pins.set_dac(3301))
    bench.pins.configure(15, is_output=False)
    assert bench.pins.dac == 0
    assert bench.seen == [DacChanged(1000), DacChanged(0)]


@pytest.mark.parametrize(("pwm", "pin"), [(0, 2), (1, 4)])
def test_each_pwm_has_its_pin(bench: Bench, pwm: int, pin: int) -> None:
    bench.fails_with(Error.PWM_NOT_RUNNING, lambda: bench.pins.stop_pwm(pwm))
    bench.pins.start_pwm(pwm, 1000, 25)
    assert (bench.pins.pwm(pwm), bench.pins.pwm(1 - pwm)) == (Pwm(1000, 25), None)
    bench.pins.configure(pin, is_output=False)
    assert bench.pins.pwm(pwm) is None
    assert bench.seen == [PwmChanged(pwm, 1000, 25), PwmChanged(pwm, 0, 0)]


def test_a_pwm_beyond_its_range_keeps_what_runs(bench: Bench) -> None:
    bench.pins.start_pwm(0, 10_000, 100)
    bench.fails_with(Error.FREQUENCY_NOT_SUPPORTED, lambda: bench.pins.start_pwm(0, 10_001, 50))
    bench.fails_with(Error.FREQUENCY_NOT_SUPPORTED, lambda: bench.pins.start_pwm(0, 0, 50))
    bench.fails_with(Error.DUTY_CYCLE_NOT_SUPPORTED, lambda: bench.pins.start_pwm(0, 1, 101))
    assert bench.pins.pwm(0) == Pwm(10_000, 100)


def test_a_reset_forgets_the_modules_side_and_keeps_the_worlds(bench: Bench) -> None:
    bench.pins.configure(5, is_output=True)
    bench.pins.write(5, 1)
    bench.pins.drive(8, 1)
    bench.pins.set_dac(100)
    bench.pins.start_pwm(1, 1, 50)
    bench.seen.clear()
    bench.pins.reset()
    assert bench.seen == [DacChanged(0), PwmChanged(1, 0, 0), PinChanged(5, 0, "module")]
    assert (bench.pins.level(8), bench.pins.enabled) == (1, 0)
    bench.pins.configure(5, is_output=True)
    assert bench.pins.level(5) == 0


async def test_waiting_for_a_rise_ends_with_the_edge_and_not_before(bench: Bench) -> None:
    bench.pins.drive(6, 1)
    rise = asyncio.create_task(bench.pins.rise(6))
    await asyncio.sleep(0)
    bench.pins.drive(5, 1)
    bench.pins.drive(6, 0)
    await asyncio.sleep(0)
    assert not rise.done()
    bench.pins.drive(6, 1)
    await rise


def test_events_read_like_sentences() -> None:
    events = (
        PinChanged(5, 1, "outside"),
        PinChanged(5, 0, "module"),
        DacChanged(5),
        DacChanged(0),
        PwmChanged(0, 9, 50),
        PwmChanged(0, 0, 0),
    )
    assert list(map(str, events)) == [
        "GPIO5 goes high (driven from outside)",
        "GPIO5 goes low (set by the module)",
        "DAC puts out 5 mV",
        "DAC is off",
        "PWM 0 runs at 9 Hz, 50 %",
        "PWM 0 stops",
    ]
