"""What happened: the timeline as a list and as a stream, the dialogue, the handshakes."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from emulator.capture.json_lines import event_name
from emulator.control.declaration import Content, EventStream, operation
from emulator.control.desk import Desk
from emulator.control.event_stream import entry_json, event_stream
from emulator.control.handshakes import HandshakeState
from emulator.control.schema import Range

Number = Annotated[int, Range(0, 2**53)]
Kinds = Annotated[str, "names of events, separated by commas; all without any"]


class Events(NamedTuple):
    """Entries of the timeline, oldest first."""

    run: str
    first: Annotated[int, "number of the oldest entry that is kept, 0 for none"]
    last: Annotated[int, "number of the newest entry"]
    entries: Annotated[
        list[dict[str, Any]], "each as docs/timeline.md describes it: entry, time, event, and its fields"
    ]


@operation("GET", "/events", tag="log")
def list_events(
    desk: Desk, after: Number = 0, limit: Annotated[int, Range(1, 5000)] = 500, kinds: Kinds = ""
) -> Events:
    """List entries of the timeline with a higher number than ``after``, as far as they are kept."""
    log, wanted = desk.log, _names(kinds)
    place, found = log.place_after(after), list[dict[str, Any]]()
    while place < log.end and len(found) < limit:
        batch = log.read(place)
        found += [entry_json(entry) for entry in batch.entries if not wanted or event_name(type(entry.event)) in wanted]
        place = batch.place
    return Events(desk.run, log.first, log.last, found[:limit])


@operation("GET", "/events/stream", tag="log", media_type="text/event-stream")
def follow_events(
    desk: Desk,
    after: Annotated[str, "where to begin: a number, or an id of the stream"] = "",
    kinds: Kinds = "",
    shown: Annotated[bool, "whether each entry has its text for people as well, as 'shown'"] = False,
) -> EventStream:
    """Follow the timeline as server-sent events.

    The first event is called ``hello``, each further one has an id and the JSON of an entry. A reader that is so slow
    that entries are gone before it reads them is told by an event called ``lost``. Whoever connects again with
    ``Last-Event-ID``, as browsers do, goes on where it was.
    """
    return EventStream(event_stream(desk, after, _names(kinds), with_text=shown))


@operation("GET", "/transcript", tag="log", media_type="text/plain; charset=utf-8")
def read_transcript(desk: Desk) -> Content:
    """Fetch the dialogue: ``> `` before what the host said, ``< `` before what the module said."""
    return Content(str(desk.dialogue).encode(), "text/plain; charset=utf-8")


@operation("GET", "/handshakes", tag="log")
async def list_handshakes(desk: Desk) -> list[HandshakeState]:
    """List the last TLS handshakes with their signatures judged, newest first."""
    return await desk.handshakes.newest_first()


def _names(kinds: str) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in kinds.split(","))))
