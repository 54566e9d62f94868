"""The pins, from both sides: commands configure, read and write them; the world around drives and watches them.

What the world drives stays there through a reset, as a pulled-up pin stays pulled up. What the module makes of its
pins is lost: after a reset every pin is an input.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from firmware_model.events import DacChanged, Note, PinBlinks, PinChanged, PwmChanged
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication
from firmware_model.tables.pins import FULL_SCALE, HIGHEST_FREQUENCY, PWM_PINS, RESERVED, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.board import Indicate
    from firmware_model.outside import Clock, Timeline
    from firmware_model.storage.configuration import Configuration
    from firmware_model.tables.pins import Reserved

PinEvent = PinChanged | PinBlinks | DacChanged | PwmChanged


class Edge(Enum):
    """Which change of an input raises WIND 52, spelled as in GPIOC."""

    NONE = "0"
    RISING = "r"
    FALLING = "f"
    BOTH = "b"

    def is_met_by(self, level: int) -> bool:
        """Whether a change to ``level`` is one of these."""
        return self is Edge.BOTH or self is (Edge.RISING if level else Edge.FALLING)


class Reading(NamedTuple):
    """What GPIOR shows: the level on the pin, and whether the module drives it."""

    level: int
    is_output: bool


class PinState(NamedTuple):
    """One pin from outside."""

    number: int
    level: int
    is_output: bool
    """Whether the module drives it."""
    driven: int | None
    """What somebody outside puts on it; None while nobody does."""
    hertz: float
    """How often the module lets it go high and low in a second; 0 for not at all."""


class Pwm(NamedTuple):
    """A running PWM: hertz, and percent of each period that the pin is high."""

    frequency: int
    duty: int


class _Blinking(NamedTuple):
    """A pin whose level the module changes all the time; it began with a high one."""

    hertz: float
    since: float


class _Pin:
    """One pin: what the module made of it, and what somebody outside puts on it (None: nobody does)."""

    __slots__ = ("configured", "driven", "edge", "is_output", "latch")

    def __init__(self) -> None:
        self.driven: int | None = None
        self.release()
        self.latch = 0

    @property
    def level(self) -> int:
        """The level on the pin; one that nobody drives is low (assumed)."""
        return self.latch if self.is_output else self.driven or 0

    def release(self) -> None:
        """Make it an input that nobody asked for."""
        self.configured = self.is_output = False
        self.edge = Edge.NONE


class Pins:
    """All pins of one module, ADC, DAC and PWMs included; ``count`` of them, at most 32, numbered from 0."""

    def __init__(
        self,
        count: int,
        configuration: Configuration,
        timeline: Timeline,
        clock: Clock,
        indicate: Indicate,
        *,
        spi_console: bool = False,
    ) -> None:
        """``spi_console`` says that the module is strapped to SPI, which takes a pin away."""
        self._pins = [_Pin() for _ in range(count)]
        self._clock = clock
        self._blinking: dict[int, _Blinking] = {}
        self._configuration = configuration
        self._taken = {Role.SPI_CONSOLE} if spi_console else set()
        self._timeline = timeline
        self._indicate = indicate
        self._millivolts: int | None = 0
        self._pwms: dict[int, Pwm] = {}
        self._readers: list[Callable[[PinEvent], None]] = []
        self._rises: list[tuple[int, asyncio.Future[None]]] = []
        self.dac = 0
        """Millivolts that the module puts on its DAC pin; 0 while the converter is off."""

    def fit(self, count: int) -> None:
        """Have ``count`` pins from here on: as many as the firmware knows of."""
        self._pins = self._pins[:count] + [_Pin() for _ in range(count - len(self._pins))]

    # From outside

    def drive(self, pin: int, level: int | None) -> None:
        """Put 0 or 1 on a pin from outside, or let go of it with None. Raises ValueError for other pins or levels.

        A pin that is an output keeps the module's level; the outside one shows once it is an input again.
        """
        if level not in (0, 1, None):
            raise ValueError(f"a pin can be driven to 0, 1 or None, not {level}")
        known = self._known(pin)
        before = known.level
        known.driven = level
        self._settle(pin, before, by_module=False)

    def level(self, pin: int) -> int:
        """The level on a pin, 0 or 1, whoever drives it. Raises ValueError for a pin that the module has not."""
        known = self._known(pin)
        blinking = self._blinking.get(pin)
        if blinking is None:
            return known.level
        half_periods = int((self._clock.monotonic() - blinking.since) * blinking.hertz * 2)
        return 1 - half_periods % 2

    @property
    def states(self) -> tuple[PinState, ...]:
        """All pins, by number."""
        return tuple(
            PinState(
                number, self.level(number), pin.is_output or number in self._blinking, pin.driven, self._hertz(number)
            )
            for number, pin in enumerate(self._pins)
        )

    @property
    def millivolts(self) -> int | None:
        """The voltage on the ADC's pin; None while its conversion fails."""
        return self._millivolts

    def set_millivolts(self, millivolts: int | None) -> None:
        """Put a voltage on the ADC's pin; with None the conversion fails. Raises ValueError below 0."""
        if millivolts is not None and millivolts < 0:
            raise ValueError(f"{millivolts} mV is below ground; use 0 or more")
        self._millivolts = millivolts

    def pwm(self, pwm: int) -> Pwm | None:
        """What a PWM does, by its id; None while it does not run."""
        return self._pwms.get(pwm)

    def subscribe(self, reader: Callable[[PinEvent], None]) -> Callable[[], None]:
        """Call ``reader`` when a pin changes or blinks otherwise, or the DAC or a PWM changes; the result ends that."""
        self._readers.append(reader)
        return lambda: self._readers.remove(reader)

    # From the module

    @property
    def enabled(self) -> int:
        """The pins that GPIOC has configured, one bit each: status variable ``gpio_enable``."""
        return sum(1 << number for number, pin in enumerate(self._pins) if pin.configured)

    def reset(self) -> None:
        """Forget what the module made of its pins."""
        self.set_dac(0)
        for blinking in tuple(self._blinking):
            self.blink(blinking, 0)
        for pwm in tuple(self._pwms):
            self.stop_pwm(pwm)
        for number, pin in enumerate(self._pins):
            before = pin.level
            pin.release()
            pin.latch = 0
            self._settle(number, before, by_module=True)

    def configure(self, pin: int, *, is_output: bool, edge: Edge = Edge.NONE) -> None:
        """Make a GPIO of a pin; whatever else it did ends. Raises AtError 20..24."""
        known = self._addressed(pin)
        for row in RESERVED:
            if row.pin == pin and (pin in self._taken or not row.variable or self._has_value(row)):
                raise AtError(row.error)
        self._end_other_use(pin)
        before = known.level
        known.configured, known.is_output = True, is_output
        known.edge = Edge.NONE if is_output else edge
        self._settle(pin, before, by_module=True)

    def read(self, pin: int) -> Reading:
        """Read a pin; any of them, configured or not (assumed). Raises AtError 20."""
        known = self._addressed(pin)
        return Reading(self.level(pin), known.is_output or pin in self._blinking)

    def write(self, pin: int, level: int) -> None:
        """Set what a pin puts out; on an input it waits until that becomes an output (assumed). Raises AtError 20."""
        known = self._addressed(pin)
        before = known.level
        known.latch = level
        self._settle(pin, before, by_module=True)
        if not known.is_output:
            self._timeline.record(Note(f"GPIO{pin} is an input: its new level shows once GPIOC makes it an output"))

    def blink(self, pin: int, hertz: float) -> None:
        """Let a pin go high and low by itself, so many times a second; 0 ends that. No edge is an event of its own."""
        before = self._blinking.get(pin)
        if hertz == (before.hertz if before else 0):
            return
        if hertz:
            self._blinking[pin] = _Blinking(hertz, self._clock.monotonic())
        else:
            del self._blinking[pin]
        self._tell(PinBlinks(pin, hertz))

    def convert(self) -> int:
        """Measure the ADC's pin in millivolts. Raises AtError 47, also while that pin is an output (assumed)."""
        if self._millivolts is None or self._known(Role.ADC_INPUT).is_output:
            raise AtError(Error.ADC_CONVERSION_FAILED)
        return min(self._millivolts, FULL_SCALE)

    def set_dac(self, millivolts: int) -> None:
        """Put a voltage on the DAC's pin, or switch the converter off with 0. Raises AtError 25."""
        if millivolts > FULL_SCALE:
            raise AtError(Error.VOLTAGE_NOT_ALLOWED)
        if millivolts:
            self._take(Role.DAC_OUTPUT)
        if millivolts != self.dac:
            self.dac = millivolts
            self._tell(DacChanged(millivolts))

    def start_pwm(self, pwm: int, frequency: int, duty: int) -> None:
        """Let a PWM run, or change it. Raises AtError 26 or 27."""
        if not 1 <= frequency <= HIGHEST_FREQUENCY:
            raise AtError(Error.FREQUENCY_NOT_SUPPORTED)
        if not 0 <= duty <= 100:
            raise AtError(Error.DUTY_CYCLE_NOT_SUPPORTED)
        self._take(PWM_PINS[pwm])
        self._pwms[pwm] = Pwm(frequency, duty)
        self._tell(PwmChanged(pwm, frequency, duty))

    def stop_pwm(self, pwm: int) -> None:
        """Stop a PWM. Raises AtError 28 when it does not run."""
        if self._pwms.pop(pwm, None) is None:
            raise AtError(Error.PWM_NOT_RUNNING)
        self._tell(PwmChanged(pwm, 0, 0))

    async def rise(self, pin: int) -> None:
        """Wait until the level on a pin goes from 0 to 1."""
        waiting = asyncio.get_running_loop().create_future()
        entry = (pin, waiting)
        self._rises.append(entry)
        try:
            await waiting
        finally:
            self._rises.remove(entry)

    def _hertz(self, pin: int) -> float:
        blinking = self._blinking.get(pin)
        return 0.0 if blinking is None else blinking.hertz

    def _has_value(self, row: Reserved) -> bool:
        return self._configuration.integer(row.variable) == row.value

    def _known(self, pin: int) -> _Pin:
        if not 0 <= pin < len(self._pins):
            raise ValueError(f"there is no GPIO{pin}; the module has GPIO0..GPIO{len(self._pins) - 1}")
        return self._pins[pin]

    def _addressed(self, pin: int) -> _Pin:
        if not 0 <= pin < len(self._pins):
            raise AtError(Error.GPIO_NUMBER_INVALID)
        return self._pins[pin]

    def _take(self, pin: int) -> None:
        """Give a pin to DAC or PWM: it is no GPIO any longer (assumed)."""
        known = self._known(pin)
        before = known.level
        known.release()
        self._settle(pin, before, by_module=True)

    def _end_other_use(self, pin: int) -> None:
        if pin == Role.DAC_OUTPUT:
            self.set_dac(0)
        for pwm, output in enumerate(PWM_PINS):
            if pin == output and pwm in self._pwms:
                self.stop_pwm(pwm)

    def _settle(self, number: int, before: int, *, by_module: bool) -> None:
        """Tell everybody when the level on a pin is another one than ``before``."""
        pin = self._pins[number]
        level = pin.level
        if level == before:
            return
        self._tell(PinChanged(number, level, "module" if by_module else "outside"))
        if by_module:
            return
        if pin.configured and pin.edge.is_met_by(level):
            self._indicate(Indication.GPIO_INTERRUPT, str(number))
        for awaited, waiting in self._rises:
            if awaited == number and level and not waiting.done():
                waiting.set_result(None)

    def _tell(self, event: PinEvent) -> None:
        self._timeline.record(event)
        for reader in tuple(self._readers):
            reader(event)
