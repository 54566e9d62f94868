"""The virtual serial port: a pseudo terminal, with a stable name beside the one that the system gives it.

The host may close and reopen the port as often as it likes; its settings stay, as those of a real port do. What the
module sends while no host has the port open is lost, as on a cable that nobody listens to.

A pty has no modem lines and no breaks, and a change of the settings overtakes what the host wrote before it.
"""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.faces.face import FACTORY_SPEED
from emulator.faces.presence import Presence
from emulator.faces.terminal import (
    Control,
    ask_for_news,
    end_echo,
    enter_packet_mode,
    has_echo,
    read_settings,
    set_speed,
)

if TYPE_CHECKING:
    from emulator.faces.face import HostEnd, LineErrors, LineSettings, ModemLines
    from emulator.faces.link import PortLink

_READ_SIZE: Final = 65536
_HIGH_WATER: Final = 4096
"""Octets queued for a host that does not read before the module has to wait."""


class PtyFace:
    """One pty; made and closed inside a running event loop."""

    def __init__(self, line: HostEnd, link: PortLink | None) -> None:
        """Open the pty and offer it to hosts of ``line``. Raises OSError or LinkError."""
        self._line = line
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._queue = bytearray()
        self._fresh = 0
        """Octets of it that a purge may have preceded which has not been noticed yet."""
        self._drained = asyncio.Event()
        self._drained.set()
        self._master, slave = os.openpty()
        tty.setraw(slave)
        set_speed(slave, FACTORY_SPEED)
        ask_for_news(slave)
        enter_packet_mode(self._master)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(slave)
        self.name = f"pty {self.device}"
        self.present = False
        self._refusal = b""
        self._has_echo = False
        self._is_told = True
        """Whether the system tells when the host changes its settings."""
        self._is_wanted, self._reading = True, False
        """Whether the line takes octets, and whether the event loop looks for some."""
        self._slave: int | None = slave
        self._presence: Presence | None = None
        self._watch(slave)
        if link is not None:
            self._be_known_as(link)

    @property
    def port(self) -> str:
        """The name to give to a host: the link if there is one, else the device."""
        return self.device if self._link is None else str(self._link.path)

    def close(self) -> None:
        """Take the port away."""
        if self._presence is not None:
            self._presence.close()
        self.present = False
        self._listen()
        self._loop.remove_writer(self._master)
        self._line.release(self)
        os.close(self._master)
        if self._slave is not None:
            os.close(self._slave)
        self._drained.set()

    @property
    def backlog(self) -> int:
        """Octets that the system does not take, because the host does not read."""
        return len(self._queue)

    async def opened(self) -> None:
        """Return at once."""

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host; lost while no host has the port open."""
        if not self.present:
            return
        if self._has_echo:
            # Not any earlier: stty looks whether what it asked for has come about.
            end_echo(self._terminal)
            self._has_echo = False
        if self._queue:
            written = 0
        else:
            written = self._write(octets)
            if written == len(octets):
                return
            self._loop.add_writer(self._master, self._flush)
        self._queue += octets[written:]
        self._fresh += len(octets) - written
        self._loop.call_soon(self._loop.call_soon, self._age, len(octets) - written)
        if len(self._queue) > _HIGH_WATER:
            self._drained.clear()

    async def drain(self) -> None:
        """Wait until the queue is short again, or the host is gone."""
        if not self._drained.is_set():
            await self._drained.wait()

    def discard(self) -> None:
        """Forget what the host has not read."""
        self._forget()
        with suppress(OSError, termios.error):
            if self._presence is not None:
                self._presence.empty()
            elif self._slave is not None:
                termios.tcflush(self._slave, termios.TCIFLUSH)

    def pause(self) -> None:
        """Stop reading from the host."""
        self._is_wanted = False
        self._listen()

    def resume(self) -> None:
        """Go on reading from the host."""
        self._is_wanted = True
        self._listen()

    def follow(self, settings: LineSettings) -> None:
        """Do nothing: the port's settings are the host's."""

    def show(self, lines: ModemLines) -> None:
        """Do nothing: a pty has no modem lines."""

    def report(self, errors: LineErrors) -> None:
        """Do nothing: a pty has no place for errors."""

    @property
    def _terminal(self) -> int:
        """The end by which the host's settings are read: on Linux the master will do."""
        return self._master if self._slave is None else self._slave

    def _watch(self, slave: int) -> None:
        """Begin to look for hosts; the slave must be closed for that."""
        try:
            self._presence = Presence(self.device, self._master, self._host_changed)
        except OSError:
            # Without a way to tell, somebody is taken to be there all the time, and the port is held open.
            self.present = True
            self._line.stand_in(self)
            self._listen()
            return
        self._line.on_release(self._take_over)
        os.close(slave)
        self._slave = None
        self._presence.look()

    def _be_known_as(self, link: PortLink) -> None:
        try:
            link.point_to(self.device)
        except BaseException:
            self.close()
            raise

    def _listen(self) -> None:
        """Let the event loop look for octets; not while nobody is there, because it would find the line hung up."""
        reading = self._is_wanted and self.present
        if reading == self._reading:
            return
        self._reading = reading
        if reading:
            self._loop.add_reader(self._master, self._read)
        else:
            self._loop.remove_reader(self._master)

    def _host_changed(self, present: bool) -> None:
        self.present = present
        self._refusal = b""
        self._listen()
        if present:
            refusal = self._line.claim(self)
            self._look()
            if refusal is not None:
                self._refuse(f"{refusal}\r\n".encode())
            return
        # What it did not read is gone; what it wrote before it closed still counts.
        self.discard()
        self._read_all()
        self._line.release(self)

    def _refuse(self, refusal: bytes) -> None:
        """Tell a host why nobody answers it, once more if it then empties the port, as pyserial does on opening."""
        self._read_all()
        self._refusal = refusal
        self.send(refusal)

    def _take_over(self) -> None:
        """Let a host that had to wait have the line."""
        if self.present and self._line.claim(self) is None:
            self._refusal = b""
            self._look()

    def _look(self) -> None:
        """Tell the line how the host set up its end, as far as a pty lets one know."""
        self._is_told = ask_for_news(self._terminal)
        self._has_echo = has_echo(self._terminal)
        if self._line.belongs_to(self):
            self._line.configure(read_settings(self._terminal))

    def _read(self) -> bool:
        """Take one packet from the host; whether there was one."""
        try:
            packet = os.read(self._master, _READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            # The last host has closed the port, and that was noticed here first.
            if self._presence is not None:
                self._presence.look()
            return False
        if packet[0]:
            self._heed(Control(packet[0]))
        elif self._line.belongs_to(self):
            if not self._is_told:
                self._look()
            self._line.receive(packet[1:])
        return True

    def _read_all(self) -> None:
        while self._read():
            pass

    def _heed(self, control: Control) -> None:
        if control & Control.FLUSH_READ:
            self._forget(self._fresh)
            self.send(self._refusal)
            self._refusal = b""
        if control & Control.FLUSH_WRITE and self._line.belongs_to(self):
            self._line.purge()
        self._look()

    def _forget(self, kept: int = 0) -> None:
        """Drop the queue but for what was ``kept`` last."""
        del self._queue[: max(0, len(self._queue) - kept)]
        if not self._queue:
            self._loop.remove_writer(self._master)
        if len(self._queue) <= _HIGH_WATER:
            self._drained.set()

    def _age(self, count: int) -> None:
        """Note that a purge which is noticed from now on came after these octets."""
        self._fresh -= count

    def _write(self, octets: bytes | bytearray) -> int:
        try:
            return os.write(self._master, octets)
        except OSError:
            return 0

    def _flush(self) -> None:
        del self._queue[: self._write(self._queue)]
        if not self._queue:
            self._loop.remove_writer(self._master)
        if len(self._queue) <= _HIGH_WATER:
            self._drained.set()
