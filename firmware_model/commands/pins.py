"""Pins: GPIO, ADC, DAC, PWM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import Integer, Keyword, Switch
from firmware_model.pins import Edge
from firmware_model.tables import replies
from firmware_model.tables.errors import Error
from firmware_model.tables.pins import FULL_SCALE, HIGHEST_FREQUENCY, PWM_PINS
from firmware_model.tables.sources import driver, manual

if TYPE_CHECKING:
    from firmware_model.module import Module

_Pin = Annotated[int, Integer(0, 0xFF, above=Error.GPIO_NUMBER_INVALID)]
_Direction = Annotated[str, Keyword(("in", "out"), Error.DIRECTION_INVALID)]
_Interrupt = Annotated[str, Keyword(tuple(edge.value for edge in Edge))]
_Millivolts = Annotated[int, Integer(0, FULL_SCALE, above=Error.VOLTAGE_NOT_ALLOWED)]
_Pwm = Annotated[int, Integer(0, len(PWM_PINS) - 1)]
_Frequency = Annotated[int, Integer(0, HIGHEST_FREQUENCY, above=Error.FREQUENCY_NOT_SUPPORTED)]
_Duty = Annotated[int, Integer(0, 100, above=Error.DUTY_CYCLE_NOT_SUPPORTED)]


@command("GPIOC", spi_id=0x13, source=driver("XC-CMD, XC-IF"))
async def configure_pin(module: Module, pin: _Pin, direction: _Direction, interrupt: _Interrupt = "0") -> None:
    """Make a pin an input or output; r, f or b raise an indication at its rising, falling or both edges."""
    module.pins.configure(pin, is_output=direction == "out", edge=Edge(interrupt))


@command("GPIOR", spi_id=0x14, source=driver("XC-UART"))
async def read_pin(module: Module, pin: _Pin) -> Replies:
    """Show a pin's level and direction, 0 in and 1 out."""
    reading = module.pins.read(pin)
    yield replies.GPIO(pin, reading.level, int(reading.is_output))


@command("GPIOW", spi_id=0x15, source=driver("XC-CMD"))
async def write_pin(module: Module, pin: _Pin, level: Switch) -> None:
    """Set the level of an output."""
    module.pins.write(pin, level)


@command("DAC", spi_id=0x16, source=driver("XC-CMD"))
async def set_voltage(module: Module, millivolts: _Millivolts) -> None:
    """Put a voltage on GPIO15, or switch the converter off with 0."""
    module.pins.set_dac(millivolts)


@command("ADC", spi_id=0x17, source=driver("XC-CMD"))
async def measure_voltage(module: Module) -> Replies:
    """Measure the voltage on GPIO1 in millivolts."""
    yield replies.ADC(module.pins.convert())


@command("PWM", spi_id=0x18, source=driver("XC-CMD"), before="1.1.0")
async def set_only_pwm(module: Module, frequency: _Frequency, duty: _Duty = 50) -> None:
    """Let the PWM (GPIO2) run with that frequency and duty cycle; frequency 0 stops it."""
    _set_pwm(module, 0, frequency, duty)


@command("PWM", spi_id=0x18, source=manual("STPKG"), since="1.1.0")
async def set_pwm(module: Module, pwm: _Pwm, frequency: _Frequency, duty: _Duty = 50) -> None:
    """Let PWM 0 (GPIO2) or 1 (GPIO4) run with that frequency and duty cycle; frequency 0 stops it."""
    _set_pwm(module, pwm, frequency, duty)


def _set_pwm(module: Module, pwm: int, frequency: int, duty: int) -> None:
    if frequency:
        module.pins.start_pwm(pwm, frequency, duty)
    else:
        module.pins.stop_pwm(pwm)
