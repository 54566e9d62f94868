"""The serial line between the module's UART and the face whose host is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from emulator.capture.timeline import HostPresent, UartReceived, UartSent
from emulator.faces.events import HostBreak, HostDrives, HostSetUp, ModuleSetUp
from emulator.faces.face import FACTORY_SPEED, FlowControl, LineSettings, ModemLines
from emulator.faces.ownership import Ownership

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.face import Face
    from firmware_model.outside import Timeline, UartSettings

_RECEIVE_LIMIT: Final = 65536
"""Octets that wait for a busy module before the face is told to stop reading."""


class Line:
    """The module's UART on one side, the host's end on the other; every octet passes here and is recorded once."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._ownership = Ownership(self._hand_over)
        self._received = bytearray()
        self._arrival: asyncio.Future[None] | None = None
        self._settings = LineSettings()
        self._driven = HostDrives(None, None)
        self._module: UartSettings | None = None
        self._module_end = LineSettings(FACTORY_SPEED, flow_control=FlowControl.NONE)
        self.host_seen = asyncio.Event()
        """Set when a host has opened the port for the first time."""

    # The host's end

    def claim(self, face: Face) -> str | None:
        """Give the line to a face whose host has come; else one line that says who has it."""
        return self._ownership.claim(face)

    def release(self, face: Face) -> None:
        """Take the line back from a face whose host has gone."""
        self._ownership.release(face)

    def belongs_to(self, face: Face) -> bool:
        """Whether ``face`` has the line."""
        return self._ownership.owner is face

    def on_release(self, wanted: Callable[[], None]) -> None:
        """Call ``wanted`` whenever the line becomes free."""
        self._ownership.on_release(wanted)

    def stand_in(self, face: Face) -> None:
        """Give the line to ``face`` whenever nobody has claimed it."""
        self._ownership.stand_in(face)

    def receive(self, octets: bytes) -> None:
        """Take octets from the host."""
        self._timeline.record(UartReceived(octets))
        self._received += octets
        if (face := self._ownership.owner) is not None and len(self._received) >= _RECEIVE_LIMIT:
            face.pause()
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def purge(self) -> None:
        """Do nothing: whatever the host sends is on its way at once."""

    def configure(self, settings: LineSettings) -> None:
        """Note how the host set up its end."""
        if settings != self._settings:
            self._settings = settings
            self._timeline.record(HostSetUp(settings))

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Note what the host drives."""
        before = self._driven
        driven = HostDrives(before.dtr if dtr is None else dtr, before.rts if rts is None else rts)
        if driven != before:
            self._driven = driven
            self._timeline.record(driven)

    def set_break(self, *, asserted: bool) -> None:
        """Note a break, which the module ignores (assumed)."""
        self._timeline.record(HostBreak(asserted))

    # The module's UART

    def set_up(self, settings: UartSettings) -> None:
        """Run at the module's settings from now on."""
        self._switch(settings)

    def shut_down(self) -> None:
        """Be off until the next set-up."""
        self._switch(None)

    async def read(self) -> bytes:
        """Wait for the next octets from the host."""
        while not self._received:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        octets = bytes(self._received)
        self._received.clear()
        if (face := self._ownership.owner) is not None and len(octets) >= _RECEIVE_LIMIT:
            face.resume()
        return octets

    def write(self, data: bytes) -> None:
        """Send octets to the host."""
        if (face := self._ownership.owner) is not None:
            face.send(data)
        self._timeline.record(UartSent(data))

    async def drain(self) -> None:
        """Wait until the host has taken enough."""
        if (face := self._ownership.owner) is not None:
            await face.drain()

    def _switch(self, settings: UartSettings | None) -> None:
        if settings == self._module:
            return
        self._module = settings
        self._timeline.record(ModuleSetUp(settings))
        if settings is not None:
            flow_control = FlowControl.HARDWARE if settings.flow_control else FlowControl.NONE
            self._module_end = LineSettings(settings.speed, flow_control=flow_control)
        if (face := self._ownership.owner) is not None:
            self._tell(face)

    def _tell(self, face: Face) -> None:
        """Let a face know the module's end of the line."""
        face.follow(self._module_end)
        face.show(self._lines)

    @property
    def _lines(self) -> ModemLines:
        """DSR and CD say that the module is on."""
        on = self._module is not None
        return ModemLines(dsr=on, cd=on)

    def _hand_over(self, before: Face | None, after: Face | None) -> None:
        """Begin anew with another face's host."""
        self._settings = LineSettings()
        self._driven = HostDrives(None, None)
        if before is not None:
            self._timeline.record(HostPresent(False))
            before.resume()
        if after is not None:
            self._timeline.record(HostPresent(True))
            self._tell(after)
            self.host_seen.set()
