"""The counters that survive power loss: power cycles, watchdog resets, resets."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from firmware_model.outside import Flash

_AREA: Final = "counters"


class Counters:
    """Status variables ``nv_power_cycles``, ``nv_wdog_resets`` and ``nv_reset_cycles``."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self.power_cycles, self.watchdog_resets, self.reset_cycles = self._load()
        self.count_power_cycle()

    def count_power_cycle(self) -> None:
        """Count one start from power-on."""
        self.power_cycles += 1
        self._store()

    def count_reset(self) -> None:
        """Count one reset by command or pin."""
        self.reset_cycles += 1
        self._store()

    def count_watchdog_reset(self) -> None:
        """Count one restart after a breakdown."""
        self.watchdog_resets += 1
        self._store()

    def _load(self) -> tuple[int, int, int]:
        words = (self._flash.load(_AREA) or b"").split()
        if len(words) == 3 and all(word.isdigit() for word in words):
            return int(words[0]), int(words[1]), int(words[2])
        return 0, 0, 0

    def _store(self) -> None:
        words = (self.power_cycles, self.watchdog_resets, self.reset_cycles)
        # A counter that cannot be saved must not keep the module from booting.
        with suppress(OSError):
            self._flash.store(_AREA, " ".join(map(str, words)).encode())
