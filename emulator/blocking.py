"""The emulator for code that is not asynchronous: its event loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from emulator.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from emulator.configuration import Settings
    from emulator.dialogue import Awaited, DialogueLine
    from emulator.state import State
    from firmware_model.outside import Station

_T = TypeVar("_T")
_NOT_RUNNING: Final = "the emulator is not running; use it as 'with BlockingEmulator() as emulator'"


class BlockingEmulator:
    """An :class:`~emulator.emulator.Emulator` as an ordinary context manager; every method may be called by any thread.

    ::

        with BlockingEmulator(Settings(stations=["02:A9:D2:A0:FF:A0"])) as emulator:
            host = serial.Serial(emulator.port, 115200)
            emulator.wait_for("+WIND:32")
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Take the set-up; nothing is opened yet."""
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._emulator: Emulator | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        """Open the port. Raises what :class:`Emulator` raises."""
        entered: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, args=(entered,), name="emulator", daemon=True)
        self._thread.start()
        entered.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch the module off and take the port away."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()
        self._loop = self._emulator = self._thread = None

    @overload
    def run(self, function: Callable[[Emulator], Coroutine[Any, Any, _T]]) -> _T: ...
    @overload
    def run(self, function: Callable[[Emulator], _T]) -> _T: ...
    def run(self, function: Callable[[Emulator], Any]) -> Any:
        """Call ``function`` with the emulator in its event loop, await what it returns if need be, and return that.

        This reaches everything that has no method here: ``emulator.run(lambda it: it.pins.drive(6, 1))``.
        """
        if self._loop is None or self._emulator is None:
            raise RuntimeError(_NOT_RUNNING)
        return asyncio.run_coroutine_threadsafe(_call(function, self._emulator), self._loop).result()

    @property
    def port(self) -> str:
        """The name of the serial port."""
        return self.run(lambda it: it.port)

    @property
    def url(self) -> str:
        """What ``serial.serial_for_url`` opens."""
        return self.run(lambda it: it.url)

    def inject(self, fault: str) -> None:
        """Arm a fault, ``network=refuse@times=1``. Raises ValueError, see docs/faults.md."""
        self.run(lambda it: it.inject(fault))

    @property
    def state(self) -> State:
        """How the module is just now."""
        return self.run(lambda it: it.state)

    @property
    def transcript(self) -> str:
        """The dialogue so far."""
        return self.run(lambda it: it.transcript)

    def wait_for(self, awaited: Awaited, timeout: float | None = 10.0) -> DialogueLine:
        """Wait until the module says it; see :meth:`Emulator.wait_for`. Raises NotSaidError."""
        return self.run(lambda it: it.wait_for(awaited, timeout))

    def press_reset(self) -> None:
        """Pull the module's reset line for an instant."""
        self.run(lambda it: it.press_reset())

    def station_joins(self, station: Station | str) -> None:
        """Let a device join the miniAP. Raises ValueError."""
        self.run(lambda it: it.station_joins(station))

    def map(self, entry: str) -> None:
        """Let an address of the module's network lead to this machine; see :meth:`Emulator.map`. Raises ValueError."""
        self.run(lambda it: it.map(entry))

    def station_leaves(self, mac: str) -> None:
        """Take a device out of range."""
        self.run(lambda it: it.station_leaves(mac))

    def _serve(self, entered: Future[None]) -> None:
        try:
            asyncio.run(self._live(entered))
        except BaseException as failure:
            if entered.done():
                raise
            entered.set_exception(failure)

    async def _live(self, entered: Future[None]) -> None:
        self._stop = asyncio.Event()
        async with Emulator(self._settings) as emulator:
            self._loop, self._emulator = asyncio.get_running_loop(), emulator
            entered.set_result(None)
            await self._stop.wait()


async def _call(function: Callable[[Emulator], Any], emulator: Emulator) -> Any:
    result = function(emulator)
    return await result if inspect.isawaitable(result) else result
