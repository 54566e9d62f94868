"""Judges an Ed25519 or Ed448 signature (RFC 8422, 5.10): it signs the transcript itself, so there are few mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.diagnosis.judging.transcripts import RIGHT, transcripts
from emulator.diagnosis.judging.verdict import Defect, EdwardsFit, Signer

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.certificates import EdwardsKey
    from emulator.diagnosis.judging.verdict import Judgement


def judge_edwards(handshake: Handshake, judgement: Judgement, key: EdwardsKey) -> set[Defect]:
    """Fill in ``judgement`` and return the defects, none for what a strict server takes."""
    if not judgement.signature:
        return {Defect.EMPTY}
    for transcript in transcripts(handshake):
        if _verifies(key, judgement.signature, transcript.octets):
            judgement.fit = EdwardsFit(Signer("client", 0, judgement.chain[0]), transcript)
            return set() if transcript.kind == RIGHT else {Defect.TRANSCRIPT}
    return {Defect.UNEXPLAINED}


def _verifies(key: EdwardsKey, signature: bytes, octets: bytes) -> bool:
    from ecdsa import BadSignatureError, VerifyingKey

    try:
        return bool(VerifyingKey.from_der(key.info).verify(signature, octets))
    except (BadSignatureError, ValueError, AssertionError):
        return False
