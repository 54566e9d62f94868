"""What the reference says about a line: the rows behind it, and whether a difference would settle one."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.reference.assumptions import CHOICES
from emulator.reference.rows import sheets
from emulator.reference.sheet import show
from emulator.transcript.script import INDICATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.reference.sheet import Fact, Sheet

_ERROR: Final = re.compile(r"AT-S\.ERROR:(\d+)")
_CERTIFICATE: Final = re.compile(r"AT-S\.Certificate Error:(\d+)")
_VARIABLE: Final = re.compile(r"AT-S\.Var:(?:\d+\.)?(\w+)=")
_WORD: Final = re.compile(r"AT-S\.([^:]+)")
_MOST_CHOICES: Final = 3
_WIDEST: Final = 160
"""Characters of a quoted row."""


class Row(NamedTuple):
    """A row of the reference that stands behind a line."""

    sheet: str
    label: str
    text: str
    source: str
    is_open: bool
    """Whether no real module stands behind it yet."""

    def __str__(self) -> str:
        """The row as it is quoted."""
        return f"{self.sheet} {self.label}: {self.text} [{self.source}]"


class Reference:
    """Looks lines up."""

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return {sheet.name: sheet for sheet in sheets()}

    def rows(self, line: str, command: str) -> list[Row]:
        """The rows behind what the emulator says to a command; the command's own if there is no other."""
        found = list(self._of_line(line))
        name = _name(command)
        if not found or all(not row.is_open for row in found):
            found += self._of_command(name)
        return list(dict.fromkeys(found))

    def _of_line(self, line: str) -> Iterator[Row]:
        if match := INDICATION.match(line):
            yield from self._named("indications", match[1])
        elif match := _ERROR.match(line):
            yield from self._named("errors", match[1])
        elif match := _VARIABLE.match(line):
            yield from self._named("variables", match[1])
            yield from self._named("statuses", match[1])
            yield from self._named("peers", match[1])
        elif match := _WORD.match(line):
            yield from self._named("replies", match[1])
            if certificate := _CERTIFICATE.match(line):
                yield from self._named("certificate-errors", certificate[1])

    def _of_command(self, name: str) -> Iterator[Row]:
        if not name:
            return
        yield from self._named("commands", f"AT+S.{name}")
        about = [
            fact
            for fact in self._sheets[CHOICES].facts
            if fact.is_open and re.search(rf"\b{re.escape(name)}\b", " ".join(map(show, fact.cells.values())))
        ]
        yield from (_row(self._sheets[CHOICES], fact) for fact in about[:_MOST_CHOICES])

    def _named(self, sheet_name: str, label: str) -> Iterator[Row]:
        sheet = self._sheets.get(sheet_name)
        if sheet is not None:
            yield from (_row(sheet, fact) for fact in sheet.facts if fact.label == label)


def _row(sheet: Sheet, fact: Fact) -> Row:
    said = [
        show(cell) for column, cell in fact.cells.items() if column != fact.names[0] and column not in sheet.details
    ]
    text = "; ".join(part for part in said if part)
    label = fact.label if sheet.name != CHOICES else f"'{show(fact.cells['question'])}'"
    text = show(fact.cells["answer"]) if sheet.name == CHOICES else text
    shown = text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."
    return Row(sheet.name, label, shown, str(fact.source), fact.is_open)


def _name(command: str) -> str:
    match = re.match(r"\s*AT\+S\.(\w+)", command, re.IGNORECASE)
    return match[1].upper() if match else ""
