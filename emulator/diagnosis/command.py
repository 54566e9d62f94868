"""``spwf04sx diagnose``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.diagnosis.case import Case
from emulator.diagnosis.printing import complain, print_lines
from emulator.diagnosis.reading.octets import UnusableInput
from emulator.diagnosis.reading.source import STANDARD_INPUT, read
from emulator.diagnosis.report.as_json import as_json
from emulator.diagnosis.report.headline import STATUS, verdict
from emulator.diagnosis.report.text import report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

UNUSABLE = 2
"""The exit status when there is nothing to judge, or no input that can be read."""


def diagnose(options: argparse.Namespace) -> int:
    """Read ``options.files``, report on standard output, and return the exit status.

    0: every signature is correct; 1: at least one defect; 2: nothing to judge, or an input that cannot be used. One
    such input does not keep the others from being read; it is named on standard error.
    """
    case, unusable = gather(options.files)
    if unusable and not case.judged and not case.reasons:
        return UNUSABLE
    if options.json:
        print_lines([json.dumps(as_json(case), indent=2)])
    else:
        print_lines(report(case))
    status = STATUS[verdict(case)]
    return UNUSABLE if unusable and not status else status


def gather(names: Sequence[str]) -> tuple[Case, bool]:
    """Read all inputs; the second value tells whether one of them could not be used."""
    case, unusable = Case(), False
    for name in names:
        shown = "standard input" if name == STANDARD_INPUT else name
        case.file = case.notes.file = shown if len(names) > 1 else ""
        try:
            read(name, case.tell, case.notes)
        except UnusableInput as reason:
            complain(f"{shown}: {reason}")
            unusable = True
        except OSError as failure:
            complain(f"{shown}: {failure.strerror or failure}")
            unusable = True
    case.close()
    return case, unusable
