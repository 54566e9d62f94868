"""The last act: captured requests and their diagnoses."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from emulator.demonstration.diagnosis import Diagnosed, capture_and_diagnose, print_diagnoses
from emulator.demonstration.stage import open_stage
from emulator.demonstration.story import Story
from emulator.diagnosis.judging.verdict import Defect
from emulator.peers.https import HttpsServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.peers.peer import HttpsPeer, Site


def embedded(site: Site) -> Iterable[HttpsPeer]:
    return [HttpsServer(site)]


async def test_every_mistake_is_told_from_the_others() -> None:
    printed = io.StringIO()
    console = Console(file=printed, width=110)
    async with open_stage(Console(quiet=True), embedded) as stage:
        await Story(stage).play()
        diagnosed = await capture_and_diagnose(stage)
        assert stage.emulator.faults.armed == ()
    assert [one.trouble for one in diagnosed] == [None] * len(diagnosed)
    assert len({one.expected for one in diagnosed}) == len(diagnosed)
    print_diagnoses(console, diagnosed)
    text = printed.getvalue()
    assert "$ spwf04sx diagnose bad.pcapng    # signature=nonpadded:always-bad\nDEFECT in the signature" in text
    assert "the sign octet 00 is missing before it" in text
    assert "the certificates are in the wrong order" in text
    assert text.rstrip().splitlines()[-1].startswith("CORRECT")


@pytest.mark.parametrize(
    ("expected", "found", "trouble"),
    [
        (Defect.WRONG_HASH, (Defect.TRANSCRIPT,), "with signature=x was diagnosed as transcript"),
        (Defect.WRONG_HASH, (), "was diagnosed as nothing wrong"),
        (None, (Defect.EMPTY,), "was diagnosed as empty"),
    ],
)
def test_a_wrong_diagnosis_is_a_trouble(expected: Defect | None, found: tuple[Defect, ...], trouble: str) -> None:
    assert trouble in str(Diagnosed("signature=x", expected, found, ()).trouble)
