"""The face: hosts at a TCP port who speak RFC 2217, the one that carries all that a serial line has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from emulator.faces.face import NO_ERRORS, LineErrors
from emulator.faces.rfc2217.messages import Purge
from emulator.faces.rfc2217.server import (
    BreakSet,
    Configured,
    Driven,
    Purged,
    Received,
    Server,
    Suspended,
)
from emulator.faces.tcp import TcpFace

if TYPE_CHECKING:
    from emulator.faces.face import HostEnd, LineSettings, ModemLines
    from emulator.faces.rfc2217.server import Event

SIGNATURE: Final = "SPWF04Sx emulator"
_QUIET: Final = 0.3
"""Seconds without a command after which a host is through with opening. pyserial pauses for a tenth between two, and
at the end forgets what has arrived meanwhile."""
_MOST_ANSWERS: Final = 262144
"""Octets of answers that wait for a host that asks and does not read, before it is heard no more."""


class Rfc2217Face(TcpFace):
    """One host at an RFC 2217 port, from its coming to its going."""

    SCHEME = "rfc2217"

    def __init__(self, line: HostEnd, url: str, company: set[TcpFace]) -> None:
        """Be ready for a host at ``url``."""
        super().__init__(line, url, company)
        self._server = Server(SIGNATURE)
        self._is_open = asyncio.Event()
        self._opening: asyncio.TimerHandle | None = None
        self._untold = NO_ERRORS
        """Errors that the host sees when it reads again."""

    async def opened(self) -> None:
        """Wait until the host has no more commands for now, has sent an octet, or is gone."""
        await self._is_open.wait()

    def follow(self, settings: LineSettings) -> None:
        """Answer with these settings while the host has set none."""
        self._server.follow(settings)

    def show(self, lines: ModemLines) -> None:
        """Let the host see the modem lines."""
        self._server.show(lines)
        self._answer()

    def report(self, errors: LineErrors) -> None:
        """Let the host see errors, if it asked for them; while it does not read they become one."""
        if self._full:
            self._untold |= errors
            return
        self._server.report(errors)
        self._answer()

    def resume_writing(self) -> None:
        """Tell the host what went wrong meanwhile before the next octets."""
        self._full = False
        untold, self._untold = self._untold, NO_ERRORS
        self.report(untold)
        if not self._full:
            super().resume_writing()

    def _greet(self) -> None:
        self._answer()
        self._begin_quiet()

    def _receive(self, data: bytes) -> None:
        if not self._is_open.is_set():
            self._begin_quiet()
        elif self._server.passes(data):
            self._line.receive(data)
            return
        for event in self._server.receive(data):
            self._heed(event)
        self._answer()

    def _leave(self) -> None:
        super()._leave()
        self._end_opening()

    def _begin_quiet(self) -> None:
        self._end_quiet()
        self._opening = asyncio.get_running_loop().call_later(_QUIET, self._end_opening)

    def _end_quiet(self) -> None:
        if self._opening is not None:
            self._opening.cancel()

    def _end_opening(self) -> None:
        self._end_quiet()
        self._is_open.set()

    def _encode(self, octets: bytes) -> bytes:
        return self._server.encode(octets)

    def _answer(self) -> None:
        """Send what is no part of the conversation; it overtakes what waits there."""
        answer = self._server.take()
        if answer and not self.gone.is_set():
            self._transport.write(answer)
            self._choked = self._transport.get_write_buffer_size() >= _MOST_ANSWERS

    def _heed(self, event: Event) -> None:
        if isinstance(event, Received):
            if not self._is_open.is_set():
                self._end_opening()
            self._line.receive(event.octets)
        elif isinstance(event, Configured):
            self._line.configure(event.settings)
        elif isinstance(event, Driven):
            self._line.drive(dtr=event.dtr, rts=event.rts)
        elif isinstance(event, BreakSet):
            self._line.set_break(asserted=event.asserted)
        elif isinstance(event, Purged):
            self._purge(event.buffers)
        elif isinstance(event, Suspended):
            self._suspended = event.suspended
            self._flush()

    def _purge(self, buffers: Purge) -> None:
        if Purge.RECEIVER in buffers:
            self.discard()
        if Purge.TRANSMITTER in buffers:
            self._line.purge()
