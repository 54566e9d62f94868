"""Everything that is not known for certain, from every sheet, on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.reference.sheet import Cell, Fact, Sheet, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHOICES: Final = "choices"
"""The sheet whose rows are behaviours; they name their own area."""
_INTRODUCTION: Final = (
    "Everything that no source proves: chosen (`assumed`), concluded from other facts (`inferred`), or known of the "
    "SPWF01 only (`predecessor`). Only parts of the module's manual could be read, and no real module was at hand. "
    "The behaviours come first, then rows of the other sheets. If you have a module and can settle a row, please open "
    "an issue with the log."
)


def assumption_sheet(sheets: Iterable[Sheet]) -> Sheet:
    """The choices of behaviour, then the open facts of all other sheets."""
    everything = sorted(sheets, key=lambda sheet: sheet.name != CHOICES)
    facts = tuple(fact for sheet in everything for fact in _open_facts(sheet))
    return Sheet("assumptions", _INTRODUCTION, facts, grouped_by="area")


def _open_facts(sheet: Sheet) -> Iterator[Fact]:
    for fact in sheet.facts:
        if fact.is_open:
            cells = _choice(fact) if sheet.name == CHOICES else _row(sheet, fact)
            yield Fact(cells, fact.source, ("subject", "area"), fact.symbol)


def _choice(fact: Fact) -> dict[str, Cell]:
    return {"area": fact.cells["area"], "subject": fact.cells["question"], "assumption": fact.cells["answer"]}


def _row(sheet: Sheet, fact: Fact) -> dict[str, Cell]:
    said = [
        f"{column.replace('_', ' ')} {show(cell)}"
        for column, cell in fact.cells.items()
        if column != fact.names[0] and not isinstance(cell, bool) and column not in sheet.details and show(cell)
    ]
    return {"area": sheet.title, "subject": fact.label, "assumption": "; ".join(said)}
