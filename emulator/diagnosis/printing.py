"""Output that a reader may cut off, and complaints."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_STYLES: Final = {"DEFECT": "bold red", "CORRECT": "bold green", "NOTHING TO JUDGE": "bold yellow"}


def print_lines(lines: Iterable[str]) -> None:
    """Print lines; on a terminal the verdict has a colour, and everything is readable without."""
    try:
        if sys.stdout.isatty():
            _print_coloured(lines)
        else:
            for line in lines:
                print(line.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not find that out again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Say in one line on standard error what is the matter."""
    print(f"spwf04sx: {text}", file=sys.stderr)


def _print_coloured(lines: Iterable[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    for line in lines:
        style = next((style for start, style in _STYLES.items() if line.startswith(start)), "")
        console.print(Text(line, style), soft_wrap=True)
