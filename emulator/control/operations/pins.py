"""Pins: looked at and driven from outside."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.problem import refusing
from emulator.control.schema import Range
from firmware_model.pins import Pins, Pwm
from firmware_model.tables.pins import PWM_PINS, Role

_ROLES = {role.value: role.name.lower().replace("_", " ") for role in Role}


class Pin(NamedTuple):
    """One pin."""

    number: int
    role: Annotated[str, "what it is for besides being a GPIO, empty for nothing"]
    level: int
    is_output: Annotated[bool, "whether the module drives it"]
    driven: Annotated[int | None, "the level that somebody outside puts on it, null while nobody does"]
    hertz: Annotated[float, "how often it goes high and low by itself, 0 for not at all"]
    pwm: Annotated[Pwm | None, "the PWM on it: hertz and percent"]


class AllPins(NamedTuple):
    """The pins and the converters."""

    pins: tuple[Pin, ...]
    adc: Annotated[int | None, "millivolts on the input of the ADC; null lets the conversion fail"]
    dac: Annotated[int, "millivolts that the module puts out, 0 while the converter is off"]


class Drive(NamedTuple):
    """What is put on a pin from outside."""

    level: Annotated[int, Range(0, 1)] | None


class Voltage(NamedTuple):
    """A voltage on the input of the ADC; null lets the conversion fail."""

    millivolts: Annotated[int, Range(0, 100_000)] | None


@operation("GET", "/pins", tag="pins")
def list_pins(desk: Desk) -> AllPins:
    """List the pins and the converters."""
    pins = desk.emulator.pins
    return AllPins(
        tuple(
            Pin(
                state.number,
                _ROLES.get(state.number, ""),
                state.level,
                state.is_output,
                state.driven,
                state.hertz,
                _pwm_on(pins, state.number),
            )
            for state in pins.states
        ),
        pins.millivolts,
        pins.dac,
    )


@operation("PUT", "/pins/{pin}", tag="pins")
def drive_pin(desk: Desk, pin: Annotated[int, Range(0, 31)], body: Drive) -> AllPins:
    """Put a level on a pin from outside, or let go of it with null.

    An output keeps the module's level; the outside one shows once the pin is an input again.
    """
    with refusing(404, ValueError):
        desk.emulator.pins.drive(pin, body.level)
    return list_pins(desk)


@operation("PUT", "/adc", tag="pins")
def set_voltage(desk: Desk, body: Voltage) -> AllPins:
    """Put a voltage on the input of the ADC."""
    desk.emulator.pins.set_millivolts(body.millivolts)
    return list_pins(desk)


def _pwm_on(pins: Pins, number: int) -> Pwm | None:
    return next((pins.pwm(pwm) for pwm, pin in enumerate(PWM_PINS) if pin == number), None)
