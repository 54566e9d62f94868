"""Notices when a host opens a pty and when the last one has closed it (Linux).

The kernel hangs up the master while nobody has the slave open, so that whoever holds no slave itself can always tell
whether somebody does. But the hanging-up wakes nobody for good: an event loop would spin on it. So inotify says when
to look: it reports each opening and closing, though several in a row as one, which is why they are not counted.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import select
import struct
import sys
import termios
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_OPEN: Final = 0x20
_CLOSE: Final = 0x08 | 0x10
_NONBLOCK_CLOEXEC: Final = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_HEADER: Final = struct.Struct("iIII")


class Presence:
    """Calls back when the first host comes and when the last one goes."""

    def __init__(self, device: str, master: int, changed: Callable[[bool], None]) -> None:
        """Watch ``device``, the slave of ``master``. Raises OSError where the system has no inotify."""
        if not sys.platform.startswith("linux"):
            raise OSError("this system has no inotify")
        self._library = ctypes.CDLL(None, use_errno=True)
        self._device = device
        self._changed = changed
        self._master = select.poll()
        self._master.register(master, 0)
        self._present = False
        self._descriptor = self._library.inotify_init1(_NONBLOCK_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify cannot be used")
        try:
            self._watch = self._begin()
        except OSError:
            os.close(self._descriptor)
            raise
        asyncio.get_running_loop().add_reader(self._descriptor, self.look)

    def close(self) -> None:
        """Stop watching."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def look(self) -> None:
        """Call back for what has happened up to now."""
        somebody_came = self._events() & _OPEN
        is_there = not self._is_hung_up()
        if somebody_came and not is_there:
            # Gone already, but what it wrote can still be read.
            self._become(present=True)
        self._become(present=is_there)

    def empty(self) -> None:
        """Drop what nobody has read, without being taken for a host. Raises OSError."""
        self._library.inotify_rm_watch(self._descriptor, self._watch)
        try:
            slave = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflush(slave, termios.TCIFLUSH)
            finally:
                os.close(slave)
        finally:
            self._watch = self._begin()

    def _begin(self) -> int:
        watch = int(self._library.inotify_add_watch(self._descriptor, os.fsencode(self._device), _OPEN | _CLOSE))
        if watch < 0:
            raise OSError(ctypes.get_errno(), f"{self._device} cannot be watched")
        return watch

    def _events(self) -> int:
        """What has happened since the last look, all of it together."""
        try:
            octets = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return 0
        events = offset = 0
        while offset < len(octets):
            _, mask, _, length = _HEADER.unpack_from(octets, offset)
            offset += _HEADER.size + length
            events |= mask
        return events

    def _is_hung_up(self) -> bool:
        return any(state & select.POLLHUP for _, state in self._master.poll(0))

    def _become(self, *, present: bool) -> None:
        if present != self._present:
            self._present = present
            self._changed(present)
