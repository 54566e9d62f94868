"""The result as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import os
import platform
import ssl
from importlib.util import find_spec
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import Comparison, Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = Comparison | Skipped

_HEAD = ("what", "yardstick", "yardstick's", "ours", "ratio", "target", "met")
_VERDICTS = {True: "yes", False: "no", None: ""}
_TEXT_COLUMNS = 2


def as_table(rows: Sequence[Row]) -> str:
    """Return one line for each row under a head, with the surroundings below."""
    cells = [_HEAD, *(_cells(row) for row in rows if isinstance(row, Comparison))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_aligned(line, widths) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += [f"skipped: {row.what} against {row.yardstick}: {row.reason}" for row in rows if isinstance(row, Skipped)]
    return "\n".join([*lines, "", ", ".join(f"{name} {value}" for name, value in surroundings().items())])


def as_json(rows: Sequence[Row]) -> str:
    """Return one object: ``comparisons`` (times in seconds), ``skipped`` and ``surroundings``."""
    return json.dumps(
        {
            "comparisons": [_object(row) for row in rows if isinstance(row, Comparison)],
            "skipped": [
                {"what": row.what, "yardstick": row.yardstick, "reason": row.reason}
                for row in rows
                if isinstance(row, Skipped)
            ],
            "surroundings": surroundings(),
        },
        indent=2,
    )


def surroundings() -> dict[str, str]:
    """Return what else a ratio depends on."""
    return {
        "Python": platform.python_version(),
        "on": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "ssl by": " ".join(ssl.OPENSSL_VERSION.split()[:2]),
        "gmpy2": "present" if find_spec("gmpy2") else "absent",
    }


def duration(seconds: float) -> str:
    """Return a time with two decimals in a fitting unit, ``"41.20 us"``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.2f} {unit}"
    return f"{seconds / 1e-6:.2f} us"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column < _TEXT_COLUMNS else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _cells(row: Comparison) -> tuple[str, ...]:
    target = "" if row.target is None else f"{row.target:g}x"
    times = (duration(row.theirs), duration(row.ours))
    return (row.what, row.yardstick, *times, f"{row.ratio:.2f}x", target, _VERDICTS[row.met])


def _object(row: Comparison) -> dict[str, object]:
    return {
        "what": row.what,
        "yardstick": row.yardstick,
        "ours": row.ours,
        "theirs": row.theirs,
        "ratio": row.ratio,
        "target": row.target,
        "met": row.met,
    }
