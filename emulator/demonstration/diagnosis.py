"""The last act: bad requests are captured, and the captures are diagnosed, one mistake at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text

from emulator.demonstration.stage import http_get
from emulator.diagnosis.command import gather
from emulator.diagnosis.judging.verdict import Defect
from emulator.diagnosis.report.text import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from emulator.demonstration.stage import Stage

_MISTAKES: Final = (
    ("signature=nonpadded:always-bad", Defect.SIGN_OCTET_MISSING),
    ("certificate=wrong-order", Defect.BUNDLE_ORDER),
    ("certificate=foreign-key", Defect.UNEXPLAINED),
    ("signature=wrong-hash", Defect.WRONG_HASH),
    ("signature=transcript-without-certificate", Defect.TRANSCRIPT),
    ("", None),
)
"""What is armed, and what the capture of it must show; a single signature by an unknown key fits no explanation."""
_EVIDENCE_ENDS: Final = "All handshakes"
"""The line of a report behind the evidence of its handshakes."""


class Diagnosed(NamedTuple):
    """One captured request and its diagnosis; ``fault`` is empty for the one that went well."""

    fault: str
    expected: Defect | None
    defects: tuple[Defect, ...]
    lines: Sequence[str]
    """The report."""

    @property
    def trouble(self) -> str | None:
        """What did not come out as it should, if anything."""
        expected = () if self.expected is None else (self.expected,)
        if self.defects == expected:
            return None
        found = ", ".join(defect.value for defect in self.defects) or "nothing wrong"
        return f"the capture of a request with {self.fault or 'no fault'} was diagnosed as {found}"


async def capture_and_diagnose(stage: Stage) -> list[Diagnosed]:
    """Make a request to the first server with each mistake, and diagnose the capture of it. Raises HostError."""
    diagnosed = []
    with TemporaryDirectory(prefix="spwf04sx-demo-") as folder:
        for number, (fault, expected) in enumerate(_MISTAKES):
            path = Path(folder, f"{number}.pcapng")
            recording = stage.emulator.recordings.capture(path)
            await _request(stage, fault)
            recording.stop()
            case, _ = await asyncio.to_thread(gather, [str(path)])
            diagnosed.append(Diagnosed(fault, expected, tuple(case.defects), tuple(report(case))))
    return diagnosed


async def _request(stage: Stage, fault: str) -> None:
    stage.emulator.faults.disarm()
    if fault:
        stage.emulator.faults.arm(fault)
    await stage.command(http_get(stage.servers[0].port), quiet=True)
    stage.emulator.faults.disarm()


def print_diagnoses(console: Console, diagnosed: Sequence[Diagnosed]) -> None:
    """Print the first diagnosis with its evidence, and the first line of each other."""
    first, *others = diagnosed
    console.print()
    console.print(Text(f"$ spwf04sx diagnose bad.pcapng    # {first.fault}", style="bold"), soft_wrap=True)
    for line in first.lines:
        if line.startswith(_EVIDENCE_ENDS):
            break
        console.print(Text(line), soft_wrap=True)
    for other in others:
        console.print(Text(f"$ spwf04sx diagnose ...    # {other.fault or 'no fault'}", style="bold"), soft_wrap=True)
        console.print(Text(other.lines[0]), soft_wrap=True)
    console.print()
