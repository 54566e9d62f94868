"""What a host has met, and what never."""

from __future__ import annotations

import json

from emulator.capture.timeline import Timeline
from emulator.host_coverage import KINDS, HostCoverage
from emulator.surroundings.clock import RealClock
from firmware_model.events import CommandReceived, FaultFired, Indicated, Replied


def coverage_of(*events: tuple[object, ...]) -> HostCoverage:
    timeline, coverage = Timeline(RealClock()), HostCoverage()
    timeline.subscribe(coverage)
    for event in events:
        timeline.record(event)
    return coverage


SEEN = (
    CommandReceived(b"at+s.sockr=0,"),
    CommandReceived(b"AT+S.SOCKR=0,"),
    CommandReceived(b"AT&V"),
    CommandReceived(b"AT+S.NOTHING"),
    Replied(b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
    Replied(b"AT-S.OK\r\n"),
    Indicated(55, "Pending Data::0:31:31", masked=False),
    Indicated(24, "WiFi Up:0:192.168.0.50", masked=True),
    FaultFired("network=refuse", None, "connect 192.168.0.2:80", 1),
)


def test_each_kind_is_counted_by_its_name() -> None:
    coverage = coverage_of(*SEEN)
    assert {kind: dict(coverage.counts[kind]) for kind in KINDS} == {
        "commands": {"AT+S.SOCKR": 2, "AT+S.GCFG": 1},
        "errors": {"76": 1},
        "indications": {"55": 1},
        "faults": {"network=refuse": 1},
    }
    assert coverage.met("commands") == ["AT+S.GCFG", "AT+S.SOCKR"]
    assert "24" in coverage.never("indications")
    assert "55" not in coverage.never("indications")
    for kind in KINDS:
        assert not set(coverage.met(kind)) & set(coverage.never(kind))


def test_what_others_counted_is_added_through_json() -> None:
    total = HostCoverage()
    for _ in range(2):
        total.add(json.loads(json.dumps(coverage_of(*SEEN).counts)))
    assert total.counts["commands"]["AT+S.SOCKR"] == 4


def test_the_summary_names_both_and_keeps_to_the_width() -> None:
    lines = list(coverage_of(*SEEN).lines())
    assert "errors: 1 of 62 met" in lines
    assert "  met: AT+S.GCFG 1x, AT+S.SOCKR 2x" in lines
    assert any(line.startswith("  never: AT, AT+S.HELP, ") for line in lines)
    assert all(len(line) <= 101 for line in lines)
    assert not any(",," in line or line.endswith(" ") for line in lines)
