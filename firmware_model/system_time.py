"""The module's calendar clock. It has no battery: it starts anew at power-on and is set by AT+S.TIME."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from firmware_model.outside import Clock

POWER_ON_TIME: Final = 946_684_800
"""2000-01-01 00:00:00 UTC, where a calendar with two-digit years starts (assumed)."""


class SystemTime:
    """Seconds since 1970 UTC as the module believes them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = POWER_ON_TIME - clock.monotonic()

    def now(self) -> float:
        """The time."""
        return self._clock.monotonic() + self._offset

    def set(self, epoch_seconds: float) -> None:
        """Set the time; it goes on from there and survives a software reset (assumed)."""
        self._offset = epoch_seconds - self._clock.monotonic()
