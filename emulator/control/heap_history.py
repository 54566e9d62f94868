"""How much heap was free, and when: looked at with each event, because the heap itself has none."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.events import PoweredOn

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.capture.timeline import Entry, Timeline

_KEPT: Final = 4096
"""Changes that are kept."""


class HeapSample(NamedTuple):
    """So many octets were free from that time on, in seconds since the timeline began."""

    entry: int
    time: float
    free: int


class HeapHistory:
    """The changes of the free heap, oldest first."""

    def __init__(self, timeline: Timeline, free: Callable[[], int]) -> None:
        """``free`` tells the octets that are free just now, once the module has been switched on."""
        self._free = free
        self._is_on = False
        self._samples: deque[HeapSample] = deque(maxlen=_KEPT)
        timeline.subscribe(self._look)

    @property
    def samples(self) -> tuple[HeapSample, ...]:
        """All that are kept."""
        return tuple(self._samples)

    def _look(self, entry: Entry) -> None:
        self._is_on = self._is_on or isinstance(entry.event, PoweredOn)
        if not self._is_on:
            return
        free = self._free()
        if not self._samples or self._samples[-1].free != free:
            self._samples.append(HeapSample(entry.number, entry.time, free))
