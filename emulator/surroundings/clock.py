"""Clocks: the only place where time is read and waited for.

There are three ways for the module's time to pass:

* :class:`RealClock`: as for everybody else.
* :class:`ScaledClock`: so many times faster, or slower when the factor is below 1. Everything scales: what the
  module does, and how long it waits for others. A time-out of 10 s at factor 100 leaves a server 0.1 s.
* :class:`InstantClock`: what the module does takes no time, what others do takes what it takes.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from contextlib import asynccontextmanager, contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.system_time import POWER_ON_TIME

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from firmware_model.outside import Clock

_SETTLING: Final = 50
"""Passes of the event loop, without a new sleep, after which nothing else is taken to be left to do."""
_REACH: Final = 10.0
"""Seconds that the module may be ahead before a host does something."""
_LONGEST: Final = 60.0
"""Seconds that one leap may take it further."""
_FASTEST: Final = 1000.0


class RealClock:
    """Time as everybody else has it."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Raise TimeoutError when the body takes longer."""
        return asyncio.timeout(seconds)

    def busy(self) -> AbstractContextManager[object]:
        """Do nothing: time passes as it does."""
        return nullcontext()


class ScaledClock:
    """Time that runs ``factor`` times as fast as everybody else's."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def monotonic(self) -> float:
        """Seconds since an arbitrary start, on this clock."""
        return time.monotonic() * self._factor

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds / self._factor)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Raise TimeoutError when the body takes longer."""
        return asyncio.timeout(seconds / self._factor)

    def busy(self) -> AbstractContextManager[object]:
        """Do nothing: time passes as it does."""
        return nullcontext()


class _Sleeper(NamedTuple):
    deadline: float
    number: int
    alarm: asyncio.Future[None]
    slept: float
    """What :meth:`InstantClock.slept` will be."""


class InstantClock:
    """Time that leaps to the next sleeper as soon as nothing else is left to do.

    Sleepers wake in the order of their deadlines, those with the same one in the order in which they went to sleep;
    how fast the machine is makes no difference to that. Three things make time run as for everybody else instead:

    * A wait with a limit is under way (:meth:`timeout`): somebody else's answer, which takes what it takes. So a
      time-out never fires early. Limits themselves are real seconds.
    * The module is 10 s or more ahead since the last :meth:`stimulate`. What goes on for ever when nobody does
      anything, such as scanning for a network that is not there, would otherwise never stop to speak.
    * The next sleeper is more than 60 s away: nobody waits for the next hour's NTP request, and leaps of an hour would
      make a certificate expire while one looks at it.

    While this machine computes something for the module (:meth:`busy`) time stands still.
    """

    def __init__(self) -> None:
        self._sleepers: list[_Sleeper] = []
        self._numbers = count()
        self._now = 0.0
        self._slept = 0.0
        self._ahead = 0.0
        self._leapt = 0.0
        self._limits = 0
        self._busy = 0
        self._passes = 0
        self._walking_since: float | None = None
        self._next: asyncio.Handle | None = None

    def monotonic(self) -> float:
        """Seconds since an arbitrary start: real time and what was leapt over."""
        return time.monotonic() + self._leapt

    def slept(self) -> float:
        """Seconds that the module itself let pass, what it waited for others left out: the same in every run."""
        return self._slept

    async def sleep(self, seconds: float) -> None:
        """Wait for the leap, or for so long."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._settle()
        alarm = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, _Sleeper(self._now + seconds, next(self._numbers), alarm, self._slept + seconds))
        await alarm

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError when the body takes longer, in real seconds; there are no leaps meanwhile."""
        self._limits += 1
        self._settle()
        try:
            async with asyncio.timeout(seconds):
                yield
        finally:
            self._limits -= 1
            self._settle()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Let time stand still: how long this machine computes must make no difference to what happens first."""
        self._busy += 1
        self._settle()
        try:
            yield
        finally:
            self._busy -= 1
            self._settle()

    def stimulate(self) -> None:
        """Note that a host did something: the module may run ahead again."""
        self._ahead = 0.0
        self._settle()

    def _settle(self) -> None:
        """Look anew whether there is something to wait for, once the event loop has been through."""
        self._stop_walking()
        self._passes = _SETTLING
        if self._next is not None:
            self._next.cancel()
        self._next = asyncio.get_running_loop().call_soon(self._pass)

    def _pass(self) -> None:
        self._passes -= 1
        loop = asyncio.get_running_loop()
        while self._sleepers and self._sleepers[0].alarm.done():
            heapq.heappop(self._sleepers)
        if not self._sleepers or self._busy:
            self._next = None
        elif self._passes:
            self._next = loop.call_soon(self._pass)
        else:
            self._go_on(max(0.0, self._sleepers[0].deadline - self._now))

    def _go_on(self, distance: float) -> None:
        """Leap or walk to the next sleeper."""
        if self._limits or self._ahead >= _REACH or distance > _LONGEST:
            loop = asyncio.get_running_loop()
            self._walking_since = loop.time()
            self._next = loop.call_later(distance, self._arrive)
            return
        self._leapt += distance
        self._ahead += distance
        self._wake()

    def _arrive(self) -> None:
        self._stop_walking()
        self._wake()

    def _stop_walking(self) -> None:
        """Take over the real time that has passed while no leap was allowed."""
        if self._walking_since is not None:
            now = asyncio.get_running_loop().time()
            self._now += now - self._walking_since
            self._walking_since = None

    def _wake(self) -> None:
        """Wake the next sleeper; :meth:`_pass` has seen to it that there is one."""
        sleeper = heapq.heappop(self._sleepers)
        self._now = max(self._now, sleeper.deadline)
        self._slept = max(self._slept, sleeper.slept)
        if not sleeper.alarm.done():
            sleeper.alarm.set_result(None)
        self._settle()


def wall_clock(clock: Clock) -> float:
    """The date of a run that begins now, in seconds since 1970 UTC.

    An instant clock has no part in the time of others, and two of its runs are to be alike: they all begin when the
    module's calendar does.
    """
    return POWER_ON_TIME if isinstance(clock, InstantClock) else time.time()


def clock_of(mode: str) -> Clock:
    """The clock for ``real``, ``instant`` or a factor such as ``10`` or ``0.5``. Raises ValueError."""
    if mode == "real":
        return RealClock()
    if mode == "instant":
        return InstantClock()
    try:
        factor = float(mode)
    except ValueError:
        factor = math.nan
    if not 1 / _FASTEST <= factor <= _FASTEST:
        raise ValueError(f"'{mode}' is no way for time to pass; take real, instant, or a factor from 0.001 to 1000")
    return ScaledClock(factor)
