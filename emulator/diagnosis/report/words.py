"""Each defect in words: as a clause about one signature, and as a name for counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.judging.algorithms import spoken
from emulator.diagnosis.judging.encoding import Flaw
from emulator.diagnosis.judging.verdict import Defect, EcdsaFit, EdwardsFit, RsaFit

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.judging.transcripts import Transcript
    from emulator.diagnosis.judging.verdict import Judgement

NAMES: Final = {
    Defect.VERIFY_MISSING: "no CertificateVerify",
    Defect.MESSAGE_MALFORMED: "malformed CertificateVerify message",
    Defect.EMPTY: "empty signature",
    Defect.TRUNCATED: "truncated signature",
    Defect.OUT_OF_RANGE: "r or s out of range",
    Defect.NOT_A_SIGNATURE: "no signature at all",
    Defect.FOREIGN_KEY: "key that does not belong to the certificate",
    Defect.BUNDLE_ORDER: "certificates in the wrong order",
    Defect.CHAIN_KEY: "key of an issuing certificate",
    Defect.TRANSCRIPT: "wrong transcript",
    Defect.DIGEST_ALTERED: "altered digest",
    Defect.WRONG_HASH: "wrong hash under the right claim",
    Defect.WRONG_CLAIM: "wrong claim over the right hash",
    Defect.CLAIM_FORM: "claim in the form of another TLS version",
    Defect.SWAPPED: "r and s exchanged",
    Defect.REVERSED: "octets of r and s in the wrong order",
    Defect.PLUS_ORDER: "order added to r or s",
    Defect.BIT_FLIP: "flipped bit",
    Defect.RAW: "raw r and s without DER",
    Defect.SIGN_OCTET_MISSING: "sign octet missing",
    Defect.NEEDLESS_ZERO: "needless zero before r or s",
    Defect.WRONG_LENGTH: "wrong length of the SEQUENCE",
    Defect.LONG_LENGTH: "length in the long form",
    Defect.INDEFINITE_LENGTH: "indefinite length",
    Defect.TRAILING: "octets too many",
    Defect.RSA_FORM: "unusual RSA padding",
    Defect.NOT_OFFERED: "algorithm that was not offered",
    Defect.NONCE_REUSED: "nonce used twice",
    Defect.UNEXPLAINED: "unexplained (unknown key, unknown data or damage)",
}


def clause(judgement: Judgement, defect: Defect) -> str:
    """Say in a clause what the defect is in this signature."""
    say = _CLAUSES[defect]
    return say if isinstance(say, str) else say(judgement)


def clauses(judgement: Judgement) -> str:
    """Say all defects of a signature in one clause."""
    return ", and ".join(clause(judgement, defect) for defect in judgement.defects)


def ordinal(position: int) -> str:
    """Write a position from 0 as people count: first, second, 12th."""
    words = ("first", "second", "third", "fourth", "fifth")
    return words[position] if position < len(words) else f"{position + 1}th"


def _sign_octet(judgement: Judgement) -> str:
    fields = judgement.encoding.flawed(Flaw.SIGN_OCTET_MISSING) if judgement.encoding else []
    if len(fields) > 1:
        return "the sign octets of r and s are missing"
    return f"the sign octet of {fields[0]} is missing" if fields else NAMES[Defect.SIGN_OCTET_MISSING]


def _needless_zero(judgement: Judgement) -> str:
    marks = judgement.encoding.marks if judgement.encoding else []
    zeros = {mark.field: mark.size for mark in marks if mark.flaw is Flaw.NEEDLESS_ZERO}
    total = sum(zeros.values())
    return f"{total} needless zero{'s stand' if total > 1 else ' stands'} before {' and '.join(zeros)}"


def _trailing(judgement: Judgement) -> str:
    marks = judgement.encoding.marks if judgement.encoding else []
    count = sum(mark.size for mark in marks if mark.flaw is Flaw.TRAILING)
    return f"{count} octet{' follows' if count == 1 else 's follow'} s"


def _from_numbers(judgement: Judgement) -> str:
    return judgement.fit.numbers.mistake if isinstance(judgement.fit, EcdsaFit) else ""


def _hash(judgement: Judgement) -> str:
    if isinstance(judgement.fit, RsaFit):
        return f"it is made by {judgement.fit.scheme} with {spoken(judgement.fit.hash_name)}, not {judgement.claimed}"
    made = spoken(judgement.fit.digest.hash_name) if isinstance(judgement.fit, EcdsaFit) else "another hash"
    claimed = spoken(judgement.claimed.hash_name) if judgement.claimed else "the right one"
    return f"it is made with {made} instead of {claimed}"


def _claim(judgement: Judgement) -> str:
    claims = f"it claims {judgement.claimed}"
    if isinstance(judgement.fit, EcdsaFit):
        return f"{claims}, but is made by ecdsa with {spoken(judgement.fit.digest.hash_name)}"
    if isinstance(judgement.fit, RsaFit):
        return f"{claims}, but is made by {judgement.fit.scheme} with {spoken(judgement.fit.hash_name)}"
    return f"{claims}, but the key is {judgement.key}"


def transcript_of(judgement: Judgement) -> Transcript | None:
    """Return what was signed, where that is known."""
    if isinstance(judgement.fit, EdwardsFit):
        return judgement.fit.transcript
    return judgement.fit.digest.transcript if judgement.fit and judgement.fit.digest else None


def _transcript(judgement: Judgement) -> str:
    transcript = transcript_of(judgement)
    if transcript is None:
        return "what it signs is not this handshake"
    if transcript.kind == "empty":
        return "it signs nothing at all instead of the handshake"
    return f"it signs the handshake {transcript.mistake}"


def _digest(judgement: Judgement) -> str:
    turned = judgement.fit.digest.turned if isinstance(judgement.fit, EcdsaFit) else ""
    return f"it signs the right digest {turned}"


def _bundle_order(judgement: Judgement) -> str:
    if judgement.fit is None:
        return NAMES[Defect.BUNDLE_ORDER]
    signer = judgement.fit.signer
    return (
        f'the certificates are in the wrong order: the key of the {ordinal(signer.position)} one, "{signer.name}", '
        f'signed, and a server checks with that of the first, "{judgement.chain[0]}"'
    )


def _chain_key(judgement: Judgement) -> str:
    name = judgement.fit.signer.name if judgement.fit else "another certificate"
    return f"it is made with the key of \"{name}\", which issued the client's certificate, not with the client's"


def _foreign_key(judgement: Judgement) -> str:
    if judgement.fit is not None:
        return (
            f'it is made with the key of the {judgement.fit.signer.side}\'s certificate "{judgement.fit.signer.name}"'
        )
    return "it is made with a key that does not belong to the certificate"


def _flip(judgement: Judgement) -> str:
    flip = judgement.flip
    return f"bit {flip.bit} of its octet {flip.octet} is flipped" if flip else NAMES[Defect.BIT_FLIP]


def _noted(judgement: Judgement) -> str:
    return judgement.note


def _not_a_signature(judgement: Judgement) -> str:
    return f"it is no signature: {judgement.note}" if judgement.note else "it does not have the form of a signature"


def _claim_form(judgement: Judgement) -> str:
    if judgement.version >= 0x0303:
        return "CertificateVerify does not name its algorithm, as TLS 1.2 demands"
    return "CertificateVerify names its algorithm, which TLS before 1.2 does not know"


def _not_offered(judgement: Judgement) -> str:
    return f"it claims {judgement.claimed}, which the server did not offer"


_CLAUSES: Final[dict[Defect, str | Callable[[Judgement], str]]] = {
    Defect.VERIFY_MISSING: "the client sent its certificate but no CertificateVerify",
    Defect.MESSAGE_MALFORMED: "the lengths in the CertificateVerify message do not add up",
    Defect.EMPTY: "it has no octets at all",
    Defect.TRUNCATED: "it ends before the lengths in it say",
    Defect.OUT_OF_RANGE: _noted,
    Defect.NOT_A_SIGNATURE: _not_a_signature,
    Defect.FOREIGN_KEY: _foreign_key,
    Defect.BUNDLE_ORDER: _bundle_order,
    Defect.CHAIN_KEY: _chain_key,
    Defect.TRANSCRIPT: _transcript,
    Defect.DIGEST_ALTERED: _digest,
    Defect.WRONG_HASH: _hash,
    Defect.WRONG_CLAIM: _claim,
    Defect.CLAIM_FORM: _claim_form,
    Defect.SWAPPED: _from_numbers,
    Defect.REVERSED: _from_numbers,
    Defect.PLUS_ORDER: _from_numbers,
    Defect.BIT_FLIP: _flip,
    Defect.RAW: "r and s stand there without any DER around them",
    Defect.SIGN_OCTET_MISSING: _sign_octet,
    Defect.NEEDLESS_ZERO: _needless_zero,
    Defect.WRONG_LENGTH: "the length of its SEQUENCE is not that of its content",
    Defect.LONG_LENGTH: "a length is in the long form though the short one would do",
    Defect.INDEFINITE_LENGTH: "a length is indefinite, which DER forbids",
    Defect.TRAILING: _trailing,
    Defect.RSA_FORM: _noted,
    Defect.NOT_OFFERED: _not_offered,
    Defect.NONCE_REUSED: "its nonce was used for another signature too, which gives the private key away",
    Defect.UNEXPLAINED: "nothing known here explains it: another key signed, or other data, or it was damaged",
}
