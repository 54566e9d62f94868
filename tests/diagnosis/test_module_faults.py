"""Every fault of the module's signatures, certificates and handshakes, as a capture shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.judging.verdict import Defect
from firmware_model.tables.faults import CERTIFICATE, HANDSHAKE, SIGNATURE
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece
from tests.diagnosis.diagnosing import case_of
from tests.tls.clients import Client, shake_hands
from tests.tls.servers import MemoryServer, server_context

if TYPE_CHECKING:
    from emulator.diagnosis.case import Case
    from emulator.peers.pki import Pki
    from firmware_model.faults import Fault

UNDER_FAULT: dict[str, set[Defect]] = {
    "signature=nonpadded:always-bad": {Defect.SIGN_OCTET_MISSING},
    "signature=nonpadded:always-lucky": set(),
    "signature=overpadded": {Defect.NEEDLESS_ZERO},
    "signature=long-lengths": {Defect.LONG_LENGTH},
    "signature=indefinite-length": {Defect.INDEFINITE_LENGTH},
    "signature=trailing": {Defect.TRAILING},
    "signature=trailing-inside": {Defect.TRAILING},
    "signature=raw": {Defect.RAW},
    "signature=swapped": {Defect.SWAPPED},
    "signature=byte-swapped": {Defect.REVERSED},
    "signature=zero": {Defect.OUT_OF_RANGE},
    "signature=zero-r": {Defect.OUT_OF_RANGE},
    "signature=zero-s": {Defect.OUT_OF_RANGE},
    "signature=r-plus-order": {Defect.PLUS_ORDER},
    "signature=s-plus-order": {Defect.PLUS_ORDER},
    "signature=high-s": set(),
    "signature=bit-flip": {Defect.BIT_FLIP},
    "signature=truncated": {Defect.TRUNCATED},
    "signature=empty": {Defect.EMPTY},
    "signature=nonce-reused": {Defect.NONCE_REUSED},
    "signature=wrong-key": {Defect.UNEXPLAINED},
    "signature=wrong-hash": {Defect.WRONG_HASH},
    "signature=wrong-claim": {Defect.WRONG_CLAIM},
    "signature=transcript-without-certificate": {Defect.TRANSCRIPT},
    "signature=transcript-without-key-exchange": {Defect.TRANSCRIPT},
    "signature=transcript-with-record-headers": {Defect.TRANSCRIPT},
    "certificate=wrong-order": {Defect.BUNDLE_ORDER},
    "certificate=leaf-only": set(),
    "certificate=foreign-key": {Defect.FOREIGN_KEY},
    "handshake=no-certificate-verify": {Defect.VERIFY_MISSING},
    "handshake=wrong-finished": set(),
    "handshake=fragmented": set(),
}
"""What every one of the handshakes shows."""

NOT_JUDGED: dict[str, Reason] = {
    "certificate=empty": Reason.NO_CERTIFICATE,
    "certificate=expired-clock": Reason.CLIENT_REFUSED,
    "certificate=unset-clock": Reason.CLIENT_REFUSED,
    "handshake=no-certificate": Reason.NO_CERTIFICATE,
    "handshake=stall": Reason.UNFINISHED,
    "handshake=close": Reason.UNFINISHED,
    "handshake=alert": Reason.CLIENT_REFUSED,
}
"""Why there is nothing to judge."""

BY_CHANCE = ("signature=nonpadded", "signature=nonpadded:fixed32")
"""Each signature is right or wrong as its numbers fall."""

HANDSHAKES = 3


class Recorder(MemoryServer):
    """A server that keeps what was said."""

    def __init__(self, pki: Pki) -> None:
        super().__init__(server_context(pki.server, client_ca=pki.root))
        self.conversation: Conversation = []

    async def write(self, data: bytes) -> None:
        before = len(self._pending)
        self.conversation.append(Piece(CLIENT, data))
        await super().write(data)
        if answer := bytes(self._pending[before:]):
            self.conversation.append(Piece(SERVER, answer))


async def module_handshakes(pki: Pki, count: int, *faults: str, seed: int = 1) -> list[Conversation]:
    """Let one module shake hands so many times under the faults."""
    client = Client(pki.root, pki.client, seed=seed)
    client.faults.arm(*faults)
    conversations = []
    for _ in range(count):
        server = Recorder(pki)
        try:
            await shake_hands(client.over(server))
        except Exception:  # how the module takes it is not looked at here
            assert faults
        conversations.append(server.conversation)
    return conversations


async def module_case(pki: Pki, count: int, *faults: str) -> Case:
    return case_of(*await module_handshakes(pki, count, *faults))


async def test_without_faults_every_signature_is_right(pki: Pki) -> None:
    case = await module_case(pki, 20)
    assert (case.judged, case.defective, case.reasons) == (20, 0, {})
    assert all(judgement.outcome.accepted for judgement in case.judgements.values())


@pytest.mark.parametrize("fault", [*SIGNATURE, *CERTIFICATE, *HANDSHAKE], ids=lambda fault: fault.name)
def test_every_fault_of_the_catalogue_is_looked_at_here(fault: Fault) -> None:
    assert fault.name in {*UNDER_FAULT, *NOT_JUDGED, *BY_CHANCE}


@pytest.mark.parametrize(("fault", "defects"), UNDER_FAULT.items())
async def test_the_fault_is_named(pki: Pki, fault: str, defects: set[Defect]) -> None:
    case = await module_case(pki, HANDSHAKES, fault)
    assert case.judged == HANDSHAKES
    assert [set(judgement.defects) for judgement in case.judgements.values()] == [defects] * HANDSHAKES
    assert case.reasons == {}


@pytest.mark.parametrize(("fault", "reason"), NOT_JUDGED.items())
async def test_why_nothing_can_be_judged_is_said(pki: Pki, fault: str, reason: Reason) -> None:
    case = await module_case(pki, 1, fault)
    assert (case.judged, case.reasons) == (0, {reason: 1})


@pytest.mark.parametrize("fault", BY_CHANCE)
async def test_an_encoder_that_is_sometimes_lucky(pki: Pki, fault: str) -> None:
    case = await module_case(pki, 12, fault)
    kinds = {defect for judgement in case.judgements.values() for defect in judgement.defects}
    assert Defect.SIGN_OCTET_MISSING in kinds
    assert kinds <= {Defect.SIGN_OCTET_MISSING, Defect.NEEDLESS_ZERO}
    for judgement in case.judgements.values():
        assert judgement.outcome.accepted is judgement.correct


async def test_a_leaf_alone_is_remarked_on(pki: Pki) -> None:
    case = await module_case(pki, 1, "certificate=leaf-only")
    (judgement,) = case.judgements.values()
    assert [remark.text for remark in judgement.remarks if remark.kind != "high-s"] == [
        'the chain ends at "SPWF04", so the server must know its issuer "Client CA" itself'
    ]
    assert [alert.description for alert in judgement.outcome.alerts] == [48]


async def test_a_wrong_finished_is_not_taken_for_a_wrong_signature(pki: Pki) -> None:
    case = await module_case(pki, 1, "handshake=wrong-finished")
    (judgement,) = case.judgements.values()
    assert judgement.correct
    assert judgement.outcome.accepted is False


async def test_s_that_is_always_high_shows_in_the_statistics(pki: Pki) -> None:
    from emulator.diagnosis.report.statistics import statistics

    case = await module_case(pki, 20, "signature=high-s")
    (client,) = case.clients.values()
    assert "s lies in the upper half of its range in all 20 signatures, so the client sees to it." in statistics(client)
