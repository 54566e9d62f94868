"""How much of the interface is there: per fact whether the code uses it, a test names it, and a source proves it.

Made from a source tree, never at run time: an installed emulator has no tests to look at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.reference.render import markdown_rows
from emulator.reference.sheet import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.reference.evidence import SourceTree
    from emulator.reference.sheet import Fact, Sheet

_INTRODUCTION: Final = """# Conformance

How much of the interface is there, read from the source tree.

- *In the code*: the model uses the row, outside its tables or in a row of another table. A command is declared; an
  indication, an error, a reply or a certificate error is raised or printed somewhere; a variable is read by its
  name, otherwise GCFG and SCFG only keep it; a status or peer variable has a value of its own, `fixed` when that is
  always the same; a fault is brought about by the model or by `emulator/faults/`, between it and the world.
- *In the tests*: the behavioural tests name the row, by the octets that the module prints or by its name in the code;
  tests of the tables themselves do not count.
- *Proven*: a manual, a log or a driver says so. The open rows are on the page of [assumptions](assumptions.md); faults
  are no facts about the module, and neither."""
_PRINTED: Final = {
    "indications": r"\+WIND:{label}(?!\d)",
    "errors": r"ERROR:{label}(?!\d)",
    "certificate-errors": r"Certificate Error:{label}(?!\d)",
    "replies": r"AT-S\\?\.{label}(?![A-Za-z ])",
    "commands": r"{label}(?<![A-Za-z]{label})(?![\w+&-])",
}
"""How the tests spell what the module prints, or what the host types."""
_NAMED: Final = r"{label}(?<!\w{label})(?!\w)"
"""A name of its own. What stands before it is looked at last: a pattern that begins with a text is found faster."""


def conformance(sheets: Iterable[Sheet], tree: SourceTree) -> str:
    """Write the page: counts, then one table for each sheet."""
    judged = [(sheet, [_Verdict(sheet, fact, tree) for fact in sheet.facts]) for sheet in sheets if _is_named(sheet)]
    counts = markdown_rows(
        ["sheet", "rows", "in the code", "in the tests", "proven", "open"],
        [[f"[{sheet.title}](#{sheet.name})", *_counts(verdicts)] for sheet, verdicts in judged],
    )
    tables = [f"## {sheet.title}\n\n{_table(sheet, verdicts)}" for sheet, verdicts in judged]
    return "\n\n".join([_INTRODUCTION, counts, *tables])


def _is_named(sheet: Sheet) -> bool:
    """Whether code refers to the rows one by one."""
    return all(fact.symbol or fact.names[0] == "name" for fact in sheet.facts)


class _Verdict:
    """What the source tree says about one fact."""

    def __init__(self, sheet: Sheet, fact: Fact, tree: SourceTree) -> None:
        self.fact = fact
        self.in_code = _in_code(sheet, fact, tree)
        self.in_tests = tree.tested(*_patterns(sheet, fact))

    def cells(self) -> list[str]:
        """The last cells of its row."""
        return [self.in_code, _flag(self.in_tests), _flag(self.fact.is_proven), self.fact.source.confidence]


def _in_code(sheet: Sheet, fact: Fact, tree: SourceTree) -> str:
    if sheet.name == "commands":
        return "yes"
    if sheet.name in ("statuses", "peers"):
        return "fixed" if fact.label in tree.constant_keys else _flag(fact.label in tree.keys)
    if sheet.name == "faults":
        return _flag(tree.brings_about(fact.label))
    if fact.symbol:
        return _flag(fact.symbol in tree.symbols)
    return _flag(tree.says(fact.label))


def _patterns(sheet: Sheet, fact: Fact) -> Iterator[str]:
    printed = _PRINTED.get(sheet.name, _NAMED)
    yield printed.format(label=re.escape(fact.label))
    if sheet.name == "commands" and fact.cells["legacy"]:
        yield re.escape(show(fact.cells["legacy"]))
    elif fact.symbol:
        yield _NAMED.format(label=re.escape(fact.symbol))


def _counts(verdicts: Sequence[_Verdict]) -> list[str]:
    proven = sum(verdict.fact.is_proven for verdict in verdicts)
    still_open = sum(verdict.fact.is_open for verdict in verdicts)
    in_code = sum(bool(verdict.in_code) for verdict in verdicts)
    in_tests = sum(verdict.in_tests for verdict in verdicts)
    return [str(count) for count in (len(verdicts), in_code, in_tests, proven, still_open)]


def _table(sheet: Sheet, verdicts: Iterable[_Verdict]) -> str:
    name, *others = sheet.facts[0].names
    rows = [
        [f"`{verdict.fact.label}`", *(show(verdict.fact.cells[other]) for other in others), *verdict.cells()]
        for verdict in verdicts
    ]
    return markdown_rows([name, *others, "in the code", "in the tests", "proven", "confidence"], rows)


def _flag(value: bool) -> str:
    return "yes" if value else ""
