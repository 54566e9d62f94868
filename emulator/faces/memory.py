"""A face without a port, for tests in the same process."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from emulator.faces.face import NO_ERRORS, LineErrors, LineSettings, ModemLines

if TYPE_CHECKING:
    from emulator.faces.face import HostEnd


class MemoryFace:
    """The host's end as two methods, :meth:`write` and :meth:`read_until`, and as what a receiver notices.

    A host that does not read is played by setting ``deaf``: what arrives then counts as backlog.
    """

    name = "memory"

    def __init__(self, line: HostEnd) -> None:
        """Claim ``line``. Raises ValueError when another face has it."""
        self._line = line
        self._sent = bytearray()
        self._news = asyncio.Event()
        self._hears = asyncio.Event()
        self._hears.set()
        self.reading = True
        """Whether the line takes octets just now."""
        self.lines = ModemLines()
        """The module's end of the modem lines."""
        self.module_end = LineSettings()
        """How the module's end is set up."""
        self.errors = NO_ERRORS
        """What the host's receiver noticed so far."""
        if refusal := line.claim(self):
            raise ValueError(refusal)

    def write(self, octets: bytes) -> None:
        """Send octets to the module."""
        self._line.receive(octets)

    async def read_until(self, ending: bytes | re.Pattern[bytes]) -> bytes:
        """Wait for ``ending`` and cut everything up to and including it."""
        pattern = re.compile(re.escape(ending)) if isinstance(ending, bytes) else ending
        while (match := pattern.search(self._sent)) is None:
            self._news.clear()
            await self._news.wait()
        octets = bytes(self._sent[: match.end()])
        del self._sent[: len(octets)]
        return octets

    def take(self) -> bytes:
        """Cut everything that has arrived."""
        octets = bytes(self._sent)
        self._sent.clear()
        return octets

    @property
    def deaf(self) -> bool:
        """Whether the host takes nothing."""
        return not self._hears.is_set()

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        if deaf:
            self._hears.clear()
        else:
            self._hears.set()

    @property
    def backlog(self) -> int:
        """Octets that a deaf host has not taken."""
        return len(self._sent) if self.deaf else 0

    async def opened(self) -> None:
        """Return at once."""

    def send(self, octets: bytes) -> None:
        """Queue octets from the module."""
        self._sent += octets
        self._news.set()

    async def drain(self) -> None:
        """Wait until the host hears."""
        await self._hears.wait()

    def discard(self) -> None:
        """Forget what has arrived."""
        self._sent.clear()

    def pause(self) -> None:
        """Note that the line wants nothing more."""
        self.reading = False

    def resume(self) -> None:
        """Note that the line goes on."""
        self.reading = True

    def follow(self, settings: LineSettings) -> None:
        """Note how the module's end is set up."""
        self.module_end = settings

    def show(self, lines: ModemLines) -> None:
        """Note the module's end of the modem lines."""
        self.lines = lines

    def report(self, errors: LineErrors) -> None:
        """Note what the host's receiver noticed."""
        self.errors |= errors
