"""The SPI bus between a master and the module: four wires and the interrupt line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from emulator.capture.timeline import HostPresent
from emulator.faces.spi.events import InterruptLine, SpiClocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.outside import SpiSlave, Timeline

UNDRIVEN: Final = b"\xff"
"""What a master clocks in while nobody drives MISO (assumed: a pull-up)."""


class Bus:
    """Implements the module's :class:`~firmware_model.outside.SpiBus`; every exchange is recorded once."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._slave: SpiSlave | None = None
        self._watchers: list[Callable[[bool], None]] = []
        self.interrupt_is_low = False
        self.is_selected = True
        """Whether chip select is low; it is until the master says otherwise."""
        self.host_seen = asyncio.Event()
        """Set when a master has come for the first time."""

    # The module

    def connect(self, slave: SpiSlave) -> None:
        """Let ``slave`` answer."""
        self._slave = slave

    def set_interrupt(self, *, low: bool) -> None:
        """Drive the interrupt line."""
        if low != self.interrupt_is_low:
            self.interrupt_is_low = low
            self._timeline.record(InterruptLine(int(not low)))
            for watcher in tuple(self._watchers):
                watcher(low)

    # The master

    def exchange(self, octets: bytes) -> bytes:
        """Clock octets out, and as many in."""
        heard = self._slave is not None and self.is_selected
        answer = self._slave.exchange(octets) if self._slave is not None and heard else UNDRIVEN * len(octets)
        self._timeline.record(SpiClocked(octets, answer))
        return answer

    def watch(self, watcher: Callable[[bool], None]) -> Callable[[], None]:
        """Call ``watcher`` with each change of the interrupt line, true for low; the result ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def host_changed(self, *, present: bool) -> None:
        """Note that a master came or went; chip select is low again for the next one."""
        self._timeline.record(HostPresent(present))
        self.is_selected = True
        if present:
            self.host_seen.set()
