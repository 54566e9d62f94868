"""Judges one handshake. A signature that a strict server takes is correct, whatever else could be said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.handshakes import messages
from emulator.diagnosis.handshakes.cursor import Cursor, Malformed
from emulator.diagnosis.handshakes.handshake import Reason, Unjudged
from emulator.diagnosis.handshakes.messages import TLS_1_2, CertificateVerify
from emulator.diagnosis.judging.algorithms import algorithm
from emulator.diagnosis.judging.certificates import (
    EdwardsKey,
    OtherKey,
    RsaKey,
    UnreadableCertificate,
    common_name,
    read_certificate,
    readable,
)
from emulator.diagnosis.judging.claims import claim_defects, claimed_algorithm, scheme_of
from emulator.diagnosis.judging.curves import EcKey
from emulator.diagnosis.judging.ecdsa_judge import judge_ecdsa
from emulator.diagnosis.judging.edwards_judge import judge_edwards
from emulator.diagnosis.judging.remarks import remarks_on
from emulator.diagnosis.judging.rsa_judge import judge_rsa
from emulator.diagnosis.judging.verdict import Asked, Defect, Judgement
from emulator.diagnosis.names import signs_by_ecdsa

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.handshakes.messages import CertificateRequest
    from emulator.diagnosis.judging.certificates import Certificate

_LARGEST: Final = 2048
"""Octets of a signature by an RSA key of 16384 bits."""
_SHOWN: Final = 64
_AUTHORITIES: Final = 20
_LENGTH: Final = 2
"""Octets of the signature's length in a CertificateVerify."""


def judge(handshake: Handshake) -> Judgement | Unjudged:
    """Say what the client did; Unjudged when its certificate cannot be read or has a key of a kind not known here."""
    try:
        leaf = read_certificate(handshake.chain[0])
    except UnreadableCertificate as reason:
        return _unjudged(handshake, Reason.MALFORMED, f"the client's certificate is {reason}")
    if isinstance(leaf.key, OtherKey):
        return _unjudged(handshake, Reason.KEY_KIND, f"the client has {leaf.key}")
    judgement = _blank(handshake, leaf)
    if handshake.verify is not None:
        verify, form = _read_verify(handshake.verify.body, handshake.answer.version)
        judgement.claimed = claimed_algorithm(verify, scheme_of(leaf.key), handshake.answer.version)
        judgement.signature = verify.signature
        found = _too_long(judgement) or _judge_by_kind(handshake, judgement, leaf)
        found.update(form, claim_defects(handshake, judgement, scheme_of(leaf.key)))
        judgement.defects = tuple(defect for defect in Defect if defect in found)
    judgement.remarks = remarks_on(handshake, leaf, judgement)
    return judgement


def _too_long(judgement: Judgement) -> set[Defect]:
    """Keep only the beginning of what is longer than any signature."""
    if len(judgement.signature) <= _LARGEST:
        return set()
    judgement.note = f"it has {len(judgement.signature)} octets"
    judgement.signature = judgement.signature[:_SHOWN]
    return {Defect.NOT_A_SIGNATURE}


def _judge_by_kind(handshake: Handshake, judgement: Judgement, leaf: Certificate) -> set[Defect]:
    if isinstance(leaf.key, EcKey):
        return judge_ecdsa(handshake, judgement, leaf.key)
    if isinstance(leaf.key, RsaKey):
        return judge_rsa(handshake, judgement, leaf.key)
    if isinstance(leaf.key, EdwardsKey):
        return judge_edwards(handshake, judgement, leaf.key)
    raise AssertionError(leaf.key)


def _blank(handshake: Handshake, leaf: Certificate) -> Judgement:
    """Return a judgement with everything but the signature's share; without a signature that is the defect."""
    names = dict(readable(handshake.chain))
    return Judgement(
        client=handshake.client,
        server=handshake.server,
        place=handshake.place,
        version=handshake.answer.version,
        suite=handshake.answer.suite,
        chain=tuple(names[i].name if i in names else "unreadable" for i in range(len(handshake.chain))),
        key=str(leaf.key),
        key_info=leaf.key_info,
        claimed=None,
        signature=b"",
        encoding=None,
        defects=(Defect.VERIFY_MISSING,) if handshake.verify is None else (),
        outcome=handshake.outcome,
        asked=_asked(handshake.request),
        server_signature=_server_signature(handshake),
    )


def _asked(request: CertificateRequest) -> Asked:
    algorithms = tuple(str(algorithm(code)) for code in request.algorithms)
    return Asked(algorithms, tuple(common_name(name) for name in request.authorities[:_AUTHORITIES]))


def _read_verify(body: bytes, version: int) -> tuple[CertificateVerify, tuple[Defect, ...]]:
    """Read a CertificateVerify; when it has the form of another version, or none, say so and make the best of it."""
    with_algorithm = version >= TLS_1_2
    for form, defects in ((with_algorithm, ()), (not with_algorithm, (Defect.CLAIM_FORM,))):
        try:
            verify = messages.certificate_verify(body, with_algorithm=form)
        except Malformed:
            continue
        if not verify.trailing:
            return verify, defects
    cursor = Cursor(body, "CertificateVerify")
    code = cursor.number(2) if with_algorithm and cursor.left >= 2 else None
    length = cursor.number(_LENGTH) if cursor.left >= _LENGTH else 0
    signature = cursor.take(min(length, cursor.left))
    return CertificateVerify(code, signature, cursor.take(cursor.left)), (Defect.MESSAGE_MALFORMED,)


def _server_signature(handshake: Handshake) -> int | None:
    """Return how many octets the server's own ECDSA signature has, where there is one."""
    message = handshake.server_key_exchange
    if message is None or not signs_by_ecdsa(handshake.answer.suite):
        return None
    try:
        signature = messages.server_signature(message.body, handshake.answer.version)
    except Malformed:
        return None
    return None if signature is None else len(signature)


def _unjudged(handshake: Handshake, reason: Reason, detail: str) -> Unjudged:
    alerts = handshake.outcome.alerts
    return Unjudged(handshake.client, handshake.server, handshake.place, reason, detail, alerts)
