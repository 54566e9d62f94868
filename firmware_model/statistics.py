"""What SSXSTS counts: the connections of all parts since the start.

Every part tells the timeline what it does to the network; this one listens and passes it on.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from firmware_model.events import SocketClosed, SocketFailed, SocketOpened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.events import Event
    from firmware_model.outside import Timeline

_COUNTED: Final = MappingProxyType({SocketOpened: "opened", SocketFailed: "failed", SocketClosed: "closed"})


class NetworkStatistics:
    """A timeline that counts connections on the way to ``timeline``."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._counts: Counter[type] = Counter()

    def record(self, event: Event) -> None:
        """Count the event, if it is one of a connection, and pass it on."""
        if type(event) in _COUNTED:
            self._counts[type(event)] += 1
        self._timeline.record(event)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """What was counted, and how often it happened."""
        return ((name, self._counts[kind]) for kind, name in _COUNTED.items())
