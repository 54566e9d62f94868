"""What a source tree proves, shown on a tree made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.reference.conformance import conformance
from emulator.reference.evidence import SourceTree
from emulator.reference.rows import sheets
from emulator.reference.sheet import Fact, Sheet
from firmware_model.tables.sources import assumed, log

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "firmware_model/radio.py": '''"""Speaks of Indication.RESET and "standby_time"."""
from firmware_model.tables.replies import GONE

def start(board):
    """wifi_ht_mode"""
    board.indicate(Indication.WIFI_UP)
    board.get("wifi_mode")
    board.get(f"wifi_wep_keys[{0}]")
    return {"wifi_gf_mode": lambda: 0, "wifi_state": lambda: board.state, "wifi_aid": lambda: _FIXED, "setprot": 0}
''',
    "firmware_model/profile.py": 'CHANGED = ("wifi_region", Indication.POWERON)\n',
    "firmware_model/tables/pins.py": "RESERVED = (Reserved(7, Error.GPIO7_RESERVED),)\n",
    "firmware_model/tables/variables.py": 'MASKS = ("console_wind_off_low",)\nROWS = (Row("user_desc"),)\n',
    "emulator/faults/serial.py": '"""Not serial=split."""\n_DROP = BY_NAME["serial=drop"]\n',
    "firmware_model/tls/key.py": 'sign("signature=wrong-key")\n',
    "tests/module/test_radio.py": 'expect(b"+WIND:24:WiFi Up")\nIndication.LOW_MEMORY\n"AT+S.GCFG"\n"ip_ipaddr2"\n',
    "tests/transcripts/boot.txt": "< +WIND:3:Watchdog Running\n< AT-S.ERROR:44\n",
    "tests/tables/test_errors.py": '"ERROR:111"\n',
}


@pytest.fixture
def tree(tmp_path: Path) -> SourceTree:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return SourceTree(tmp_path)


@pytest.mark.parametrize(
    ("symbol", "used"),
    [
        ("Indication.WIFI_UP", True),
        ("replies.GONE", True),
        ("Error.GPIO7_RESERVED", True),
        ("Indication.RESET", False),
        ("Indication.POWERON", False),
    ],
)
def test_a_symbol_counts_only_where_code_uses_it(tree: SourceTree, symbol: str, used: bool) -> None:
    assert (symbol in tree.symbols) is used


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wifi_mode", True),
        ("wifi_wep_keys[3]", True),
        ("console_wind_off_low", True),
        ("user_desc", False),
        ("wifi_region", False),
        ("standby_time", False),
        ("wifi", False),
    ],
)
def test_a_name_counts_only_where_code_says_it(tree: SourceTree, name: str, said: bool) -> None:
    assert tree.says(name) is said


def test_a_documentation_is_no_use_of_a_name(tree: SourceTree) -> None:
    assert not tree.says("wifi_ht_mode")


def test_a_status_that_never_changes_is_fixed(tree: SourceTree) -> None:
    assert tree.keys == {"wifi_gf_mode", "wifi_state", "wifi_aid", "setprot"}
    assert tree.constant_keys == {"wifi_gf_mode", "wifi_aid", "setprot"}


def row(label: int | str, symbol: str = "", *, known: bool = True) -> Fact:
    column = "number" if isinstance(label, int) else "name"
    return Fact({column: label}, log("F-AP") if known else assumed(), (column,), symbol)


def test_the_page_counts_and_lists(tree: SourceTree) -> None:
    indications = Sheet(
        "indications",
        "",
        (
            row(24, "Indication.WIFI_UP"),
            row(4, "Indication.LOW_MEMORY", known=False),
            row(2, "Indication.RESET", known=False),
        ),
    )
    variables = Sheet("variables", "", (row("wifi_mode"), row("ip_ipaddr")))
    lines = conformance([indications, variables], tree).splitlines()
    assert "| [Indications](#indications) | 3 | 1 | 2 | 1 | 2 |" in lines
    assert "| [Variables](#variables) | 2 | 1 | 0 | 2 | 0 |" in lines
    assert "| `24` | yes | yes | yes | log |" in lines
    assert "| `4` |  | yes |  | assumed |" in lines
    assert "| `2` |  |  |  | assumed |" in lines


def test_tests_of_tables_do_not_count_and_transcripts_do(tree: SourceTree) -> None:
    assert tree.tested("ERROR:44")
    assert not tree.tested("ERROR:111")


def test_every_sheet_that_code_refers_to_by_row_is_judged() -> None:
    named = {sheet.name for sheet in sheets() if all(fact.symbol or "name" in fact.names for fact in sheet.facts)}
    assert {"commands", "errors", "indications", "replies", "certificate-errors", "statuses", "variables"} <= named


@pytest.mark.parametrize(
    ("fault", "there"), [("serial=drop", True), ("signature=wrong-key", True), ("serial=split", False)]
)
def test_a_fault_may_be_in_the_model_or_around_it(tree: SourceTree, fault: str, there: bool) -> None:
    assert tree.brings_about(fault) is there
