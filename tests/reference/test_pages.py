"""The pages of docs/reference/ say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.reference.pages import FOLDER, pages, write

ROOT = Path(__file__).parent.parent.parent
REMEDY = "run scripts/reference and commit the pages"


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    return pages(ROOT)


def test_no_page_is_stale(wanted: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / FOLDER).glob("*.md")}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    assert not stale, f"{FOLDER} is stale: {', '.join(stale)}; {REMEDY}"


def test_every_page_of_the_reference_is_made(wanted: dict[str, str]) -> None:
    assert {
        "README.md",
        "commands.md",
        "variables.md",
        "indications.md",
        "errors.md",
        "statuses.md",
        "replies.md",
        "certificate-errors.md",
        "assumptions.md",
        "conformance.md",
    } <= wanted.keys()


def test_the_index_names_every_page(wanted: dict[str, str]) -> None:
    linked = set(re.findall(r"\(([\w-]+\.md)\)", wanted["README.md"]))
    assert linked == wanted.keys() - {"README.md"}


def test_every_table_is_rectangular(wanted: dict[str, str]) -> None:
    for name, page in wanted.items():
        columns = 0
        for line in page.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (columns and cells) or cells == columns, (name, line)
            columns = cells


@pytest.mark.parametrize(
    ("page", "row"),
    [
        (
            "commands.md",
            "| `AT+S.GCFG` | `AT+S.GCFG[=[<variable>]]` | Show the configuration variables, or one of them |",
        ),
        ("variables.md", "| `wifi_mode` | decimal, 0..3 | `1` |"),
        ("indications.md", "| `24` | WiFi Up | `console_wind_off_low` | 24 | F-FR, F-AP | log |"),
        ("errors.md", "| `44` | Wait for Connection Up |"),
        ("statuses.md", "| `wifi_state` | state of the radio, 0..10 | decimal |"),
        ("replies.md", "| `Skip CA` | yes | Secure connections; no field. | F-TLS, F-SSL2 | log |"),
        ("certificate-errors.md", "| `23` | no certificate of the chain was issued by the stored CA | T1 | log |"),
        ("assumptions.md", "| `wifi_wps_pin` |"),
    ],
)
def test_a_known_row_stands_on_its_page(wanted: dict[str, str], page: str, row: str) -> None:
    assert any(line.startswith(row) for line in wanted[page].splitlines()), page


def test_writing_repairs_an_edited_page_and_removes_one_that_is_no_more(tmp_path: Path) -> None:
    for name in ("firmware_model", "tests"):
        (tmp_path / name).mkdir()
    assert sorted(write(tmp_path)) == sorted(pages(tmp_path))
    assert write(tmp_path) == []
    folder = tmp_path / FOLDER
    errors = (folder / "errors.md").read_text(encoding="utf-8")
    (folder / "errors.md").write_text("edited", encoding="utf-8")
    (folder / "gone.md").write_text("", encoding="utf-8")
    assert sorted(write(tmp_path)) == ["errors.md", "gone.md"]
    assert (folder / "errors.md").read_text(encoding="utf-8") == errors
    assert not (folder / "gone.md").exists()
