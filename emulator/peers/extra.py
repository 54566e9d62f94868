"""Libraries that only peers need, of the extra ``peers``: imported when they are used, and missed in one line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from emulator.peers.peer import PeerError

if TYPE_CHECKING:
    from types import ModuleType


def need(module: str, what_for: str) -> ModuleType:
    """Import a module of the extra. Raises PeerError when it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as failure:
        raise PeerError(
            f"{what_for} needs the package {failure.name}; install the extra: pip install 'spwf04sx-emulator[peers]'"
        ) from failure
