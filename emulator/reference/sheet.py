"""What a reference sheet is made of: facts with named cells, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firmware_model.tables.sources import Confidence, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPEN: frozenset[Confidence] = frozenset({Confidence.PREDECESSOR, Confidence.INFERRED, Confidence.ASSUMED})
"""The kinds of confidence that wait for somebody with a module."""
PROVEN: frozenset[Confidence] = frozenset({Confidence.MANUAL, Confidence.LOG, Confidence.DRIVER})
"""The kinds of confidence that a real module stands behind. Faults are neither proven nor open."""


class ParameterCell(NamedTuple):
    """One parameter of a command as a reference shows it; ``default`` is empty for none."""

    name: str
    values: str
    optional: bool
    default: str

    def __str__(self) -> str:
        text = f"{self.name} {self.values}" if self.values else self.name
        return f"{text} = {self.default}" if self.default else text


Cell = str | int | float | tuple[ParameterCell, ...]


class Fact(NamedTuple):
    """One row of a sheet.

    ``names`` are the columns that say what the row is about; the first one identifies it. ``symbol`` is how the
    model's code refers to the row (``Indication.WIFI_UP``), empty for rows that are only known by their name.
    """

    cells: Mapping[str, Cell]
    source: Source
    names: tuple[str, ...]
    symbol: str = ""

    @property
    def label(self) -> str:
        """What identifies the row, such as ``wifi_mode`` or ``24``."""
        return show(self.cells[self.names[0]])

    @property
    def is_open(self) -> bool:
        """Whether the fact is not known for certain."""
        return self.source.confidence in OPEN

    @property
    def is_proven(self) -> bool:
        """Whether a manual, a log or a driver says so."""
        return self.source.confidence in PROVEN


class Sheet(NamedTuple):
    """Facts of one kind; ``details`` are columns that a list on a terminal leaves out."""

    name: str
    introduction: str
    facts: tuple[Fact, ...]
    grouped_by: str = ""
    details: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """The name as a heading."""
        return self.name.replace("-", " ").capitalize()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in which any fact says anything, in order."""
        found = dict.fromkeys(column for fact in self.facts for column in fact.cells)
        return tuple(column for column in found if any(show(fact.cells.get(column, "")) for fact in self.facts))

    def only(self, word: str) -> Sheet:
        """The facts that ``word`` names, in any letter case; a sheet without facts when there are none.

        Where rows are numbers, a number names exactly one. Other words are looked for in the names and, when no name
        holds them, in all cells.
        """
        if word.isdecimal() and all(fact.label.isdecimal() for fact in self.facts):
            return self._replace(facts=tuple(fact for fact in self.facts if fact.label == word))
        named = [fact for fact in self.facts if _holds(fact, word, fact.names)]
        return self._replace(facts=tuple(named or [fact for fact in self.facts if _holds(fact, word, fact.cells)]))


def show(cell: Cell) -> str:
    """The cell as text: flags as ``yes`` or nothing, parameters one after the other."""
    if isinstance(cell, bool):
        return "yes" if cell else ""
    if isinstance(cell, tuple):
        return "; ".join(map(str, cell))
    return str(cell)


def _holds(fact: Fact, word: str, columns: Iterable[str]) -> bool:
    return any(word.casefold() in show(fact.cells.get(column, "")).casefold() for column in columns)
