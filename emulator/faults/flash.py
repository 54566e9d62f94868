"""Faults of the flash memory: power that fails amid a write, as a wrapper around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.faults import FaultPoint
from firmware_model.tables.faults import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.faults import Faults
    from firmware_model.outside import Flash

_CUT: Final = BY_NAME["module=flash-cut"]


class FaultyFlash:
    """A flash whose writes can be cut; with nothing armed it hands everything through."""

    def __init__(self, flash: Flash, faults: Faults) -> None:
        """Stand in front of ``flash``."""
        self._flash = flash
        self._faults = faults
        self.cut_power: Callable[[], None] | None = None
        """Takes the module's power away; no write is cut before there is a module."""

    def load(self, area: str) -> bytes | None:
        """The area's content; None when there is none. Raises OSError."""
        return self._flash.load(area)

    def store(self, area: str, content: bytes) -> None:
        """Replace the area's content, or what the fault leaves of it. Raises OSError."""
        if self.cut_power is not None:
            for fault, value in self._faults.due(FaultPoint.MODULE, f"flash {area}"):
                if fault is _CUT:
                    self._flash.store(area, content[: value or 0])
                    self.cut_power()
                    raise OSError(f"power failed while flash area {area} was written: {_CUT.name}")
        self._flash.store(area, content)

    def erase(self, area: str) -> None:
        """Forget the area. Raises OSError."""
        self._flash.erase(area)
