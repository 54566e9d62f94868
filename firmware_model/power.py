"""Power modes: active, power save, deep sleep, standby.

::

                 PMS=1: WIND 66                  PMS=2: WIND 69
    ACTIVE ---------------------> POWER_SAVE    -----------------> deaf until GPIO6 rises: WIND 53, 70, ACTIVE
           <---------------------               PMS=3: WIND 67
                 PMS=0: WIND 32                 -----------------> off for standby_time, then boot with WIND 68

What the sources say is the numbers and their order (XC-CMD, XC-IF, XC-SPI). That GPIO6 wakes the module from both
sleeps is concluded from its role (GHI-DOC, error 21); that nothing else does, and that the console hears nothing
meanwhile, is assumed.

Without PMS the module sleeps by itself when the console has been silent: with ``sleep_enabled`` after a moment, with
``standby_enabled`` after ``standby_time`` seconds, and never while GPIO6 is high (all of it assumed; what the variables
are for is their names, and that XC-IF sets them for its low power profiles).
"""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeVar

from firmware_model.air import Hindrance
from firmware_model.events import Note
from firmware_model.first import first_done
from firmware_model.radio.state import WifiState
from firmware_model.tables.indications import Indication
from firmware_model.tables.pins import Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from firmware_model.board import Indicate
    from firmware_model.console.spi_slave import SpiSlave
    from firmware_model.led import Led
    from firmware_model.outside import Outside, Uart
    from firmware_model.pins import Pins
    from firmware_model.storage.configuration import Configuration

_T = TypeVar("_T")
_NUL: Final = b"\0"


class PowerMode(IntEnum):
    """What PMS sets."""

    ACTIVE = 0
    POWER_SAVE = 1
    DEEP_SLEEP = 2
    STANDBY = 3


