"""Serial faults: what a bad cable, or a module in a bad moment, does to the octets, as a wrapper around the UART.

::

    firmware -> FaultyUart -> line -> face -> host

Faults on octets pass for each octet, in either direction (``on=to-host`` or ``on=from-host`` picks one), those on
lines for each line that the module writes, those on indications for each of these.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from firmware_model.faults import FaultPoint
from firmware_model.tables.faults import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from firmware_model.faults import Faults
    from firmware_model.outside import Clock, Entropy, Uart, UartSettings

_TO_HOST: Final = "to-host"
_FROM_HOST: Final = "from-host"
_INDICATION: Final = b"+WIND:"
_MILLISECOND: Final = 0.001
_DROP: Final = BY_NAME["serial=drop"]
_DUPLICATE: Final = BY_NAME["serial=duplicate"]
_CORRUPT: Final = BY_NAME["serial=corrupt"]
_SPLIT: Final = BY_NAME["serial=split"]
_DELAY: Final = BY_NAME["serial=delay"]
_JUNK: Final = BY_NAME["serial=junk-at-boot"]
_LOST_INDICATION: Final = BY_NAME["serial=lost-indication"]
_LATE_INDICATION: Final = BY_NAME["serial=late-indication"]


class _Piece(NamedTuple):
    """Octets for the host, sent ``pause`` seconds after those before them."""

    octets: bytes
    pause: float = 0.0


class FaultyUart:
    """A UART with faults on its line; with none armed it hands everything through."""

    def __init__(self, uart: Uart, faults: Faults, clock: Clock, entropy: Entropy) -> None:
        """Stand in front of ``uart``."""
        self._uart = uart
        self._faults = faults
        self._clock = clock
        self._random = entropy.stream("serial faults")
        self._waiting: deque[_Piece] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def set_up(self, settings: UartSettings) -> None:
        """Run at other settings; junk comes before all else, as it does while a line settles."""
        self._uart.set_up(settings)
        octets = sum(value or 0 for fault, value in self._faults.due(FaultPoint.SERIAL, "boot") if fault is _JUNK)
        if octets:
            self._send(_Piece(self._random.octets(octets)))

    def shut_down(self) -> None:
        """Be off until the next set-up."""
        self._uart.shut_down()

    async def read(self) -> bytes:
        """Wait for what arrives of the next octets from the host."""
        while True:
            octets = self._spoil(await self._uart.read(), _FROM_HOST)
            if octets:
                return octets

    def write(self, data: bytes) -> None:
        """Send octets to the host, or what becomes of them."""
        if not self._faults.concerns(FaultPoint.SERIAL):
            self._send(_Piece(data))
            return
        if data.startswith(_INDICATION):
            due = self._faults.due(FaultPoint.SERIAL, f"indication {data[1:].rstrip().decode('latin-1')}")
            if any(fault is _LOST_INDICATION for fault, _ in due):
                return
            pause = sum(value or 0 for fault, value in due if fault is _LATE_INDICATION)
            if pause:
                self._start(self._send_later(data, pause * _MILLISECOND))
                return
        self._send_line(data)

    async def drain(self) -> None:
        """Wait until the host has taken enough."""
        await self._empty.wait()
        await self._uart.drain()

    async def close(self) -> None:
        """Forget what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()
        self._empty.set()

    def _send_line(self, data: bytes) -> None:
        pause, pieces = 0.0, [data]
        for fault, value in self._faults.due(FaultPoint.SERIAL, f"line {_TO_HOST}"):
            if fault is _DELAY:
                pause += (value or 0) * _MILLISECOND
            elif fault is _SPLIT and len(data) > 1:
                cut = 1 + self._random.below(len(data) - 1)
                pieces = [data[:cut], data[cut:]]
                self._send(_Piece(self._spoil(pieces.pop(0), _TO_HOST), pause))
                pause = (value or 0) * _MILLISECOND
        self._send(_Piece(self._spoil(pieces[-1], _TO_HOST), pause))

    def _spoil(self, octets: bytes, direction: str) -> bytes:
        """What becomes of the octets one by one."""
        if not self._faults.concerns(FaultPoint.SERIAL):
            return octets
        spoilt = bytearray()
        for octet in octets:
            arriving = [octet]
            for fault, _ in self._faults.due(FaultPoint.SERIAL, f"octet {direction}"):
                if fault is _DROP:
                    arriving.clear()
                elif fault is _DUPLICATE:
                    arriving *= 2
                elif fault is _CORRUPT:
                    arriving = [value ^ 1 << self._random.below(8) for value in arriving]
            spoilt += bytes(arriving)
        return bytes(spoilt)

    def _send(self, piece: _Piece) -> None:
        """Send at once, or behind what waits already."""
        if not piece.pause and not self._waiting:
            self._uart.write(piece.octets)
            return
        self._waiting.append(piece)
        if self._empty.is_set():
            self._empty.clear()
            self._start(self._send_waiting())

    async def _send_waiting(self) -> None:
        while self._waiting:
            await self._clock.sleep(self._waiting[0].pause)
            self._uart.write(self._waiting.popleft().octets)
        self._empty.set()

    async def _send_later(self, data: bytes, pause: float) -> None:
        await self._clock.sleep(pause)
        self._send_line(data)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="serial fault")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
