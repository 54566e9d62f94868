"""The timeline for programs: its schema is a promise."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import emulator.capture.timeline
import emulator.capture.traffic
import emulator.faces.events
import emulator.faces.spi.events
import emulator.faults.plan
import firmware_model.events
from emulator.capture.json_lines import BEGIN, JsonLines, as_json, event_name
from emulator.capture.timeline import Entry, UartSent
from emulator.capture.traffic import Outcome, TcpFailed
from emulator.capture.writer import Run
from emulator.faces.events import HostSetUp, ReceiverNoticed
from emulator.faces.face import LineErrors, LineSettings
from firmware_model.events import Event, TlsMessage
from firmware_model.outside import Address

RUN = Run("0.1.0", "SPWF04SA", "1.1.0", "00:80:E1:BD:00:39", 7, "instant", ("network=reset:100",), 946684800.0)
NO_EVENTS = {"Entry", "Order", "Standing"}
MODULES = (
    firmware_model.events,
    emulator.capture.timeline,
    emulator.capture.traffic,
    emulator.faces.events,
    emulator.faces.spi.events,
    emulator.faults.plan,
)
EVENTS: list[Any] = [
    kind
    for module in MODULES
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and issubclass(kind, tuple)
    and kind.__module__ == module.__name__
    and not name.startswith("_")
    and name not in NO_EVENTS
]
SCHEMA = (Path(__file__).parents[2] / "docs" / "timeline.md").read_text()


def written(event: Event, number: int = 1, time: float = 0.0) -> dict[str, Any]:
    line = JsonLines(RUN).take(Entry(number, time, event))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return dict(json.loads(line))


def test_the_first_line_describes_the_run() -> None:
    line = JsonLines(RUN).begin()
    assert line.startswith(BEGIN)
    assert json.loads(line) == {
        "format": "spwf04sx timeline",
        "version": 1,
        "emulator": "0.1.0",
        "model": "SPWF04SA",
        "firmware": "1.1.0",
        "mac": "00:80:E1:BD:00:39",
        "seed": 7,
        "time": "instant",
        "faults": ["network=reset:100"],
        "began": "2000-01-01T00:00:00.000000+00:00",
    }


def test_an_event_is_one_object() -> None:
    assert written(UartSent(b"OK\r\n"), 12, 1.23456789) == {
        "entry": 12,
        "time": 1.234568,
        "event": "uart_sent",
        "octets": "4f4b0d0a",
    }
    assert written(TlsMessage("sent", "Finished", b"\x14\x00", 3))["octets"] == "1400"


def test_what_is_no_plain_value() -> None:
    failed = written(TcpFailed(1, Address("192.168.0.50", 49152), Address("192.168.0.2", 80), Outcome.REFUSED))
    assert failed["local"] == {"host": "192.168.0.50", "port": 49152}
    assert failed["outcome"] == "refused"
    assert written(HostSetUp(LineSettings()))["settings"]["parity"] == "N"
    assert written(ReceiverNoticed(LineErrors.FRAMING | LineErrors.BREAK))["errors"] == ["framing", "break"]
    assert as_json(["x", (1, None)]) == ["x", [1, None]]


@pytest.mark.parametrize("kind", EVENTS, ids=event_name)
def test_every_event_stands_in_the_schema_with_its_fields(kind: Any) -> None:
    row = re.search(rf"^\| `{event_name(kind)}` \| (.*?) \|", SCHEMA, re.MULTILINE)
    assert row, f"docs/timeline.md has no row for {event_name(kind)}"
    assert re.findall(r"`(\w+)`", row[1]) == list(kind._fields)


def test_the_schema_has_no_other_events() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", SCHEMA.partition("## Events")[2], re.MULTILINE)
    assert sorted(rows) == sorted(map(event_name, EVENTS))
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("kind", EVENTS, ids=event_name)
def test_no_field_hides_what_every_line_has(kind: Any) -> None:
    assert not {"entry", "time", "event"} & set(kind._fields)
    assert kind.__doc__