class Power:
    """The power mode of one module, from power-on to power-off.

    A sleep begins when the console has nothing left to say and asks for more input (see :meth:`listen`).
    """

    def __init__(
        self,
        outside: Outside,
        configuration: Configuration,
        pins: Pins,
        led: Led,
        indicate: Indicate,
        spi: SpiSlave | None = None,
    ) -> None:
        self.save: Callable[[bool], None] = lambda _on: None
        """Told whether the radio is to save power."""
        self.idle = 0.0
        """Seconds of silence after which ``sleep_enabled`` lets the module sleep; the firmware decides."""
        self._outside = outside
        self._configuration = configuration
        self._pins = pins
        self._led = led
        self._indicate = indicate
        self._spi = spi
        self._entering_standby = asyncio.Event()
        self._slept = 0.0
        self.mode = PowerMode.ACTIVE

    @property
    def seconds_asleep(self) -> float:
        """Time spent in deep sleep and standby since power-on."""
        return self._slept

    def reset(self) -> None:
        """Be active again."""
        self.mode = PowerMode.ACTIVE
        self._entering_standby.clear()

    def set(self, mode: PowerMode, wifi_state: WifiState) -> None:
        """Change the mode; a sleep begins after the reply.

        Leaving power save is told by WIND 32 (XC-IF waits for it), while the radio is on. When the radio does not
        enter it, the mode stays what it was: WIND 12.
        """
        if mode is PowerMode.POWER_SAVE and self._outside.air.hinders(Hindrance.POWER_SAVE):
            self._indicate(Indication.WIFI_PS_MODE_FAILURE)
            return
        self.mode = mode
        if mode in (PowerMode.ACTIVE, PowerMode.POWER_SAVE):
            self.save(mode is PowerMode.POWER_SAVE)
        match mode:
            case PowerMode.ACTIVE if wifi_state >= WifiState.IDLE:
                self._indicate(Indication.WIFI_HARDWARE_STARTED)
            case PowerMode.POWER_SAVE:
                self._indicate(Indication.LOW_POWER_MODE_ENABLED)
            case PowerMode.DEEP_SLEEP:
                self._indicate(Indication.GOING_INTO_DEEPSLEEP)
            case PowerMode.STANDBY:
                self._indicate(Indication.GOING_INTO_STANDBY, self._configuration.get("standby_time"))

    @property
    def patience(self) -> float | None:
        """Seconds of silence on the console after which the module sleeps by itself; None for never.

        ``standby_enabled`` counts before ``sleep_enabled``.
        """
        number = self._configuration.integer
        if number("standby_enabled"):
            return number("standby_time") or None
        return self.idle if number("sleep_enabled") else None

    async def listen(self, read: Callable[[], Awaitable[_T]], at_rest: Callable[[], bool]) -> _T:
        """Read from the host, as long as the module is awake.

        While ``at_rest`` says so, waiting for the host is what the module counts as silence: see :attr:`patience`.
        """
        while True:
            await self._sleep_if_told()
            patience = self.patience if at_rest() else None
            if patience is None:
                return await read()
            try:
                async with self._outside.clock.timeout(patience):
                    return await read()
            except TimeoutError:
                self._sleep_by_itself()

    def _sleep_by_itself(self) -> None:
        """Begin the sleep that the configuration asks for, unless GPIO6 is high, which keeps the module awake."""
        if self._pins.level(Role.WAKE_UP):
            return
        mode = PowerMode.STANDBY if self._configuration.integer("standby_enabled") else PowerMode.DEEP_SLEEP
        self.set(mode, WifiState.IDLE)

    async def _sleep_if_told(self) -> None:
        """Sleep as long as the mode says so; from standby only a new start leads back, so it never returns."""
        if self.mode in (PowerMode.DEEP_SLEEP, PowerMode.STANDBY) and self._spi is not None:
            await self._spi.flushed()
        if self.mode is PowerMode.DEEP_SLEEP:
            await self._be_deaf("asleep: raise GPIO6 to wake it")
            self.mode = PowerMode.ACTIVE
            self._indicate(Indication.WAKEUP)
            self._indicate(Indication.RESUMING_FROM_DEEPSLEEP)
        elif self.mode is PowerMode.STANDBY:
            self._entering_standby.set()
            await asyncio.get_running_loop().create_future()

    async def standby_begins(self) -> None:
        """Wait until the module has to be switched off."""
        await self._entering_standby.wait()

    async def stand_by(self, interruption: Awaitable[object]) -> None:
        """Stay without power for ``standby_time`` seconds, or until GPIO6 rises or ``interruption`` comes.

        The UART's line is low all the while, which hosts read as NUL octets (XC-UART skips them); they get one.
        """
        if self._spi is None:
            self._outside.uart.write(_NUL)
            self._note("the module is in standby; a host sees NUL octets on the line, of which this sends one")
        seconds = self._configuration.integer("standby_time")
        hint = f"in standby: wait {seconds} s or raise GPIO6"
        await self._be_deaf(hint, self._outside.clock.sleep(seconds), interruption)

    async def _be_deaf(self, hint: str, *ends: Awaitable[object]) -> None:
        """Lose what the host sends until GPIO6 rises or one of ``ends`` is done."""
        clock = self._outside.clock
        began = clock.monotonic()
        try:
            with self._led.dark():
                await first_done(self._pins.rise(Role.WAKE_UP), self._lose_input(hint), *ends)
        finally:
            self._slept += clock.monotonic() - began

    async def _lose_input(self, hint: str) -> None:
        listen = self._outside.uart.read if self._spi is None else self._spi.overhear
        await listen()
        self._note(f"what the host sends is lost, the module is {hint}")
        while True:
            await listen()

    def _note(self, text: str) -> None:
        self._outside.timeline.record(Note(text))


class ConsoleUart:
    """The UART as the console has it: whoever asks it for input while the module sleeps waits that long."""

    def __init__(self, uart: Uart, power: Power, at_rest: Callable[[], bool]) -> None:
        self._uart = uart
        self._power = power
        self._at_rest = at_rest
        self.set_up = uart.set_up
        self.shut_down = uart.shut_down
        self.write = uart.write
        self.drain = uart.drain

    async def read(self) -> bytes:
        """Wait for octets that arrive while the module is awake."""
        return await self._power.listen(self._uart.read, self._at_rest)
