"""Captures that tcpdump took of real handshakes: each fault is named, and nobody else is accused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.judging.verdict import Defect
from emulator.peers.gnutls import GnuTlsServer
from tests.diagnosis.diagnosing import case_of_octets
from tests.diagnosis.real_clients import CLIENTS, module
from tests.diagnosis.tcpdump import tcpdump
from tests.diagnosis.test_module_faults import NOT_JUDGED, UNDER_FAULT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.diagnosis.case import Case
    from emulator.peers.openssl import OpenSslServer
    from emulator.peers.peer import HttpsPeer, Site
    from emulator.peers.pki import Pki, PkiFiles

HANDSHAKES = 2
ON_THE_WIRE = {**NOT_JUDGED, "handshake=close": Reason.CLIENT_REFUSED}
"""Here it can be seen who closed."""


@pytest.fixture(autouse=True)
def capture_is_possible(need_program: Callable[[str], None]) -> None:
    need_program("tcpdump")


async def captured(
    port: int, count: int, shake: Callable[[int, Pki, PkiFiles], Awaitable[None]], pki: Pki, files: PkiFiles
) -> Case:
    """Capture so many handshakes and diagnose the capture."""
    async with tcpdump(port) as capture:
        for _ in range(count):
            await shake(port, pki, files)
        return case_of_octets(await capture.octets())


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_correct_client_is_not_accused(
    name: str,
    any_server: Callable[[Site], Awaitable[HttpsPeer]],
    site: Site,
    pki: Pki,
    pki_files: PkiFiles,
    need_program: Callable[[str], None],
) -> None:
    program, shake = CLIENTS[name]
    if program is not None:
        need_program(program)
    server = await any_server(site)
    case = await captured(server.port, HANDSHAKES, shake, pki, pki_files)
    assert (case.judged, case.defective, case.reasons, case.notes.lines()) == (HANDSHAKES, 0, {}, [])
    assert all(judgement.outcome.accepted for judgement in case.judgements.values())


@pytest.mark.parametrize(("fault", "defects"), UNDER_FAULT.items())
async def test_each_fault_is_named(
    fault: str,
    defects: set[Defect],
    openssl_server: Callable[[Site], Awaitable[OpenSslServer]],
    site: Site,
    pki: Pki,
    pki_files: PkiFiles,
) -> None:
    server = await openssl_server(site)
    case = await captured(server.port, HANDSHAKES, module(1, fault), pki, pki_files)
    assert [set(judgement.defects) for judgement in case.judgements.values()] == [defects] * HANDSHAKES
    assert case.reasons == {}


@pytest.mark.parametrize(
    ("fault", "reason"), [(fault, reason) for fault, reason in ON_THE_WIRE.items() if fault != "handshake=stall"]
)
async def test_why_nothing_can_be_judged_is_said(
    fault: str,
    reason: Reason,
    openssl_server: Callable[[Site], Awaitable[OpenSslServer]],
    site: Site,
    pki: Pki,
    pki_files: PkiFiles,
) -> None:
    server = await openssl_server(site)
    case = await captured(server.port, 1, module(1, fault), pki, pki_files)
    assert (case.judged, case.reasons) == (0, {reason: 1})


async def test_a_lenient_server_is_seen_to_be_lenient(
    site: Site, pki: Pki, pki_files: PkiFiles, need_program: Callable[[str], None]
) -> None:
    need_program("gnutls-serv")
    async with GnuTlsServer(site) as server:
        case = await captured(server.port, 1, module(1, "signature=nonpadded:always-bad"), pki, pki_files)
    (judgement,) = case.judgements.values()
    assert judgement.defects == (Defect.SIGN_OCTET_MISSING,)
    assert judgement.outcome.accepted is True
