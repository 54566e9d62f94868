"""The pages lead where they say: every relative link and every command of ours that they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.cli import parsers

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if path.is_file())
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
_FORMATS = {"diagnosis", "timeline"}
"""Names of JSON forms, which are written alike."""
_COMMAND = re.compile(r"`spwf04sx ([a-z][a-z-]*)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_that_a_page_names_exists() -> None:
    parser, _ = parsers()
    known = set(re.findall(r"^    ([a-z][a-z-]*)(?: |$)", parser.format_help(), re.MULTILINE))
    for page in PAGES:
        for command in _COMMAND.findall(page.read_text("utf-8")):
            assert command in known | _FORMATS, f"{page.name} names spwf04sx {command}"
