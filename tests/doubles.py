"""Doubles of what the module needs from outside, for every room's tests."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, TypeVar

from emulator.surroundings.clock import RealClock
from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import Event
from firmware_model.faults import DueFault, FaultPoint
from firmware_model.outside import Address
from firmware_model.tables.faults import BY_NAME, find_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_Event = TypeVar("_Event", bound=Event)


class RecordingTimeline:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[_Event]) -> list[_Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


class ArmedFaults:
    """Every fault that is armed fires each time; ``asked`` are the occasions of each point, in order."""

    def __init__(self, *names: str) -> None:
        self._armed: list[DueFault] = []
        self.asked: list[tuple[FaultPoint, str]] = []
        self.arm(*names)

    def arm(self, *names: str) -> None:
        """Arm faults by name, with a number behind the last colon if it is one."""
        for name in names:
            base, _, number = name.rpartition(":")
            fault = find_fault(name)
            if fault is not None:
                self._armed.append(DueFault(fault, fault.default))
            else:
                self._armed.append(DueFault(BY_NAME[base], int(number)))

    def disarm(self) -> None:
        self._armed.clear()

    def concerns(self, point: FaultPoint) -> bool:
        return any(due.fault.point is point for due in self._armed)

    def due(self, point: FaultPoint, occasion: str = "") -> tuple[DueFault, ...]:
        self.asked.append((point, occasion))
        return tuple(due for due in self.every(point) if f"{occasion} ".startswith(due.fault.where))

    def every(self, point: FaultPoint) -> tuple[DueFault, ...]:
        """What is armed at ``point``, whatever the occasion."""
        return tuple(due for due in self._armed if due.fault.point is point)


class SteppedClock(RealClock):
    """Time that stands still until somebody sets it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class LeapingClock(SteppedClock):
    """Time that passes only where somebody waits, all at once; ``slept`` says how long each wait was."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class FallibleFlash(MemoryFlash):
    """While ``broken`` every access fails and changes nothing; ``stores`` counts the good writes."""

    def __init__(self, areas: Mapping[str, bytes] | None = None) -> None:
        super().__init__(areas)
        self.broken = False
        self.stores = 0

    def load(self, area: str) -> bytes | None:
        self._check()
        return super().load(area)

    def store(self, area: str, content: bytes) -> None:
        self._check()
        super().store(area, content)
        self.stores += 1

    def erase(self, area: str) -> None:
        self._check()
        super().erase(area)

    def _check(self) -> None:
        if self.broken:
            raise OSError("flash failure")


class TcpStream:
    """A real TCP connection; what was received before a reset can still be read, as from a plain socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.closed = False

    @classmethod
    async def connect(cls, host: str, port: int) -> TcpStream:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @property
    def remote(self) -> Address:
        return Address(*self._socket.getpeername())

    @property
    def number(self) -> int:
        return 0

    async def read(self, limit: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._socket, limit)

    async def write(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def close(self) -> None:
        self.closed = True
        self._socket.close()
