"""The sheets on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.cli import main
from emulator.command_line.reference import SHEETS
from emulator.reference.render import text
from emulator.reference.rows import duration_sheet
from emulator.reference.sheet import Fact, Sheet
from firmware_model.tables.sources import log

COMMAND = (sys.executable, "-m", "emulator.cli")
ROOT = Path(__file__).parent.parent.parent
LISTED = (
    "commands",
    "variables",
    "statuses",
    "indications",
    "replies",
    "errors",
    "certificate-errors",
    "latencies",
    "faults",
    "firmware",
    "assumptions",
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


@pytest.mark.parametrize("sheet", LISTED)
def test_json_has_one_object_a_row_each_with_its_source(sheet: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(printed(capsys, sheet, "--json"))
    assert len(rows) > 5
    assert all({"source", "confidence"} < row.keys() for row in rows)


@pytest.mark.parametrize("sheet", LISTED)
def test_a_list_has_one_line_a_row_below_its_heading(sheet: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, sheet).splitlines()
    assert lines[0].split()[-2:] == ["SOURCE", "CONFIDENCE"]
    assert len(lines) - 1 == len(json.loads(printed(capsys, sheet, "--json")))
    assert not any(line != line.rstrip() for line in lines)


def test_markdown_is_what_the_page_holds(capsys: pytest.CaptureFixture[str]) -> None:
    output = printed(capsys, "errors", "--markdown")
    assert output.startswith("# Errors\n\n")
    assert output in (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")


def test_a_row_of_each_listing_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    (error,) = json.loads(printed(capsys, "errors", "44", "--json"))
    assert (error["code"], error["text"], error["confidence"]) == (44, "Wait for Connection Up", "inferred")
    (indication,) = json.loads(printed(capsys, "indications", "24", "--json"))
    assert (indication["text"], indication["mask_bit"]) == ("WiFi Up", 24)
    (variable,) = json.loads(printed(capsys, "variables", "wifi_mode", "--json"))
    assert (variable["default"], variable["read_only"]) == ("1", False)
    (command,) = json.loads(printed(capsys, "commands", "GCFG", "--json"))
    assert command["legacy"] == "AT&V"
    assert command["parameters"] == [{"name": "variable", "values": "", "optional": True, "default": ""}]


def test_a_single_row_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "commands", "httpget").splitlines()
    assert "spi id      0x54" in lines
    assert any(line.startswith("parameters  hostname; path = /; port 1..65535") for line in lines)


def test_a_word_filters_in_any_letter_case(capsys: pytest.CaptureFixture[str]) -> None:
    names = [row["command"] for row in json.loads(printed(capsys, "commands", "http", "--json"))]
    assert {"AT+S.HTTPGET", "AT+S.HTTPPOST"} <= set(names)
    assert "AT+S.GCFG" not in names


@pytest.mark.parametrize("sheet", LISTED)
def test_a_word_that_nothing_has_is_one_line_and_exit_1(sheet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([sheet, "xyzzy"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == f"spwf04sx: no row of {sheet} has 'xyzzy'; 'spwf04sx {sheet}' shows all of them\n"


def test_an_unknown_code_is_no_part_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "3"]) == 1
    assert capsys.readouterr().out == ""


def test_columns_wrap_to_the_width_of_a_terminal() -> None:
    fact = Fact({"name": "wifi_mode", "meaning": "one two three four five six seven"}, log("F-AP"), ("name",))
    lines = text(Sheet("things", "", (fact, fact)), 50).splitlines()
    assert lines[0] == "NAME       MEANING              SOURCE  CONFIDENCE"
    assert max(map(len, lines)) <= 50
    assert len(lines) == 5


def test_a_table_that_fits_is_left_alone() -> None:
    assert text(duration_sheet(), 400) == text(duration_sheet(), None)


def test_a_reader_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as broken:
        result = subprocess.run([*COMMAND, "assumptions"], cwd=ROOT, stdout=broken, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_head_sees_the_first_line() -> None:
    pipeline = f"set -o pipefail; {sys.executable} -m emulator.cli assumptions | head -n 1"
    result = subprocess.run(["bash", "-c", pipeline], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("AREA ")
    assert len(result.stdout.splitlines()) == 1


def test_the_parser_loads_no_part_of_the_reference() -> None:
    program = (
        "import sys, emulator.cli\n"
        "try: emulator.cli.main(['variables', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.startswith(('firmware_model', 'emulator.reference'))))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_each_listing_of_the_command_line_is_tested_here() -> None:
    assert set(SHEETS) == set(LISTED)
