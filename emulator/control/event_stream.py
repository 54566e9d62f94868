"""The timeline as server-sent events (WHATWG HTML, 9.2): one reader's place in the event log."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from emulator.capture.json_lines import as_json, event_name
from emulator.control.problem import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from emulator.capture.timeline import Entry
    from emulator.control.desk import Desk

_SILENCE: Final = 15.0
"""Real seconds without an event after which a remark shows that the connection is alive."""


def event_stream(desk: Desk, after: str, kinds: Collection[str], *, with_text: bool) -> AsyncIterator[str]:
    """Give the events behind ``after``, a number or an id, until there are no more; ``with_text`` adds a line to each.

    Raises RefusedError, also as the first event is asked for: when there are too many readers.
    """
    return _events(desk, _place(desk, after), kinds, with_text=with_text)


async def _events(desk: Desk, place: int, kinds: Collection[str], *, with_text: bool) -> AsyncIterator[str]:
    log = desk.log
    with desk.reading():
        hello = {"run": desk.run, "first": log.first, "last": log.last}
        yield f"retry: 1000\nevent: hello\ndata: {json.dumps(hello)}\n\n"
        going_on = True
        while going_on:
            batch = log.read(place)
            place = batch.place
            if batch.lost:
                yield f"event: lost\ndata: {json.dumps({'entries': batch.lost})}\n\n"
            chosen = [entry for entry in batch.entries if not kinds or event_name(type(entry.event)) in kinds]
            if chosen:
                yield "".join(
                    f"id: {desk.run}-{entry.number}\ndata: {_data(entry, with_text=with_text)}\n\n" for entry in chosen
                )
            if not batch.entries:
                going_on = await _wait(desk, place)
                if going_on and place >= log.end:
                    yield ": still here\n\n"


async def _wait(desk: Desk, place: int) -> bool:
    """Wait a while for news; False when there will be none any more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SILENCE):
            return await desk.log.wait(place)
    return True


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as docs/timeline.md describes it."""
    event: Any = entry.event
    fields = {name: as_json(value) for name, value in zip(event._fields, event, strict=True)}
    return {"entry": entry.number, "time": round(entry.time, 6), "event": event_name(type(event)), **fields}


def _data(entry: Entry, *, with_text: bool) -> str:
    fields = entry_json(entry)
    if with_text:
        fields["shown"] = " ".join(str(entry.event).split())
    return json.dumps(fields, separators=(",", ":"))


def _place(desk: Desk, after: str) -> int:
    """Where a reader begins; at the oldest entry if it was reading another run."""
    run, _, number = after.rpartition("-")
    if run not in ("", desk.run):
        number = ""
    if number and not (number.isascii() and number.isdigit() and len(number) < 17):
        raise RefusedError(400, f"after: {after!r} is neither the number of an event nor an id of this stream")
    return desk.log.place_after(int(number or 0))
