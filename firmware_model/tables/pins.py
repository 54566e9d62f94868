"""What the pins are for besides being GPIOs, and which of them a setting takes away.

Firmware 1.0.0 speaks of 19 GPIOs (RN100), 1.1.0 adds GPIO19 and GPIO20 (STPKG ChangeLog); the text of error 20 is
older than both.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from firmware_model.tables.errors import Error
from firmware_model.tables.sources import Source, assumed, driver


class Role(IntEnum):
    """Pins with a second task, by number (RN100, STPKG, GHI-DOC)."""

    FACTORY_RESTORE = 0
    """High at power-up: the factory configuration comes back."""
    ADC_INPUT = 1
    PWM_OUTPUT = 2
    SPI_CONSOLE = 3
    SECOND_PWM_OUTPUT = 4
    """Firmware 1.1.0 and later."""
    WAKE_UP = 6
    WPS = 7
    CONSOLE_SELECT = 9
    """The interrupt line of the SPI console once the module runs."""
    LED = 10
    DAC_OUTPUT = 15


class Reserved(NamedTuple):
    """A pin that GPIOC may not have: always, or while ``variable`` has ``value``."""

    pin: Role
    error: Error
    variable: str
    value: int
    source: Source


_ST: Final = driver("XC-ERR")

RESERVED: Final = (
    Reserved(Role.SPI_CONSOLE, Error.GPIO3_RESERVED, "console_enabled", 0, _ST),
    Reserved(Role.WAKE_UP, Error.GPIO6_RESERVED, "sleep_enabled", 1, _ST),
    Reserved(Role.WPS, Error.GPIO7_RESERVED, "", 0, assumed("the text of error 22 names no condition")),
    Reserved(Role.LED, Error.GPIO10_RESERVED, "blink_led", 1, _ST),
)

PWM_PINS: Final = (Role.PWM_OUTPUT, Role.SECOND_PWM_OUTPUT)
"""The pin of each PWM by its id; that ids count from 0 is assumed."""
FULL_SCALE: Final = 3300
"""Millivolts that the DAC reaches (AN4965, of its function of the web server), and with it the ADC (inferred)."""
HIGHEST_FREQUENCY: Final = 10_000
"""Hertz of a PWM (assumed)."""
