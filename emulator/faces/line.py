"""The serial line: what stands between the module's UART and the face whose host is there.

::

    module's UART -> wire -> host's receiver -> face         octets take their time on a wire, and a receiver
    module's UART <- buffer <- receiver <- wire <- face      makes of them what its own settings say

With flow control (``console_hwfc`` 1, and a host that heeds it) each end stops the other before its buffer is full.
Without, what does not fit is lost. A line that is not *paced* takes no time and loses nothing: there the ends wait for
each other as if there were flow control. A wrong speed is as wrong there.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from emulator.capture.timeline import HostPresent, UartReceived, UartSent
from emulator.faces.ends import Ends
from emulator.faces.events import HostBreak, HostDrives, HostSetUp, ModuleSetUp, ReceiverNoticed
from emulator.faces.face import NO_ERRORS, LineErrors, LineSettings, ModemLines
from emulator.faces.ownership import Ownership
from emulator.faces.receive_buffer import ReceiveBuffer
from emulator.faces.remarks import Remarks
from emulator.faces.waveform import Receiver
from emulator.faces.wire import Wire
from firmware_model.events import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.face import Face
    from emulator.faces.waveform import Frame, Heard
    from firmware_model.outside import Clock, Timeline, UartSettings

HOST_BUFFER: Final = 4096
"""Octets that the driver of the host's serial port keeps for a host that does not read (assumed)."""
_SEND_BUFFER: Final = 1024
"""Octets that the module may be ahead of the wire (assumed)."""
_SEND_LIMIT: Final = 65536
"""Octets that a module which the host does not let send piles up before it loses some (assumed)."""
_WAITING: Final = 4096
_WAITING_NO_MORE: Final = 1024
"""Octets from the host waiting for the wire, at which the face is told to stop reading and to go on."""
_CLOSING_WAIT: Final = 30
"""Seconds in which what a host wrote before it left may still leave its port: Linux's drivers give up then as well."""


