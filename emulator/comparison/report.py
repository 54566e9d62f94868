"""The outcome of a comparison, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.comparison.difference import Comparison, Difference, Variation
    from emulator.comparison.evidence import Reference, Row

_NARROWEST: Final = 28
_SHOWN_VARIATIONS: Final = 20


class Report:
    """Says what two modules, called ``left`` and ``right``, said differently."""

    def __init__(self, comparison: Comparison, reference: Reference, left: str, right: str) -> None:
        self._comparison = comparison
        self._reference = reference
        self._left, self._right = left, right

    @property
    def status(self) -> int:
        """The exit status: 0 the same, 1 different."""
        return int(bool(self._comparison.differences))

    def text(self, *, all_variations: bool = False) -> str:
        """The report for people."""
        return "\n".join(self._lines(all_variations=all_variations))

    def json(self) -> str:
        """The report for programs."""
        comparison = self._comparison
        return json.dumps(
            {
                "format": "spwf04sx compare",
                "version": 1,
                "verdict": "different" if comparison.differences else "same",
                "left": self._left,
                "right": self._right,
                "turns": comparison.turns,
                "turns_alike": comparison.same,
                "differences": [self._difference(difference) for difference in comparison.differences],
                "variations": [asdict(variation) for variation in comparison.variations],
            },
            indent=2,
        )

    def _lines(self, *, all_variations: bool) -> Iterator[str]:
        comparison = self._comparison
        yield self._verdict()
        for number, difference in enumerate(comparison.differences, 1):
            yield ""
            yield from self._shown(number, difference)
        if comparison.variations:
            yield ""
            yield f"{len(comparison.variations)} times something differed that may differ from run to run:"
            shown = comparison.variations if all_variations else comparison.variations[:_SHOWN_VARIATIONS]
            yield from (f"  {line}" for variation in shown for line in _varied(variation))
            if len(shown) < len(comparison.variations):
                yield f"  ... and {len(comparison.variations) - len(shown)} more; --all shows them"

    def _verdict(self) -> str:
        comparison = self._comparison
        alike = f"{comparison.same} of {comparison.turns} turns alike"
        if not comparison.differences:
            return f"SAME: {self._left} and {self._right} say the same ({alike})."
        open_rows = sum(any(row.is_open for row in self._rows(one)) for one in comparison.differences)
        return (
            f"DIFFERENT: {len(comparison.differences)} lines differ between {self._left} and {self._right} ({alike}); "
            f"{open_rows} of them touch what was only assumed."
        )

    def _shown(self, number: int, difference: Difference) -> Iterator[str]:
        what = f"after {difference.command}" if difference.command else "by itself"
        left, right = _quoted(difference.left), _quoted(difference.right)
        width = max(_NARROWEST, len(left), len(self._left))
        yield f"{number}. {what} ({difference.where})"
        yield f"   {self._left:<{width}} | {self._right}"
        yield f"   {left:<{width}} | {right}"
        for row in self._rows(difference):
            yield f"   - {row}"
            if row.is_open:
                yield "     open: what a real module says here settles it"

    def _rows(self, difference: Difference) -> list[Row]:
        line = difference.right if difference.right is not None else difference.left or ""
        return self._reference.rows(line, difference.command)

    def _difference(self, difference: Difference) -> dict[str, Any]:
        return {
            "where": difference.where,
            "command": difference.command,
            "left": difference.left,
            "right": difference.right,
            "reference": [row._asdict() for row in self._rows(difference)],
        }


def _quoted(line: str | None) -> str:
    """A line as it can be shown; what is no text is escaped."""
    if line is None:
        return "(nothing)"
    return line if line and line.isprintable() else repr(line)


def _varied(variation: Variation) -> Iterator[str]:
    yield f"{variation.kind} ({variation.where}): {variation.left}  |  {variation.right}"
