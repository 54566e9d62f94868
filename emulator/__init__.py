"""Everything around the module: serial faces, surroundings, faults, capture, and the ``spwf04sx`` command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.blocking import BlockingEmulator
    from emulator.configuration import Settings
    from emulator.dialogue import NotSaidError
    from emulator.emulator import Emulator

__all__ = ["BlockingEmulator", "Emulator", "NotSaidError", "Settings"]

_HOMES = {
    "BlockingEmulator": "emulator.blocking",
    "Emulator": "emulator.emulator",
    "NotSaidError": "emulator.dialogue",
    "Settings": "emulator.configuration",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command line must start fast, and asks for none of them when it prints its help.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
