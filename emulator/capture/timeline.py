"""The one event log: every event gets a number and a time, and goes to every reader in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firmware_model.events import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.events import Event
    from firmware_model.outside import Clock


class Entry(NamedTuple):
    """One event on the timeline; ``time`` is in seconds since the timeline began."""

    number: int
    time: float
    event: Event


class UartReceived(NamedTuple):
    """Octets arrived from the host."""

    octets: bytes

    def __str__(self) -> str:
        return f"uart <- {shown(self.octets)}"


class UartSent(NamedTuple):
    """Octets went to the host."""

    octets: bytes

    def __str__(self) -> str:
        return f"uart -> {shown(self.octets)}"


class HostPresent(NamedTuple):
    """The host opened the port (or closed it, when ``present`` is false)."""

    present: bool

    def __str__(self) -> str:
        return f"the host {'opened' if self.present else 'closed'} the port"


class Timeline:
    """Numbers events and hands them on; it keeps none itself, so it may run for ever."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._count = 0
        self._readers: list[Callable[[Entry], None]] = []

    def subscribe(self, reader: Callable[[Entry], None]) -> None:
        """Call ``reader`` with every entry from now on, in order; it must not raise."""
        self._readers.append(reader)

    def record(self, event: Event) -> None:
        """Append one event."""
        self._count += 1
        if self._readers:
            entry = Entry(self._count, self._clock.monotonic() - self._began, event)
            for reader in self._readers:
                reader(entry)
