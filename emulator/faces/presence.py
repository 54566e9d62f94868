"""Notices when a host opens and closes a pty, by Linux's inotify.

The master side of a pty cannot tell: as long as the emulator keeps the slave open itself, which it must so that
the port survives, a host that closes leaves no trace there.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_OPEN: Final = 0x20
_CLOSE_WRITE: Final = 0x08
_CLOSE_NOWRITE: Final = 0x10
_NONBLOCK_CLOEXEC: Final = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_HEADER: Final = struct.Struct("iIII")


class Presence:
    """Counts the openings of one device and calls back when the first host comes and the last one goes."""

    def __init__(self, device: str, changed: Callable[[bool], None]) -> None:
        """Watch ``device``. Raises OSError where the system has no inotify."""
        if not sys.platform.startswith("linux"):
            raise OSError("this system has no inotify")
        library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = library.inotify_init1(_NONBLOCK_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify cannot be used")
        mask = _OPEN | _CLOSE_WRITE | _CLOSE_NOWRITE
        if library.inotify_add_watch(self._descriptor, os.fsencode(device), mask) < 0:
            number = ctypes.get_errno()
            os.close(self._descriptor)
            raise OSError(number, f"{device} cannot be watched")
        self._changed = changed
        self._hosts = 0
        asyncio.get_running_loop().add_reader(self._descriptor, self.look)

    def close(self) -> None:
        """Stop watching."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def look(self) -> None:
        """Call back for what has happened up to now, without waiting for the event loop to notice."""
        try:
            events = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(events):
            _, mask, _, length = _HEADER.unpack_from(events, offset)
            offset += _HEADER.size + length
            self._count(1 if mask & _OPEN else -1)

    def _count(self, change: int) -> None:
        before, self._hosts = self._hosts, max(0, self._hosts + change)
        if bool(before) != bool(self._hosts):
            self._changed(bool(self._hosts))
