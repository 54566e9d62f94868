"""A pty here that leads to a remote port while a host has it open.

What a pty has goes along: octets, the speed, stop bits, RTS/CTS and XON/XOFF, purges, and that a host comes and goes.
What it has not - modem lines, parity, seven data bits, breaks - cannot. A connection that ends is made again, with
pauses that grow. Octets that a host sends meanwhile are lost, as on a cable that was pulled; none is sent twice. What a
host sends before the first connection stands waits for it, even if the host has left by then.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from emulator.attachment.cable import Cable, SerialCable
from emulator.faces.failure import reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.attachment.cable import Wishes
    from emulator.attachment.remote import Remote
    from emulator.faces.face import Face, LineSettings

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
"""Seconds before the next attempt to connect: twice as many each time."""
_PATIENCE: Final = 10.0
"""Seconds that one attempt may take."""


class Attachment:
    """Stands where the line stands for a face; its face is the pty."""

    def __init__(self, remote: Remote, wishes: Wishes, tell: Callable[[str], None]) -> None:
        """Lead to ``remote``; ``tell`` hears of connections that cannot be made, end, and stand again."""
        self._remote = remote
        self._wishes = wishes
        self._tell = tell
        self._face: Face | None = None
        self._cable: Cable | None = None
        self._change = asyncio.Event()
        """Set when a host comes or goes."""
        self._draining: asyncio.Task[None] | None = None
        self._trouble = ""
        self._was_plugged = False
        self._hung_up = False
        """Whether the host has left that the cable was for."""
        self._is_awaited = False
        """Whether a host came for which no connection has stood yet."""
        self._waiting = bytearray()
        """What such a host sent before it left."""

    async def run(self) -> None:
        """Keep connected while a host is there. Raises NoSerialServerError."""
        pause = _FIRST_PAUSE
        while True:
            while self._face is None and not self._waiting:
                await self._change_within(None)
                pause = _FIRST_PAUSE
            try:
                why = await self._use_cable()
            except OSError as failure:
                why = reason(failure)
            if self._hung_up:
                self._trouble = ""
                self._give_up(why)
                continue
            if self._was_plugged:
                pause = _FIRST_PAUSE
            self._complain(why)
            await self._change_within(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    # What the pty says

    def claim(self, face: Face) -> str | None:
        """Connect, because a host has come; what it sends waits until that is done."""
        face.pause()
        self._face = face
        self._is_awaited = True
        self._change.set()
        return None

    def release(self, face: Face) -> None:
        """Hang up, because the host has gone; what it had sent is still on its way."""
        if self._face is face:
            self._face = None
            self._hung_up = True
            self._change.set()
            if self._cable is not None and not self._waiting:
                self._cable.unplug()

    def belongs_to(self, face: Face) -> bool:
        """Whether this is the face of the host that is there."""
        return self._face is face

    def on_release(self, wanted: Callable[[], None]) -> None:
        """Do nothing: there is one face, and so nobody waits."""

    def stand_in(self, face: Face) -> None:
        """Stay connected: the pty has no way to tell whether a host is there."""
        self.claim(face)

    def receive(self, octets: bytes) -> None:
        """Send octets of the host."""
        if self._cable is not None and self._cable.is_plugged:
            self._cable.send(octets)
        elif self._is_awaited:
            self._waiting += octets

    def purge(self) -> None:
        """Let octets of the host be forgotten that have not left the remote port."""
        if self._cable is not None and self._cable.is_plugged:
            self._cable.purge()

    def configure(self, settings: LineSettings) -> None:
        """Set the remote port up as the host did its own."""
        self._wishes.settings = settings
        if self._cable is not None and self._cable.is_plugged:
            self._cable.configure()

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Do nothing: a pty has no modem lines."""

    def set_break(self, *, asserted: bool) -> None:
        """Do nothing: a pty has no breaks."""

    # What the cable says

    def plugged(self, cable: Cable) -> None:
        """Let the host send, unless it has left; what it sent before that goes first."""
        self._was_plugged = True
        self._is_awaited = self._hung_up and self._face is not None
        if self._waiting:
            cable.send(bytes(self._waiting))
            self._waiting.clear()
        if self._trouble:
            self._tell(f"{self._remote} is connected again")
            self._trouble = ""
        if self._hung_up:
            cable.unplug()
        elif self._face is not None:
            self._face.resume()

    def heard(self, octets: bytes) -> None:
        """Hand octets to the host, and let the other end wait while it does not read."""
        if self._face is None:
            return
        self._face.send(octets)
        if self._face.backlog and self._draining is None and self._cable is not None:
            self._cable.pause()
            self._draining = asyncio.create_task(self._drain(self._face, self._cable))

    def stopped(self, *, stopped: bool) -> None:
        """Let the host wait while the other end takes nothing; but not the host after the one that it was for."""
        if self._face is not None and not self._hung_up:
            (self._face.pause if stopped else self._face.resume)()

    # The rest

    async def _use_cable(self) -> str:
        """Connect, and return why the connection ended. Raises OSError, NoSerialServerError."""
        self._was_plugged, self._hung_up = False, self._face is None
        make = SerialCable if self._remote.speaks_rfc2217 else Cable
        endpoint = self._remote.endpoint
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_PATIENCE):
            _, cable = await loop.create_connection(lambda: make(self, self._wishes), endpoint.host, endpoint.port)
        self._cable = cable
        try:
            if self._hung_up and not self._waiting:
                cable.unplug()
            return await cable.ended
        finally:
            self._cable = None
            cable.cut()
            if self._draining is not None:
                self._draining.cancel()
                self._draining = None
            if self._face is not None and self._was_plugged and not self._hung_up:
                # From now on what the host sends is lost.
                self._face.resume()

    async def _drain(self, face: Face, cable: Cable) -> None:
        await face.drain()
        self._draining = None
        cable.resume()

    async def _change_within(self, seconds: float | None) -> None:
        """Wait until a host comes or goes, or the time is over."""
        self._change.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._change.wait()
        except TimeoutError:
            pass

    def _give_up(self, why: str) -> None:
        """Forget what a host sent that has left, when no connection came about."""
        if self._waiting and not self._was_plugged:
            self._waiting.clear()
            self._tell(f"{self._remote}: {why}; what the host wrote before it left is lost")

    def _complain(self, why: str) -> None:
        if why != self._trouble:
            self._tell(f"{self._remote}: {why}; trying again")
            self._trouble = why