class Line:
    """The module's UART on one side, the host's end on the other; every octet passes here and is recorded once."""

    def __init__(self, timeline: Timeline, clock: Clock | None = None) -> None:
        """Let octets take their time on ``clock``; without one they take none."""
        self._timeline = timeline
        self._is_paced = clock is not None
        self._ownership = Ownership(self._hand_over)
        self._to_host, self._from_host = Wire(clock, self._reach_host), Wire(clock, self._reach_module)
        self._host_hears, self._module_hears = Receiver(), Receiver()
        self._received = ReceiveBuffer()
        self._ends = Ends(LineSettings(), None)
        self._driven = HostDrives(None, None)
        self._break = False
        self._is_off = False
        self._face_waits = False
        self._host_is_full: asyncio.Task[None] | None = None
        self._noticed = NO_ERRORS
        self._shown = ModemLines()
        self._remarks = Remarks(timeline)
        self._reset_pin: str | None = None
        self._reset_is_held = False
        self._hold_reset: Callable[[bool], None] = lambda _held: None
        self.host_seen = asyncio.Event()
        """Set when a host has opened the port for the first time."""

    def wire_reset(self, pin: str, hold_reset: Callable[[bool], None]) -> None:
        """Let ``pin``, the host's ``dtr`` or ``rts``, hold the module in reset while it is asserted."""
        self._reset_pin = pin
        self._hold_reset = hold_reset

    async def close(self) -> None:
        """End what is under way on the line."""
        await self._to_host.close()
        await self._from_host.close()
        if self._host_is_full is not None:
            self._host_is_full.cancel()

    async def host_opened(self) -> None:
        """Wait until a host has come for the first time, and is through with opening its port."""
        await self.host_seen.wait()
        if (face := self._ownership.owner) is not None:
            await face.opened()

    # The host's end

    @property
    def host(self) -> str | None:
        """The name of the face whose host is there; None while nobody is."""
        owner = self._ownership.owner
        return None if owner is None else owner.name

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
        """Take octets from the host; what it sends during a break is lost in it."""
        if not self._break:
            self._from_host.put(octets, self._ends.host_frame)
            self._let_face_wait()

    def purge(self) -> None:
        """Forget octets from the host that are not on their way yet."""
        self._from_host.purge()
        self._let_face_wait()

    def configure(self, settings: LineSettings) -> None:
        """Note how the host set up its end; octets that are on their way keep what they were sent with."""
        if settings != self._ends.host:
            self._timeline.record(HostSetUp(settings))
            self._set_ends(replace(self._ends, host=settings))

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Note what the host drives."""
        before = self._driven
        driven = HostDrives(before.dtr if dtr is None else dtr, before.rts if rts is None else rts)
        if driven != before:
            self._timeline.record(driven)
            self._obey(driven)

    def set_break(self, *, asserted: bool) -> None:
        """Note a break, which the module ignores (assumed)."""
        if asserted != self._break:
            self._break = asserted
            self._timeline.record(HostBreak(asserted))

    # The module's UART

    def set_up(self, settings: UartSettings) -> None:
        """Run at the module's settings from now on."""
        was_off, self._is_off = self._is_off, False
        if was_off or settings != self._ends.module:
            self._timeline.record(ModuleSetUp(settings))
        self._remarks.is_over("off")
        self._set_ends(replace(self._ends, module=settings))

    def shut_down(self) -> None:
        """Be off until the next set-up: nothing is sent, and what arrives is lost."""
        self._is_off = True
        self._to_host.purge()
        self._received.take()
        self._timeline.record(ModuleSetUp(None))
        self._settle()

    async def read(self) -> bytes:
        """Wait for the next octets from the host."""
        received = self._received
        await received.wait()
        if not received.is_nearly_full:
            return received.take()
        octets = received.take()
        self._remarks.is_over("module overrun")
        self._settle()
        return octets

    def write(self, data: bytes) -> None:
        """Send octets to the host."""
        if self._to_host.queued < _SEND_LIMIT:
            self._to_host.put(data, self._ends.module_frame)
        else:
            self._remarks.make("stuck", "octets of the module are lost: the host has not let it send for too long")
        self._timeline.record(UartSent(data))

    async def drain(self) -> None:
        """Wait until the module may write on."""
        if self._to_host.queued >= _SEND_BUFFER:
            await self._to_host.shorter_than(_SEND_BUFFER)
        if not self._is_paced and (face := self._ownership.owner) is not None:
            await face.drain()

    # On the way

    def _reach_host(self, octets: bytes, frame: Frame, *, last: bool) -> None:
        """Octets of the module are through."""
        face = self._ownership.owner
        if face is None:
            return
        heard = self._host_hears.hear(octets, frame, self._ends.host_frame, last=last)
        if heard.octets is not octets:
            self._remark_garbage(octets, heard)
            self._notice(face, heard.errors)
        if not self._is_paced:
            face.send(heard.octets)
        elif self._ends.stop_each_other:
            face.send(heard.octets)
            self._heed_backlog(face)
        else:
            self._send_what_fits(face, heard.octets)

    def _send_what_fits(self, face: Face, octets: bytes) -> None:
        backlog = face.backlog
        room = max(0, HOST_BUFFER - backlog)
        if len(octets) > room:
            self._notice(face, LineErrors.OVERRUN)
            self._remarks.make("host overrun", self._ends.why_host_loses())
        elif not backlog:
            self._noticed &= ~LineErrors.OVERRUN
            self._remarks.is_over("host overrun")
        face.send(octets[:room])

    def _heed_backlog(self, face: Face) -> None:
        """Send nothing while the host's buffer is full, as it would say by RTS."""
        if face.backlog >= HOST_BUFFER and self._host_is_full is None:
            self._host_is_full = asyncio.create_task(self._wait_for(face), name="host's RTS")
            self._settle()

    async def _wait_for(self, face: Face) -> None:
        await face.drain()
        if self._host_is_full is asyncio.current_task():
            self._host_is_full = None
            self._settle()

    def _reach_module(self, octets: bytes, frame: Frame, *, last: bool) -> None:
        """Octets of the host are through. The face is asked for more only then: it may have some at once."""
        self._arrive(octets, frame, last=last)
        self._let_face_wait()

    def _arrive(self, octets: bytes, frame: Frame, *, last: bool) -> None:
        """Let the module have octets of the host; it drops breaks (assumed)."""
        if self._is_off:
            self._remarks.make("off", "what the host sends is lost: the module is held in reset")
            return
        heard = self._module_hears.hear(octets, frame, self._ends.module_frame, last=last)
        if heard.octets is not octets:
            self._remark_garbage(octets, heard)
        arrived = heard.octets_without_breaks
        if self._is_paced and not self._ends.stop_each_other and len(arrived) > self._received.room:
            self._remarks.make("module overrun", self._ends.why_module_loses())
            arrived = arrived[: self._received.room]
        if arrived:
            self._timeline.record(UartReceived(arrived))
            self._received.put(arrived)
            if self._received.is_nearly_full:
                self._settle()

    def _remark_garbage(self, sent: bytes, heard: Heard) -> None:
        """Say why not everything was heard as it was sent, unless that was corrected meanwhile."""
        if heard.octets != sent and not self._ends.understand_each_other:
            self._remarks.make("garbage", self._ends.why_garbage())

    def _notice(self, face: Face, errors: LineErrors) -> None:
        """Let the host see what its receiver noticed; the timeline, what is new about that."""
        if not errors:
            return
        face.report(errors)
        if news := errors & ~self._noticed:
            self._noticed |= news
            self._timeline.record(ReceiverNoticed(news))

    # What stops and starts

    def _set_ends(self, ends: Ends) -> None:
        before, self._ends = self._ends, ends
        self._noticed = NO_ERRORS
        self._remarks.is_over("garbage", "host overrun", "module overrun")
        face = self._ownership.owner
        if face is not None and before.module != ends.module:
            face.follow(ends.module_settings)
        self._settle()

    def _obey(self, driven: HostDrives) -> None:
        """Do what the host's modem lines say."""
        self._driven = driven
        held = self._reset_pin is not None and getattr(driven, self._reset_pin) is True
        if held != self._reset_is_held:
            self._reset_is_held = held
            self._hold_reset(held)
        self._settle()

    def _settle(self) -> None:
        """Hold both directions or let them go, as things are now."""
        rts_is_off = self._ends.module_heeds_rts and self._driven.rts is False
        self._to_host.hold(held=rts_is_off or self._host_is_full is not None)
        waits = self._received.is_nearly_full and (self._ends.stop_each_other or not self._is_paced)
        self._from_host.hold(held=waits and not self._is_off)
        lines = self._lines
        if lines != self._shown and (face := self._ownership.owner) is not None:
            self._shown = lines
            face.show(lines)

    @property
    def _lines(self) -> ModemLines:
        """CTS is the module's RTS; DSR and CD say that it is on."""
        is_on = self._ends.module is not None and not self._is_off
        return ModemLines(cts=not (self._ends.module_heeds_rts and self._received.is_nearly_full), dsr=is_on, cd=is_on)

    def _let_face_wait(self) -> None:
        """Stop the face when enough octets wait for the wire, and start it again."""
        waits = self._from_host.queued > (_WAITING_NO_MORE if self._face_waits else _WAITING)
        if waits == self._face_waits:
            return
        self._face_waits = waits
        if (face := self._ownership.owner) is not None:
            (face.pause if waits else face.resume)()

    def _end_sending(self) -> None:
        """Let what a host has written that left be sent, unless the next one would have to wait too long for that."""
        if lost := self._from_host.cut_off(_CLOSING_WAIT):
            why = f"they would take longer than {_CLOSING_WAIT} s at its speed"
            self._timeline.record(Note(f"{lost} octets of the host that has left were lost: {why}"))
            self._let_face_wait()

    def _hand_over(self, before: Face | None, after: Face | None) -> None:
        """Begin anew with another face's host."""
        self._host_hears = Receiver()
        self._host_is_full = None
        self._break = False
        if before is not None:
            self._timeline.record(HostPresent(False))
            if self._face_waits:
                before.resume()
            self._end_sending()
        self._set_ends(replace(self._ends, host=LineSettings()))
        self._obey(HostDrives(None, None))
        if after is not None:
            self._timeline.record(HostPresent(True))
            if self._face_waits:
                after.pause()
            after.follow(self._ends.module_settings)
            self._shown = self._lines
            after.show(self._shown)
            self.host_seen.set()
