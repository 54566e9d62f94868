"""Everything around the module: serial faces, surroundings, faults, capture, and the ``spwf04sx`` command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.configuration import Settings
    from emulator.emulator import Emulator

__all__ = ["Emulator", "Settings"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command line must start fast, and asks for neither when it prints its help.
    if name == "Emulator":
        from emulator.emulator import Emulator

        return Emulator
    if name == "Settings":
        from emulator.configuration import Settings

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
