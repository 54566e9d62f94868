"""Signals in the event loop, on every system."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def on_signal(name: str, act: Callable[[], object]) -> None:
    """Call ``act`` in the running event loop when the signal ``name`` comes; nothing where there is none such."""
    number = getattr(signal, name, None)
    if number is None:
        return
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:
        # Windows: its event loop has no handlers, but is woken by Python's own.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))
