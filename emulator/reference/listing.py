"""``spwf04sx commands``, ``variables`` and their like: a sheet on standard output."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from emulator.reference.assumptions import assumption_sheet
from emulator.reference.render import as_json, markdown, text
from emulator.reference.rows import sheets

if TYPE_CHECKING:
    import argparse

    from emulator.reference.sheet import Sheet


def show_sheet(options: argparse.Namespace) -> int:
    """Print ``options.sheet``, whole or filtered, in ``options.form``; the result is the exit status."""
    sheet = _sheet(options.sheet)
    if options.word:
        sheet = sheet.only(options.word)
        if not sheet.facts:
            print(
                f"spwf04sx: no row of {options.sheet} has '{options.word}'; "
                f"'spwf04sx {options.sheet}' shows all of them",
                file=sys.stderr,
            )
            return 1
    return _print(_rendered(sheet, options.form))


def _sheet(name: str) -> Sheet:
    everything = sheets()
    if name == "assumptions":
        return assumption_sheet(everything)
    return next(sheet for sheet in everything if sheet.name == name)


def _rendered(sheet: Sheet, form: str) -> str:
    if form == "json":
        return as_json(sheet)
    if form == "markdown":
        return markdown(sheet)
    return text(sheet, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)


def _print(content: str) -> int:
    try:
        print(content, flush=True)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not find that out again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
