"""Judges an RSA signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.diagnosis.judging.algorithms import Algorithm
from emulator.diagnosis.judging.certificates import RsaKey, readable
from emulator.diagnosis.judging.claims import digest_defects, hash_defect, signer_defects
from emulator.diagnosis.judging.rsa_search import KnownRsaKey, fit_rsa
from emulator.diagnosis.judging.verdict import Defect, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.verdict import Judgement, RsaFit


def judge_rsa(handshake: Handshake, judgement: Judgement, key: RsaKey) -> set[Defect]:
    """Fill in ``judgement`` and return the defects, none for what a strict server takes."""
    if not judgement.signature:
        return {Defect.EMPTY}
    fit = fit_rsa(handshake, judgement.signature, list(_keys(handshake)))
    if fit is None:
        if len(judgement.signature) != key.size:
            judgement.note = f"it has {len(judgement.signature)} octets where the key makes {key.size}"
            return {Defect.NOT_A_SIGNATURE}
        judgement.note = "no key of the certificates in this handshake opens it"
        return {Defect.UNEXPLAINED}
    judgement.fit = fit
    return _defects_of(handshake, judgement, fit)


def _keys(handshake: Handshake) -> Iterator[KnownRsaKey]:
    for side, chain in (("client", handshake.chain), ("server", handshake.server_chain)):
        for position, certificate in readable(chain):
            if isinstance(certificate.key, RsaKey):
                yield KnownRsaKey(Signer(side, position, certificate.name), certificate.key)


def _defects_of(handshake: Handshake, judgement: Judgement, fit: RsaFit) -> set[Defect]:
    defects = signer_defects(handshake, fit.signer)
    if fit.form:
        defects.add(Defect.RSA_FORM)
        judgement.note = fit.form
    if fit.hash_name:
        odd = hash_defect(handshake, judgement, Algorithm(fit.scheme, fit.hash_name))
        defects |= {odd} if odd is not None else set()
    if fit.digest is not None:
        return defects | digest_defects(fit.digest)
    judgement.note = "the padding is right, but the digest in it is of nothing that was tried"
    return defects | {Defect.TRANSCRIPT}
