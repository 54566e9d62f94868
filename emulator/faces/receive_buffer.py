"""What the module's UART has received and its firmware has not read yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

CAPACITY: Final = 8192
"""Octets. Assumed: twice the longest piece of data that a known driver sends at once (XC), so that none loses any."""
_NEARLY_FULL: Final = CAPACITY * 3 // 4
"""Where the module lets the host wait, if it can (assumed)."""


class ReceiveBuffer:
    """A buffer that one reader empties as a whole."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._arrival: _Arrival | None = None

    def __len__(self) -> int:
        """How many octets wait."""
        return len(self._octets)

    @property
    def is_nearly_full(self) -> bool:
        """Whether the sender should wait."""
        return len(self._octets) >= _NEARLY_FULL

    @property
    def room(self) -> int:
        """How many octets fit in; what does not is for the caller to lose, or to keep all the same."""
        return max(0, CAPACITY - len(self._octets))

    def put(self, octets: bytes) -> None:
        """Append octets and wake the reader; where no task is at work it has read them when this returns."""
        self._octets += octets
        if octets and self._arrival is not None:
            self._arrival.happen()

    async def wait(self) -> None:
        """Wait until there is something to take."""
        while not self._octets:
            self._arrival = self._arrival or _Arrival()
            await self._arrival

    def take(self) -> bytes:
        """Cut everything."""
        octets = bytes(self._octets)
        self._octets.clear()
        return octets


class _Arrival:
    """Something that one task at a time waits for, again and again, and that lets it go on at once.

    A future would let it go on when the event loop comes round again, which costs as much as all else that the line
    does with a short command. A task takes for a future what has ``_asyncio_future_blocking`` and these methods
    (asyncio.futures.isfuture). It may be entered where none is at work, as in a callback of the event loop.
    """

    _asyncio_future_blocking = False

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._go_on: Callable[[_Arrival], object] | None = None
        """How to let the task go on that waits."""
        self._context: Context | None = None
        self._is_cancelled = False

    def __await__(self) -> Generator[_Arrival, None, None]:
        """Wait for it to happen."""
        self._is_cancelled = False
        self._asyncio_future_blocking = True
        yield self

    def happen(self) -> None:
        """Let the task go on that waits, if there is one."""
        go_on, self._go_on = self._go_on, None
        if go_on is None or self._context is None:
            return
        if asyncio.current_task(self._loop) is None:
            self._context.run(go_on, self)
        else:
            self._loop.call_soon(go_on, self, context=self._context)

    # What the task asks of it

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of whoever waits."""
        return self._loop

    def add_done_callback(self, go_on: Callable[[_Arrival], object], *, context: Context) -> None:
        """Note whom to let go on."""
        self._go_on, self._context = go_on, context

    def cancel(self, msg: Any = None) -> bool:  # noqa: ARG002 - nobody reads it
        """Let the task end that waits; whether there is one that has not been told to go on."""
        go_on, self._go_on = self._go_on, None
        if go_on is None:
            return False
        self._is_cancelled = True
        self._loop.call_soon(go_on, self, context=self._context)
        return True

    def result(self) -> None:
        """Nothing. Raises CancelledError."""
        if self._is_cancelled:
            raise asyncio.CancelledError
