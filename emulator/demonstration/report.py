"""The tables that a reader sees."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from emulator.demonstration import theory
from emulator.diagnosis.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from emulator.demonstration.answer import Finding
    from emulator.demonstration.comparison import CurlRow
    from emulator.demonstration.count import Row


def print_count(console: Console, server: str, rows: Sequence[Row]) -> None:
    """Print the rows of one server, and its words beneath."""
    table = _table(f"{server}: handshakes by signature mode", "signature")
    for column in ("accepted", "refused", "theory", "allowed"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("octets: how many")
    table.add_column("", no_wrap=True)
    for row in rows:
        share, allowed = percent(theory.accepted(row.mode)), str(row.expected)
        name = "strict DER" if row.mode.value == "none" else row.mode.value
        counted = (str(row.accepted), str(row.refused), share, allowed, _counted(row.lengths))
        table.add_row(name, *counted, _mark(right=row.trouble is None))
    console.print()
    console.print(table)
    _print_words(console, Counter(words for row in rows for words in row.words))


def print_comparisons(console: Console, version: str, rows: Sequence[CurlRow]) -> None:
    """Print how curl fared."""
    table = _table(f"{version} with the same certificate and key", "server")
    for column in ("accepted", "theory"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("octets: how many")
    table.add_column("", no_wrap=True)
    for row in rows:
        accepted = f"{row.accepted} of {row.trials}"
        table.add_row(row.server, accepted, "100 %", _counted(row.lengths), _mark(right=row.trouble is None))
    console.print()
    console.print(table)


def print_answer(console: Console, findings: Iterable[Finding]) -> None:
    """Print the last table."""
    table = Table(
        title="Is it the problem?", title_justify="left", box=box.SIMPLE_HEAD, show_lines=True, show_edge=False
    )
    for column in ("claim", "theory", "measured", "verdict"):
        table.add_column(column, overflow="fold")
    table.add_column("")
    for finding in findings:
        table.add_row(*finding[:4], _mark(right=finding.right))
    console.print()
    console.print(table)


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    return table


def _print_words(console: Console, words: Counter[str]) -> None:
    for text, times in words.most_common():
        console.print(f"  its words, {times} times: {text}", soft_wrap=True)


def _counted(lengths: Counter[int]) -> str:
    return " ".join(f"{length}:{lengths[length]}" for length in sorted(lengths, reverse=True)) or "none"


def _mark(*, right: bool) -> Text:
    return Text("ok", style="green") if right else Text("WRONG", style="bold red")
