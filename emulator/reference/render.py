"""Writes a sheet as Markdown, as JSON, or as plain aligned text."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from emulator.reference.sheet import Cell, Fact, Sheet, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_VERBATIM = frozenset({"syntax", "legacy", "default", "word", "spi_id", "mask_variable"})
"""Columns that are octets of the interface, wherever they stand."""
_GAP = "  "
_NARROWEST = 10


def markdown(sheet: Sheet) -> str:
    """Write one table, or one for each group, below the sheet's introduction."""
    parts = [f"# {sheet.title}", sheet.introduction]
    if not sheet.grouped_by:
        return "\n\n".join([*parts, markdown_table(sheet, sheet.facts)])
    for group, facts in groupby(sheet.facts, lambda fact: show(fact.cells[sheet.grouped_by])):
        parts += [f"## {group}", markdown_table(sheet, tuple(facts))]
    return "\n\n".join(parts)


def markdown_table(sheet: Sheet, facts: Sequence[Fact]) -> str:
    """Write the facts as a table; the column that groups them is left out, and so are empty ones."""
    columns = [column for column in sheet._replace(facts=tuple(facts)).columns if column != sheet.grouped_by]
    rows = [
        [*(_markdown_cell(fact, column) for column in columns), _escaped(fact.source.where), fact.source.confidence]
        for fact in facts
    ]
    return markdown_rows([*(_heading(column) for column in columns), "source", "confidence"], rows)


def markdown_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_json(sheet: Sheet) -> str:
    """Write an array with one object a fact; the keys are those of the columns, ``source`` and ``confidence``."""
    return json.dumps([_json_object(fact) for fact in sheet.facts], indent=2, ensure_ascii=False)


def text(sheet: Sheet, width: int | None) -> str:
    """Write aligned columns under their headings, one line a fact unless ``width`` makes them wrap.

    A single fact is written with all its columns, one a line.
    """
    if len(sheet.facts) == 1:
        return _aligned(_record(sheet, sheet.facts[0]), width)
    columns = [column for column in sheet.columns if column not in sheet.details]
    rows = [[_heading(column).upper() for column in columns] + ["SOURCE", "CONFIDENCE"]]
    rows += [[*_texts(fact, columns), fact.source.where, fact.source.confidence] for fact in sheet.facts]
    return _aligned(rows, width)


def _record(sheet: Sheet, fact: Fact) -> list[list[str]]:
    pairs = zip(map(_heading, sheet.columns), _texts(fact, sheet.columns), strict=True)
    source = [["source", fact.source.where], ["confidence", fact.source.confidence.value]]
    return [[name, value] for name, value in pairs if value] + source


def _texts(fact: Fact, columns: Iterable[str]) -> list[str]:
    return [show(fact.cells.get(column, "")).replace("`", "") for column in columns]


def _aligned(rows: Sequence[Sequence[str]], width: int | None) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - (width or 0)
    while width and excess > 0 and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
        excess -= 1
    return "\n".join(line for row in rows for line in _wrapped(row, widths))


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    padded = [
        [part.ljust(width) for part in [*cell, *[""] * (height - len(cell))]]
        for cell, width in zip(cells, widths, strict=True)
    ]
    return [_GAP.join(parts).rstrip() for parts in zip(*padded, strict=True)]


def _json_object(fact: Fact) -> dict[str, object]:
    cells = {column: _json_value(cell) for column, cell in fact.cells.items()}
    return cells | {"source": fact.source.where, "confidence": fact.source.confidence.value}


def _json_value(cell: Cell) -> object:
    return [parameter._asdict() for parameter in cell] if isinstance(cell, tuple) else cell


def _heading(column: str) -> str:
    return column.replace("_", " ")


def _markdown_cell(fact: Fact, column: str) -> str:
    content = show(fact.cells.get(column, ""))
    is_octets = column in _VERBATIM or (column == fact.names[0] and " " not in content)
    if content and "`" not in content and is_octets:
        return "`" + content.replace("|", "\\|") + "`"
    return _escaped(content)


def _escaped(content: str) -> str:
    """Cell text that Markdown and HTML leave alone; code spans in it stay what they are."""
    parts = content.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts)
