"""The last entries of the timeline, for readers that come later and read at their own speed.

Readers hold a place, not a queue: however slow or many they are, what is kept is bounded, and the module never waits.
Who has fallen behind what is kept is told how many entries are gone, and goes on from there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry, Timeline

MOST_ENTRIES: Final = 20_000
MOST_OCTETS: Final = 16 * 1024 * 1024
BATCH: Final = 500
"""Entries that a reader gets at once at most."""


class Batch(NamedTuple):
    """Entries in order; before the first of them so many are gone for good."""

    entries: tuple[Entry, ...]
    lost: int
    place: int
    """Where to go on."""


class EventLog:
    """Keeps the newest entries of a timeline, bounded in number and in octets."""

    def __init__(self, timeline: Timeline, *, entries: int = MOST_ENTRIES, octets: int = MOST_OCTETS) -> None:
        """Keep at most so many entries, and octets in them."""
        self._most_entries = entries
        self._most_octets = octets
        self._kept: deque[Entry] = deque()
        self._octets = 0
        self._gone = 0
        """How many entries were dropped: the place of the first that is kept."""
        self._news: asyncio.Event | None = None
        """Set when there is something new; None while nobody waits."""
        self._closed = False
        timeline.subscribe(self._take)

    @property
    def first(self) -> int:
        """The number of the oldest entry that is kept, 0 for none."""
        return self._kept[0].number if self._kept else 0

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 for none."""
        return self._kept[-1].number if self._kept else 0

    @property
    def end(self) -> int:
        """The place behind the newest entry."""
        return self._gone + len(self._kept)

    def place_after(self, number: int) -> int:
        """The place of the first entry with a higher number."""
        return self._gone + sum(1 for entry in self._kept if entry.number <= number)

    def read(self, place: int, limit: int = BATCH) -> Batch:
        """The entries from a place on, as far as they are kept."""
        lost = max(0, self._gone - place)
        start = place + lost - self._gone
        entries = tuple(islice(self._kept, start, start + limit))
        return Batch(entries, lost, place + lost + len(entries))

    async def wait(self, place: int) -> bool:
        """Wait until there is an entry at a place; False when there will be none any more."""
        while place >= self.end and not self._closed:
            self._news = self._news or asyncio.Event()
            await self._news.wait()
        return not self._closed

    def close(self) -> None:
        """Let readers that wait know that nothing more comes."""
        self._closed = True
        self._wake()

    def _take(self, entry: Entry) -> None:
        self._kept.append(entry)
        self._octets += _size(entry)
        while len(self._kept) > self._most_entries or (self._octets > self._most_octets and len(self._kept) > 1):
            self._octets -= _size(self._kept.popleft())
            self._gone += 1
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            news.set()


def _size(entry: Entry) -> int:
    return sum(len(field) for field in entry.event if isinstance(field, bytes))
