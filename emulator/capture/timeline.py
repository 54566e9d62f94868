"""The one event log: every event gets a number and a time, and goes to every reader in that order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from firmware_model.events import TlsSecrets, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.events import Event
    from firmware_model.outside import Clock


class Entry(NamedTuple):
    """One event on the timeline; ``time`` is in seconds since the timeline began."""

    number: int
    time: float
    event: Event


Reader = Callable[[Entry], None]


class _Subscription(NamedTuple):
    reader: Reader
    kinds: tuple[type, ...]
    secrets: bool


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
    """Numbers events and hands them on; it keeps none itself, so it may run for ever.

    An event that nobody listens to costs the look into one dictionary.
    """

    def __init__(self, clock: Clock, *, now: Callable[[], float] | None = None, began: float = 0.0) -> None:
        """Stamp events with ``now``, the clock's own time if not given.

        ``began`` is when that was 0 for the timeline, in seconds since 1970 UTC.
        """
        self.began = began
        self._now = now or clock.monotonic
        self._start = self._now()
        self._count = 0
        self._readers: list[_Subscription] = []
        self._by_kind: dict[type, tuple[Reader, ...]] = {}
        self._waiting: deque[tuple[Entry, tuple[Reader, ...]]] = deque()
        self._delivering = False

    def subscribe(self, reader: Reader, *kinds: type, secrets: bool = False) -> None:
        """Call ``reader`` with every entry from now on, in order; it must not raise.

        With ``kinds`` it gets events of these types only. Secrets (:class:`TlsSecrets`) go to nobody who does not
        ask for them, but count for the numbers in any case.
        """
        self._readers.append(_Subscription(reader, kinds, secrets))
        self._by_kind.clear()

    def unsubscribe(self, reader: Reader) -> None:
        """Call ``reader`` no more; nothing happens when it is not subscribed."""
        self._readers = [subscription for subscription in self._readers if subscription.reader != reader]
        self._by_kind.clear()

    def record(self, event: Event) -> None:
        """Append one event."""
        self._count += 1
        kind = type(event)
        readers = self._by_kind.get(kind)
        if readers is None:
            readers = self._by_kind[kind] = tuple(self._listeners(kind))
        if readers:
            entry = Entry(self._count, self._now() - self._start, event)
            if self._delivering:
                self._waiting.append((entry, readers))
            else:
                self._deliver(entry, readers)

    def _deliver(self, entry: Entry, readers: tuple[Reader, ...]) -> None:
        """Hand on an entry; what a reader records meanwhile waits behind it, so that everybody sees one order."""
        self._delivering = True
        try:
            for reader in readers:
                reader(entry)
            while self._waiting:
                entry, readers = self._waiting.popleft()
                for reader in readers:
                    reader(entry)
        finally:
            # When a reader that must not raise did, what waits behind its entry must not wait for ever.
            self._waiting.clear()
            self._delivering = False

    def _listeners(self, kind: type) -> Iterator[Reader]:
        for reader, kinds, secrets in self._readers:
            if (not kinds or issubclass(kind, kinds)) and (secrets or not issubclass(kind, TlsSecrets)):
                yield reader
