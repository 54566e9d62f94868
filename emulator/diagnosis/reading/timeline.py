"""The emulator's own timeline as JSON lines (docs/timeline.md), or what another program wrote in that form.

The events ``tcp_data`` hold what went over each TCP connection, ``tcp_closed`` how it ended; all others are passed
over.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.diagnosis.handshakes.connection import Connection
from emulator.diagnosis.reading.conversation import End, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.reading.conversation import Side
    from emulator.diagnosis.reading.octets import Notes

FORMAT: Final = "spwf04sx timeline"
_MOST: Final = 1024
"""Connections that are followed at a time; the module has ten sockets, a fleet's timeline may have more."""
_SIDES: Final[dict[object, Side]] = {"sent": 0, "received": 1}
_CLOSERS: Final[dict[str, Side]] = {"module": 0, "peer": 1}


class _Head(NamedTuple):
    """The line that describes a run; ``began`` is in epoch seconds."""

    began: float | None


class _Data(NamedTuple):
    """Octets of a connection."""

    number: int
    time: float
    connection: int
    ends: tuple[str, str]
    side: Side
    octets: bytes


class _Closed(NamedTuple):
    """One side closed a connection, or reset it."""

    number: int
    time: float
    connection: int
    by: str
    reset: bool


class TimelineLog:
    """Feed it lines, then :meth:`end`; it tells what it found."""

    def __init__(self, tell: Callable[[Finding], None], notes: Notes) -> None:
        self._tell = tell
        self._notes = notes
        self._began: float | None = None
        self._open: OrderedDict[int, Connection] = OrderedDict()
        self._closed: dict[int, set[str]] = {}
        self._last = Place("entry", 0)

    def line(self, text: str, _: Place) -> None:
        """Take one line; one that cannot be read leaves a note."""
        try:
            event = _read(text)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            self._notes.add("{n} lines of the timeline cannot be read and were left out.")
            return
        if isinstance(event, _Head):
            # A timeline that was continued begins with a line of its own, and with new connections.
            self.end(self._last)
            self._began = event.began
        elif event is not None:
            self._last = Place("entry", event.number, None if self._began is None else self._began + event.time)
            if isinstance(event, _Data):
                self._data(event)
            else:
                self._close(event)

    def end(self, _: Place) -> None:
        """The timeline ends."""
        while self._open:
            self._forget(next(iter(self._open)), End.INPUT_ENDS)

    def _data(self, data: _Data) -> None:
        connection = self._open.get(data.connection)
        if connection is None:
            if len(self._open) >= _MOST:
                self._forget(next(iter(self._open)), End.FORGOTTEN)
            connection = self._open[data.connection] = Connection(data.ends, self._tell)
        self._open.move_to_end(data.connection)
        if not connection.finished:
            connection.octets(data.side, data.octets, self._last)

    def _close(self, closed: _Closed) -> None:
        """A connection has ended when it was reset, or when both sides have closed it."""
        if closed.connection not in self._open:
            return
        closers = self._closed.setdefault(closed.connection, set())
        closers.add(closed.by)
        if closed.by in _CLOSERS:
            self._open[closed.connection].closes(_CLOSERS[closed.by])
        if closed.reset or len(closers) > 1:
            self._forget(closed.connection, End.RESET if closed.reset else End.CLOSED)

    def _forget(self, connection: int, how: End) -> None:
        self._closed.pop(connection, None)
        self._open.pop(connection).end(how, self._last)


def _read(text: str) -> _Head | _Data | _Closed | None:
    """Read one line; None for what is of no use here. Raises one of many exceptions for what has another form."""
    entry: dict[str, Any] = json.loads(text)
    if "format" in entry:
        # A run whose time does not pass has no date either.
        dated = "began" in entry and entry.get("time") != "instant"
        return _Head(datetime.fromisoformat(entry["began"]).timestamp() if dated else None)
    if entry["event"] not in ("tcp_data", "tcp_closed"):
        return None
    number, time, connection = int(entry["entry"]), float(entry["time"]), int(entry["connection"])
    if entry["event"] == "tcp_closed":
        return _Closed(number, time, connection, str(entry["by"]), bool(entry["reset"]))
    ends = (_end(entry["local"]), _end(entry["remote"]))
    return _Data(number, time, connection, ends, _SIDES[entry["direction"]], bytes.fromhex(entry["octets"]))


def _end(address: dict[str, Any]) -> str:
    host, port = str(address["host"]), int(address["port"])
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
