"""The web console's terminal as a face: at most one browser is the host, as many as like can watch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from emulator.faces.face import HostEnd, LineErrors, LineSettings, ModemLines

_HIGH_WATER: Final = 4096
"""Octets that a browser has not taken before the module has to wait."""
_MOST_TYPED: Final = 65536
"""Octets of the browser that wait for the line at most."""
_PORTION: Final = 1024
"""Octets handed to the line before it is asked again whether it wants more."""
_ONE_OF_US: Final = "the module is in use by another window of the console; it is yours when that one leaves"


class ConsoleFace:
    """Implements :class:`emulator.faces.face.Face` for whichever terminal has claimed it."""

    name = "web console"

    def __init__(self, line: HostEnd) -> None:
        self._line = line
        self._holder: object = None
        self._out = bytearray()
        self._news = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._typed = bytearray()
        """What the line does not want yet."""
        self._is_wanted = True

    def claim(self, terminal: object) -> str | None:
        """Make a terminal the host; one line that says who is, if that cannot be."""
        if self._holder is terminal:
            return None
        if self._holder is not None:
            return _ONE_OF_US
        refusal = self._line.claim(self)
        if refusal is None:
            self._holder = terminal
        return refusal

    def release(self, terminal: object) -> None:
        """Let a terminal be the host no longer; nothing happens when it is not."""
        if self._holder is terminal:
            self._holder = None
            self._forget()
            self._typed.clear()
            self._line.release(self)

    def is_held_by(self, terminal: object) -> bool:
        """Whether a terminal is the host."""
        return self._holder is terminal

    def type(self, terminal: object, octets: bytes) -> bool:
        """Send what a terminal types, as soon as the line takes it; False when it is lost.

        That is so when the terminal is not the host, or when far too much waits already.
        """
        if self._holder is not terminal or len(self._typed) > _MOST_TYPED:
            return False
        self._typed += octets
        self._hand_on()
        return True

    async def hear(self, terminal: object) -> bytes:
        """Wait for octets that the module sends to a terminal that is the host."""
        while not (self._out and self._holder is terminal):
            self._news.clear()
            await self._news.wait()
        octets = bytes(self._out)
        self._forget()
        return octets

    # What the line asks for

    @property
    def backlog(self) -> int:
        """Octets that the browser has not taken."""
        return len(self._out)

    async def opened(self) -> None:
        """Do not wait: a browser throws nothing away."""

    def send(self, octets: bytes) -> None:
        """Queue octets towards the browser."""
        self._out += octets
        self._news.set()
        if len(self._out) > _HIGH_WATER:
            self._drained.clear()

    async def drain(self) -> None:
        """Wait until the queue is short again."""
        await self._drained.wait()

    def discard(self) -> None:
        """Forget what is queued."""
        self._forget()

    def pause(self) -> None:
        """Take nothing more from the browser."""
        self._is_wanted = False

    def resume(self) -> None:
        """Go on."""
        self._is_wanted = True
        self._hand_on()

    def follow(self, settings: LineSettings) -> None:
        """Do nothing: a browser has no speed, so it always has the module's."""

    def show(self, lines: ModemLines) -> None:
        """Do nothing: a browser has no modem lines."""

    def report(self, errors: LineErrors) -> None:
        """Do nothing: the log says what goes wrong."""

    def _hand_on(self) -> None:
        while self._typed and self._is_wanted:
            portion = bytes(self._typed[:_PORTION])
            del self._typed[:_PORTION]
            self._line.receive(portion)

    def _forget(self) -> None:
        self._out.clear()
        self._drained.set()
