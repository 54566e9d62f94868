"""What is collected from the model, and what a table must be to be collected."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from emulator.reference.assumptions import assumption_sheet
from emulator.reference.introspection import facts_of
from emulator.reference.rows import sheets
from emulator.reference.sheet import Fact, Sheet, show
from firmware_model.commands import all_commands
from firmware_model.tables.certificate_errors import CertificateErrorCode
from firmware_model.tables.choices import CHOICES
from firmware_model.tables.errors import Error
from firmware_model.tables.indications import Indication
from firmware_model.tables.sources import Confidence
from firmware_model.tables.statuses import STATUSES
from firmware_model.tables.variables import VARIABLES

if TYPE_CHECKING:
    from pathlib import Path

SHEETS = {sheet.name: sheet for sheet in sheets()}
NEW_TABLE = '''
"""Things that a later version brings."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from firmware_model.tables.replies import VAR
from firmware_model.tables.sources import Source, assumed, log


class Thing(NamedTuple):
    name: str
    on: bool
    source: Source


class Colour(Enum):
    RED = (1, log("F-AP"))

    def __init__(self, number: int, source: Source) -> None:
        self.number = number
        self.source = source


FIRST = Thing("first", True, log("F-AP"))
"""The ``first`` thing."""
THINGS = (FIRST, Thing("second", False, assumed("nobody knows")))
ANSWER = VAR("text")
'''


def fact(sheet: str, label: str) -> Fact:
    return next(fact for fact in SHEETS[sheet].facts if fact.label == label)


@pytest.mark.parametrize(
    ("sheet", "count"),
    [
        ("commands", len(all_commands())),
        ("variables", len(VARIABLES)),
        ("statuses", len(STATUSES)),
        ("indications", len(Indication)),
        ("errors", len(Error)),
        ("certificate-errors", len(CertificateErrorCode)),
        ("choices", len(CHOICES)),
    ],
)
def test_every_row_of_a_table_is_on_its_sheet(sheet: str, count: int) -> None:
    assert len(SHEETS[sheet].facts) == count


def test_every_command_has_a_help_text_and_a_chapter() -> None:
    for row in SHEETS["commands"].facts:
        assert row.cells["help"], row.label
        assert row.cells["chapter"], row.label


def test_a_command_shows_the_values_and_defaults_of_its_parameters() -> None:
    row = fact("commands", "AT+S.HTTPGET")
    assert show(row.cells["parameters"]).startswith("hostname; path = /; port 1..65535; tls 0..2 = 0;")
    assert row.cells["spi_id"] == "0x54"
    assert row.cells["data"] is False
    assert fact("commands", "AT+S.TLSCERT").cells["data"] is True


def test_rows_know_how_code_calls_them() -> None:
    assert fact("indications", "24").symbol == "Indication.WIFI_UP"
    assert fact("replies", "Skip CA").symbol == "replies.SKIP_CA"
    assert fact("variables", "wifi_mode").symbol == ""


def test_a_new_table_is_collected_without_being_told(tmp_path: Path) -> None:
    path = tmp_path / "things.py"
    path.write_text(NEW_TABLE)
    specification = importlib.util.spec_from_file_location("things", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert [(row.symbol, dict(row.cells), str(row.source)) for row in facts_of(module)] == [
        ("Colour.RED", {"number": 1}, "F-AP (log)"),
        ("things.FIRST", {"name": "first", "on": True, "about": "The `first` thing."}, "F-AP (log)"),
        ("", {"name": "second", "on": False}, "nobody knows (assumed)"),
    ]


def test_assumptions_hold_every_open_row_and_no_other() -> None:
    assumptions = assumption_sheet(SHEETS.values())
    assert len(assumptions.facts) == sum(row.is_open for sheet in SHEETS.values() for row in sheet.facts)
    known = {Confidence.MANUAL, Confidence.LOG, Confidence.DRIVER}
    assert not [row for row in assumptions.facts if row.source.confidence in known]
    areas = [row.cells["area"] for row in assumptions.facts]
    assert areas[0] == CHOICES[0].area
    assert {"Variables", "Indications", "Errors", "Durations"} <= set(areas)


def test_every_choice_of_behaviour_is_open_and_answers_its_question_once() -> None:
    # What a manual, a log or a driver proves is no choice; one that leans on them is inferred.
    assert [row.label for row in SHEETS["choices"].facts if not row.is_open] == []
    questions = [(choice.area, choice.question) for choice in CHOICES]
    assert len(set(questions)) == len(questions)
    assert all(choice.answer for choice in CHOICES)


def test_an_assumption_says_what_is_assumed() -> None:
    rows = {(row.cells["area"], row.label): row for row in assumption_sheet(SHEETS.values()).facts}
    assert rows["Errors", "44"].cells["assumption"] == "text Wait for Connection Up"
    assert show(rows["Variables", "wifi_wps_pin"].cells["assumption"]).startswith("kind 8 digits, or empty; ")


def labels(sheet: Sheet) -> list[str]:
    return [row.label for row in sheet.facts]


def test_a_filter_looks_in_names_before_it_looks_everywhere() -> None:
    wifi = labels(SHEETS["variables"].only("WIFI"))
    assert len(wifi) > 20
    assert all("wifi" in label for label in wifi)
    assert labels(SHEETS["variables"].only("serial number")) == ["nv_serial"]


def test_a_number_filters_exactly() -> None:
    assert labels(SHEETS["errors"].only("44")) == ["44"]
    assert labels(SHEETS["indications"].only("2")) == ["2"]
    assert labels(SHEETS["errors"].only("3")) == []
    assert labels(SHEETS["errors"].only("gpio6")) == ["21"]
