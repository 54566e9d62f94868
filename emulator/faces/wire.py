"""One direction of the serial line: octets come out at the speed at which they are sent.

There is no task and no wake-up for each octet: whatever has been completed by the time that the event loop comes by is
handed over together, at most once in a millisecond of the module's time. The end of each octet is counted from the
beginning of the burst, so that lateness does not add up. An emulator that was held up for long does not hurry,
though: more than :data:`_BURST` octets at once would overrun a host that does read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from typing import Protocol

    from emulator.faces.waveform import Frame
    from firmware_model.outside import Clock

    class Deliver(Protocol):
        """Takes octets that have passed the wire."""

        def __call__(self, octets: bytes, frame: Frame, *, last: bool) -> None:
            """Take them; after the ``last`` the wire rests."""
            ...


_GRAIN: Final = 0.001
"""Seconds of the module's time between two deliveries, unless one octet takes longer."""
_BURST: Final = 4096
"""Octets that may come at once to make up for lateness."""


class _Piece(NamedTuple):
    octets: bytearray
    frame: Frame


class Wire:
    """A queue that empties at the sender's speed; with no clock at once."""

    def __init__(self, clock: Clock | None, deliver: Deliver) -> None:
        """Hand octets to ``deliver``."""
        self._clock = clock
        self._deliver = deliver
        self._pieces: deque[_Piece] = deque()
        self._held = False
        self._news = asyncio.Event()
        """Set whenever the queue became shorter or the wire was let go."""
        self._task: asyncio.Task[None] | None = None
        self.queued = 0
        """Octets that have not come out yet."""

    def put(self, octets: bytes, frame: Frame) -> None:
        """Send octets behind those that wait."""
        if not octets:
            return
        if self._clock is None and not self._held and not self._pieces:
            self._deliver(octets, frame, last=True)
            return
        if self._pieces and self._pieces[-1].frame == frame:
            self._pieces[-1].octets.extend(octets)
        else:
            self._pieces.append(_Piece(bytearray(octets), frame))
        self.queued += len(octets)
        self._go()

    def hold(self, *, held: bool) -> None:
        """Let the sender wait before its next octet, or go on."""
        if held != self._held:
            self._held = held
            self._tell()
            self._go()

    def purge(self) -> None:
        """Forget what has not been sent."""
        self._pieces.clear()
        self.queued = 0
        self._tell()

    def cut_off(self, seconds: float) -> int:
        """Forget what would come out more than so many seconds of the module's time from now; how many octets."""
        if self._clock is None:
            return 0
        before = self.queued
        for piece in self._pieces:
            del piece.octets[int(seconds / piece.frame.seconds) :]
            seconds -= len(piece.octets) * piece.frame.seconds
        self._pieces = deque(piece for piece in self._pieces if piece.octets)
        self.queued = sum(len(piece.octets) for piece in self._pieces)
        self._tell()
        return before - self.queued

    async def shorter_than(self, count: int) -> None:
        """Wait until fewer than ``count`` octets wait."""
        while self.queued >= count:
            await self._news.wait()

    async def close(self) -> None:
        """End what is under way."""
        self.purge()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _tell(self) -> None:
        """Wake whoever waits for news."""
        self._news.set()
        self._news = asyncio.Event()

    def _go(self) -> None:
        if self._clock is not None:
            if self._pieces and self._task is None:
                self._task = asyncio.create_task(self._send_in_time(self._clock), name="serial line")
            return
        while self._pieces and not self._held:
            self._take(len(self._pieces[0].octets))

    async def _send_in_time(self, clock: Clock) -> None:
        """Empty the queue at the senders' speed."""
        begins = clock.monotonic()
        try:
            while self._pieces:
                if self._held:
                    await self._news.wait()
                    begins = clock.monotonic()
                else:
                    begins = await self._send_some(clock, begins)
        finally:
            self._task = None

    async def _send_some(self, clock: Clock, begins: float) -> float:
        """Send what takes a grain, and what should be through by then; the first octet ``begins`` at that time.

        The result is when the next one does.
        """
        piece = self._pieces[0]
        seconds = piece.frame.seconds
        count = min(len(piece.octets), ceil(_GRAIN / seconds))
        await clock.sleep(max(0.0, begins + count * seconds - clock.monotonic()))
        now = clock.monotonic()
        if not self._held:
            count = min(max(count, int((now - begins) / seconds)), len(piece.octets), _BURST)
        if self._pieces and self._pieces[0] is piece:
            self._take(count)
        ends = begins + count * seconds
        return ends if count < _BURST else max(ends, now)

    def _take(self, count: int) -> None:
        """Hand over the first ``count`` octets of the first piece."""
        piece = self._pieces[0]
        if count < len(piece.octets):
            octets = bytes(piece.octets[:count])
            del piece.octets[:count]
        else:
            octets = bytes(piece.octets)
            self._pieces.popleft()
        self.queued -= len(octets)
        self._tell()
        self._deliver(octets, piece.frame, last=not self._pieces)
