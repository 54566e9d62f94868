"""The timeline as JSON lines, for programs: the schema is in docs/timeline.md, and is kept.

The first line describes the run, each further one is an event. Octets are hexadecimal digits: longer than base64, but
they can be searched, and pasted into every other tool.
"""

from __future__ import annotations

import json
import re
from enum import Enum, Flag
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry
    from emulator.capture.writer import Run

VERSION: Final = 1
"""Of the schema: events and fields may be added without a change of it; nothing is renamed or taken away."""
BEGIN: Final = b'{"format":"spwf04sx timeline","version":'
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")


class JsonLines:
    """Implements :class:`emulator.capture.writer.Writer`."""

    kinds = ()
    secrets = False

    def __init__(self, run: Run) -> None:
        self._run = run

    def begin(self) -> bytes:
        """The line that describes the run."""
        run = self._run
        return _line(
            {
                "format": "spwf04sx timeline",
                "version": VERSION,
                "emulator": run.version,
                "model": run.model,
                "firmware": run.firmware,
                "mac": run.mac,
                "seed": run.seed,
                "time": run.time,
                "faults": list(run.faults),
                "began": run.date,
            }
        )

    def take(self, entry: Entry) -> bytes:
        """One event."""
        event: Any = entry.event
        fields = {name: as_json(value) for name, value in zip(event._fields, event, strict=True)}
        return _line({"entry": entry.number, "time": round(entry.time, 6), "event": event_name(type(event)), **fields})

    def end(self) -> bytes:
        """Nothing more."""
        return b""


def event_name(kind: type) -> str:
    """How JSON calls an event: ``TlsMessage`` is ``tls_message``."""
    return _WORD.sub("_", kind.__name__).lower()


def as_json(value: Any) -> Any:
    """A field's value: octets become hexadecimal, named tuples objects, enumerations their value, flags their names."""
    match value:
        case bytes():
            return value.hex()
        case Flag():
            return [str(one.name).lower() for one in value]
        case Enum():
            return as_json(value.value)
        case tuple() if hasattr(value, "_asdict"):
            return {name: as_json(field) for name, field in value._asdict().items()}
        case tuple() | list():
            return [as_json(one) for one in value]
    return value


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"
