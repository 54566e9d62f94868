"""What the code of a host has met of the module: commands, errors, indications and faults, and what never.

A reader of the timeline. What one emulator saw can be added to what others saw, as the processes of a test run do.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Final

from firmware_model.commands import all_commands, commands_by_spelling
from firmware_model.events import CommandReceived, FaultFired, Indicated, Replied
from firmware_model.profile import FIRMWARE_1_1_0
from firmware_model.tables.errors import Error
from firmware_model.tables.faults import CATALOGUE
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.capture.timeline import Entry

KINDS: Final = ("commands", "errors", "indications", "faults")
_ERROR: Final = re.compile(rb"AT-S\.ERROR:(\d+)")
_WIDTH: Final = 100


class HostCoverage:
    """Counts how often the host met each thing, by kind and name."""

    def __init__(self, firmware: str = FIRMWARE_1_1_0.version) -> None:
        """Count against what this version of the firmware has."""
        self.firmware = firmware
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}

    def __call__(self, entry: Entry) -> None:
        """Take one entry of the timeline."""
        match entry.event:
            case CommandReceived(line):
                self._count_command(line)
            case Replied(content):
                if error := _ERROR.match(content):
                    self.counts["errors"][error[1].decode()] += 1
            case Indicated(number, _, masked=False):
                self.counts["indications"][str(number)] += 1
            case FaultFired(name):
                self.counts["faults"][name] += 1

    def add(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add what another one counted, as :attr:`counts` or as read from JSON."""
        for kind in KINDS:
            self.counts[kind].update(counts.get(kind, {}))

    def met(self, kind: str) -> list[str]:
        """The names of a kind that the host has met, in the order of the reference."""
        return [name for name in self._everything[kind] if self.counts[kind][name]]

    def never(self, kind: str) -> list[str]:
        """Those that it has not."""
        return [name for name in self._everything[kind] if not self.counts[kind][name]]

    def lines(self) -> Iterator[str]:
        """The summary for a person."""
        for kind in KINDS:
            met, never = self.met(kind), self.never(kind)
            yield f"{kind}: {len(met)} of {len(met) + len(never)} met"
            yield from _listed("met", [f"{name} {self.counts[kind][name]}x" for name in met])
            yield from _listed("never", never)

    @cached_property
    def _everything(self) -> dict[str, list[str]]:
        return {
            "commands": [command.spelling for command in all_commands(self.firmware)],
            "errors": [str(error.code) for error in Error],
            "indications": [str(indication.number) for indication in Indication],
            "faults": [fault.name for fault in CATALOGUE],
        }

    def _count_command(self, line: bytes) -> None:
        spelling = line.partition(b"=")[0].decode("latin-1").upper()
        command = commands_by_spelling(self.firmware).get(spelling)
        if command is not None:
            self.counts["commands"][command.spelling] += 1


def _listed(title: str, names: list[str]) -> Iterator[str]:
    """Names in lines of at most 100 columns under a title."""
    line = f"  {title}:"
    for name in names:
        if len(line) + 2 + len(name) > _WIDTH:
            yield line + ","
            line = "   " + " " * len(title)
        line += f"{',' if not line.endswith((':', ' ')) else ''} {name}"
    if names:
        yield line
