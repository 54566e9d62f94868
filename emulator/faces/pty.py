"""The virtual serial port: a pseudo terminal, with a stable name beside the one that the system gives it.

The emulator keeps the slave side open, so the host may close and reopen the port as often as it likes. What the
module sends while no host has the port open is lost, as on a cable that nobody listens to.
"""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.faces.presence import Presence

if TYPE_CHECKING:
    from emulator.faces.line import Line
    from emulator.faces.link import PortLink

_READ_SIZE: Final = 65536
_HIGH_WATER: Final = 65536
"""Octets queued for a host that does not read before the module has to wait."""


class PtyFace:
    """One pty; made and closed inside a running event loop."""

    def __init__(self, line: Line, link: PortLink | None) -> None:
        """Open the pty and connect it to ``line``. Raises OSError or LinkError."""
        self._line = line
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._queue = bytearray()
        self._drained = asyncio.Event()
        self._drained.set()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(self._slave)
        self.present = False
        self._presence = self._watch()
        if link is not None:
            link.point_to(self.device)
        self._reading = False
        self.resume()
        line.attach(self)

    @property
    def port(self) -> str:
        """The name to give to a host: the link if there is one, else the device."""
        return self.device if self._link is None else str(self._link.path)

    def close(self) -> None:
        """Take the port away."""
        self.pause()
        self._loop.remove_writer(self._master)
        if self._presence is not None:
            self._presence.close()
        os.close(self._master)
        os.close(self._slave)
        self._drained.set()

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host; lost while no host has the port open."""
        if not self.present:
            return
        if self._queue:
            self._queue += octets
        else:
            written = self._write(octets)
            if written == len(octets):
                return
            self._queue += octets[written:]
            self._loop.add_writer(self._master, self._flush)
        if len(self._queue) > _HIGH_WATER:
            self._drained.clear()

    async def drain(self) -> None:
        """Wait until the queue is short again, or the host is gone."""
        await self._drained.wait()

    def pause(self) -> None:
        """Stop reading from the host."""
        if self._reading:
            self._loop.remove_reader(self._master)
            self._reading = False

    def resume(self) -> None:
        """Go on reading from the host."""
        if not self._reading:
            self._loop.add_reader(self._master, self._read)
            self._reading = True

    def _watch(self) -> Presence | None:
        try:
            return Presence(self.device, self._host_changed)
        except OSError:
            # Without a way to tell, somebody is taken to be there all the time.
            self.present = True
            self._line.host_changed(present=True)
            return None

    def _host_changed(self, present: bool) -> None:
        self.present = present
        if not present:
            # What the host wrote before it closed still counts; what it did not read is gone.
            self._read()
            self._discard()
        self._line.host_changed(present=present)

    def _discard(self) -> None:
        self._queue.clear()
        self._loop.remove_writer(self._master)
        self._drained.set()
        with suppress(termios.error):
            termios.tcflush(self._slave, termios.TCIFLUSH)

    def _read(self) -> None:
        with suppress(BlockingIOError, OSError):
            octets = os.read(self._master, _READ_SIZE)
            if octets:
                self._line.receive(octets)

    def _write(self, octets: bytes | bytearray) -> int:
        try:
            return os.write(self._master, octets)
        except BlockingIOError:
            return 0

    def _flush(self) -> None:
        del self._queue[: self._write(self._queue)]
        if not self._queue:
            self._loop.remove_writer(self._master)
        if len(self._queue) <= _HIGH_WATER:
            self._drained.set()
