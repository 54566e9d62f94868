"""A clock that a test moves by hand: time passes when it says so, and in no other way."""

from __future__ import annotations

import asyncio
import heapq
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

_PASSES = 20


class SteppedClock:
    """Stands still until :meth:`advance`; ``oversleeps`` seconds pass beyond each sleep's end."""

    def __init__(self, oversleeps: float = 0.0) -> None:
        self.now = 0.0
        self.sleeps = 0
        """How often somebody went to sleep."""
        self._oversleeps = oversleeps
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self.sleeps += 1
        alarm = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds + self._oversleeps, next(self._numbers), alarm))
        await alarm

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        del seconds
        return asyncio.timeout(None)

    def busy(self) -> AbstractContextManager[object]:
        return nullcontext()

    async def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens meanwhile."""
        await give_way()
        end = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, alarm = heapq.heappop(self._sleepers)
            if not alarm.done():
                alarm.set_result(None)
            await give_way()
        self.now = end

    async def run_dry(self) -> float:
        """Let time pass until nobody sleeps any more; the time at which the last one woke."""
        await give_way()
        while self._sleepers:
            await self.advance(self._sleepers[0][0] - self.now)
        return self.now


async def give_way() -> None:
    """Let everybody do what there is to do now."""
    for _ in range(_PASSES):
        await asyncio.sleep(0)
