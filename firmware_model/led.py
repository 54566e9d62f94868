"""The LED on GPIO10: it tells what the radio does, for as long as ``blink_led`` is 1.

::

    radio off, or module asleep: dark
    radio on, no network yet:    blinks fast
    up:                          blinks slowly

That it blinks is the name of the variable and the text of error 23; when and how fast is assumed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from firmware_model.radio.state import WifiState
from firmware_model.tables.pins import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.pins import Pins
    from firmware_model.storage.configuration import Configuration

SEARCHING: Final = 5.0
UP: Final = 1.0
"""Hertz (assumed)."""
_VARIABLE: Final = "blink_led"


class Led:
    """The LED of one module, from power-on to power-off."""

    def __init__(self, configuration: Configuration, pins: Pins) -> None:
        self._configuration = configuration
        self._pins = pins
        self._state = WifiState.HARDWARE_POWER_UP
        self._asleep = False
        configuration.follow(self._heed)

    def show(self, state: WifiState) -> None:
        """Tell what the radio does now."""
        self._state = state
        self._blink()

    @contextmanager
    def dark(self) -> Iterator[None]:
        """Be dark while the module sleeps."""
        self._asleep = True
        self._blink()
        try:
            yield
        finally:
            self._asleep = False
            self._blink()

    def _heed(self, variable: str) -> None:
        if variable in ("", _VARIABLE):
            self._blink()

    def _blink(self) -> None:
        self._pins.blink(Role.LED, self._hertz())

    def _hertz(self) -> float:
        if self._asleep or not self._configuration.integer(_VARIABLE) or self._state < WifiState.IDLE:
            return 0
        return UP if self._state >= WifiState.HANDSHAKE_COMPLETE else SEARCHING
