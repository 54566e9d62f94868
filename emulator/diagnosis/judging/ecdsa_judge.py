"""Judges an ECDSA signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.judging.algorithms import HASHES, MD5_AND_SHA1, Algorithm
from emulator.diagnosis.judging.certificates import readable
from emulator.diagnosis.judging.claims import digest_defects, hash_defect, signer_defects
from emulator.diagnosis.judging.curves import EcKey, recovered_keys
from emulator.diagnosis.judging.damage import find_flip
from emulator.diagnosis.judging.ecdsa_search import KnownKey, fit_somehow, fit_strictly
from emulator.diagnosis.judging.encoding import Flaw, read_encoding
from emulator.diagnosis.judging.transcripts import right_digest
from emulator.diagnosis.judging.verdict import Candidate, Defect, EcdsaFit, Nonce, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.encoding import Encoding
    from emulator.diagnosis.judging.verdict import Judgement

_DEFECTS: Final = {
    Flaw.EMPTY: Defect.EMPTY,
    Flaw.RAW: Defect.RAW,
    Flaw.NO_SEQUENCE: Defect.NOT_A_SIGNATURE,
    Flaw.NO_INTEGER: Defect.NOT_A_SIGNATURE,
    Flaw.EMPTY_INTEGER: Defect.NOT_A_SIGNATURE,
    Flaw.TRUNCATED: Defect.TRUNCATED,
    Flaw.SIGN_OCTET_MISSING: Defect.SIGN_OCTET_MISSING,
    Flaw.NEEDLESS_ZERO: Defect.NEEDLESS_ZERO,
    Flaw.WRONG_LENGTH: Defect.WRONG_LENGTH,
    Flaw.LONG_LENGTH: Defect.LONG_LENGTH,
    Flaw.INDEFINITE_LENGTH: Defect.INDEFINITE_LENGTH,
    Flaw.TRAILING: Defect.TRAILING,
}


def judge_ecdsa(handshake: Handshake, judgement: Judgement, key: EcKey) -> set[Defect]:
    """Fill in ``judgement`` and return the defects, none for what a strict server takes."""
    signature, claimed = judgement.signature, judgement.claimed
    encoding = read_encoding(signature, key.curve.size)
    judgement.encoding, judgement.order = encoding, key.curve.order
    own = KnownKey(Signer("client", 0, judgement.chain[0]), key)
    fit = None
    if claimed is not None and claimed.scheme == "ecdsa":
        fit = fit_strictly(handshake, signature, own, claimed.hash_name)
    if fit is None and _may_be_damaged(encoding) and _is_one_bit_off(handshake, judgement, encoding, key):
        return {Defect.BIT_FLIP}
    fit = fit or fit_somehow(handshake, signature, [own, *_other_keys(handshake)])
    defects = {_DEFECTS[flaw] for flaw, _ in encoding.flaws}
    if fit is None:
        return _without_fit(handshake, judgement, encoding, key, defects)
    judgement.fit = fit
    return defects | _defects_of(handshake, judgement, fit, key)


def _other_keys(handshake: Handshake) -> Iterator[KnownKey]:
    """Give the further keys of the handshake's certificates: the client's chain, then the server's."""
    for side, chain in (("client", handshake.chain), ("server", handshake.server_chain)):
        for position, certificate in readable(chain):
            if isinstance(certificate.key, EcKey) and (side, position) != ("client", 0):
                yield KnownKey(Signer(side, position, certificate.name), certificate.key)


def _defects_of(handshake: Handshake, judgement: Judgement, fit: EcdsaFit, key: EcKey) -> set[Defect]:
    signer, digest, numbers = fit
    defects = {*numbers.defects, *digest_defects(digest), *signer_defects(handshake, signer)}
    if (odd := hash_defect(handshake, judgement, Algorithm("ecdsa", digest.hash_name))) is not None:
        defects.add(odd)
    if signer == Signer("client", 0, signer.name) and not digest.turned:
        e = key.curve.reduced(digest.value)
        judgement.nonce = Nonce(key.octets, key.curve.order, numbers.r, numbers.s, e)
    return defects


def _without_fit(
    handshake: Handshake, judgement: Judgement, encoding: Encoding, key: EcKey, defects: set[Defect]
) -> set[Defect]:
    """Nothing fits: look for a flipped bit, for numbers that no signature has, and for the keys that would fit."""
    if not _may_be_damaged(encoding) and _is_one_bit_off(handshake, judgement, encoding, key):
        return {Defect.BIT_FLIP}
    r, s = encoding.r, encoding.s
    if r is None or s is None:
        return defects
    if not (0 < r < key.curve.order and 0 < s < key.curve.order):
        judgement.note = _range_note(r, s, key.curve.order)
        return {*defects, Defect.OUT_OF_RANGE}
    judgement.candidates = tuple(_candidates(handshake, key, r, s, _hash_claimed(judgement)))
    if not judgement.candidates:
        judgement.note = f"no point on {key.curve.name} has this r, so no key whatever can have made these numbers"
        return {*defects, Defect.NOT_A_SIGNATURE}
    return {*defects, Defect.UNEXPLAINED}


def _may_be_damaged(encoding: Encoding) -> bool:
    """Whether a flipped bit is likelier than a mistake of the encoder, and so looked for first."""
    return encoding.strict or encoding.s is None or bool(encoding.flawed(Flaw.WRONG_LENGTH))


def _is_one_bit_off(handshake: Handshake, judgement: Judgement, encoding: Encoding, key: EcKey) -> bool:
    """Look for a flipped bit and keep it in ``judgement``."""
    e = key.curve.reduced(right_digest(handshake, _hash_claimed(judgement)).value)
    judgement.flip = find_flip(encoding, key, e)
    return judgement.flip is not None


def _hash_claimed(judgement: Judgement) -> str:
    """Return the hash of the claim, or the usual one where there is none for ECDSA."""
    claimed = judgement.claimed
    return claimed.hash_name if claimed is not None and claimed.scheme == "ecdsa" else "sha256"


def _range_note(r: int, s: int, order: int) -> str:
    notes = []
    for name, number in (("r", r), ("s", s)):
        if not number:
            notes.append(f"{name} is zero")
        elif number >= order:
            notes.append(f"{name} is not below the curve's order")
    return " and ".join(notes)


def _candidates(handshake: Handshake, key: EcKey, r: int, s: int, claimed: str) -> Iterator[Candidate]:
    """Give the keys that would fit, those for the claimed hash first."""
    names = [claimed, *(name for name in HASHES if name not in (claimed, MD5_AND_SHA1))]
    for name in names:
        e = key.curve.reduced(right_digest(handshake, name).value)
        yield from (Candidate(name, octets) for octets in recovered_keys(key.curve, r, s, e))
