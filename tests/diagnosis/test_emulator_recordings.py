"""What the emulator itself records of a run: its timeline and its capture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.capture.recordings import Wanted
from emulator.configuration import Settings
from emulator.diagnosis.command import gather
from emulator.diagnosis.judging.verdict import Defect
from emulator.emulator import Emulator
from tests.story.test_seed import FILE, STATION, play_to

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from emulator.diagnosis.case import Case
    from emulator.peers.https import HttpsServer
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

BAD = "signature=nonpadded:always-bad"


@pytest.fixture
async def server(https_server: Callable[[Site], Awaitable[HttpsServer]], site: Site) -> HttpsServer:
    return await https_server(replace(site, files={"/conf": FILE}))


async def recorded(server: HttpsServer, pki: Pki, folder: Path, *faults: str) -> dict[str, Case]:
    """Play the session of the report from the field, record it in each form, and diagnose each."""
    wanted = Wanted(timeline=folder / "run.jsonl", capture=folder / "run.pcapng", capture_secrets=True)
    settings = Settings(
        maps=[f"192.168.0.2:45061=127.0.0.1:{server.port}"],
        stations=[STATION],
        seed=1,
        faults=faults,
        recordings=wanted,
    )
    async with Emulator(settings) as emulator:
        await play_to(emulator, f"seed-first-post-{'refused' if faults else 'fetched'}", pki)
    cases = {}
    for form in ("jsonl", "pcapng"):
        case, unusable = gather([str(folder / f"run.{form}")])
        assert not unusable
        cases[form] = case
    return cases


@pytest.mark.parametrize(("faults", "defects"), [((), ()), ((BAD,), (Defect.SIGN_OCTET_MISSING,))], ids=["good", "bad"])
async def test_the_session_of_the_report_from_the_field(
    server: HttpsServer, pki: Pki, tmp_path: Path, faults: tuple[str, ...], defects: tuple[Defect, ...]
) -> None:
    cases = await recorded(server, pki, tmp_path, *faults)
    for form, case in cases.items():
        assert (case.judged, case.reasons, case.notes.lines()) == (1, {}, []), form
        (judgement,) = case.judgements.values()
        assert judgement.defects == defects
        assert judgement.outcome.accepted is not bool(faults)
        assert judgement.server == "192.168.0.2:45061"
        assert not {remark.kind for remark in judgement.remarks} & {"expired", "not-yet-valid"}
    assert cases["jsonl"].judgements[1].signature == cases["pcapng"].judgements[1].signature


async def test_both_recordings_of_one_run_are_one_handshake(server: HttpsServer, pki: Pki, tmp_path: Path) -> None:
    await recorded(server, pki, tmp_path)
    case, _ = gather([str(tmp_path / "run.jsonl"), str(tmp_path / "run.pcapng")])
    assert (case.judged, case.copies, case.defective) == (1, 1, 0)
