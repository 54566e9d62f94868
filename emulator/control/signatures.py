"""What there is to say about a signature: octet by octet of its encoding, and as a whole once its handshake is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.judging.encoding import Mark
    from firmware_model.events import SignatureMade

_CURVES: Final = {"prime256v1": "P-256", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
"""Curves by the names that python-ecdsa and certificates have for them."""


class SignatureMark(NamedTuple):
    """What some octets of an ECDSA signature are."""

    start: int
    size: int
    field: Literal["signature", "r", "s"]
    part: Literal["frame", "sign octet", "number", "trailing"]
    flaw: Annotated[str | None, "what is wrong there, in one word; null for nothing"]
    meaning: str
    wrong: Annotated[str, "what is wrong there, in words; empty for nothing"]


class Signature(NamedTuple):
    """What the module signed a CertificateVerify with."""

    entry: int
    algorithm: Literal["ecdsa", "rsa"]
    curve: str
    hash_name: str
    octets: bytes
    fault: Annotated[str, "the faults that acted on it, or none"]
    strict_der: Annotated[bool | None, "whether a strict decoder takes it; null for RSA"]
    marks: Annotated[tuple[SignatureMark, ...], "what its octets are, in order; empty for RSA"]
    proves: Annotated[tuple[str, ...], "what the encoding alone tells about the client that made it"]


class SignatureVerdict(NamedTuple):
    """What a handshake that is over shows of its signature: by the key, over the transcript, as announced."""

    correct: bool
    defects: tuple[str, ...]
    text: Annotated[str, "the defects in a clause, empty for none"]


def describe(entry: int, made: SignatureMade) -> Signature:
    """Take a signature apart."""
    curve_name = _CURVES.get(made.curve, made.curve)
    bare = Signature(
        entry, made.algorithm, curve_name, made.hash_name, made.encoded, made.fault, made.strict_der, (), ()
    )
    if made.algorithm != "ecdsa" or made.curve not in _CURVES:
        return bare
    # Imported here because few look at signatures, and start-up time counts.
    from emulator.diagnosis.judging.curves import curve_named
    from emulator.diagnosis.judging.encoding import read_encoding
    from emulator.diagnosis.report.octets import what_it_proves

    curve = curve_named(curve_name)
    encoding = read_encoding(made.encoded, curve.size)
    marks = tuple(_described(mark, made.encoded[mark.start : mark.start + mark.size]) for mark in encoding.marks)
    return bare._replace(marks=marks, proves=tuple(what_it_proves(encoding, curve)))


def _described(mark: Mark, octets: bytes) -> SignatureMark:
    from emulator.diagnosis.report.as_json import slug
    from emulator.diagnosis.report.octets import meaning, what_is_wrong

    flaw = None if mark.flaw is None else slug(mark.flaw)
    return SignatureMark(
        mark.start, mark.size, mark.field, mark.part, flaw, meaning(mark, octets), what_is_wrong(mark, octets)
    )


def judge_finding(finding: Finding) -> SignatureVerdict | None:
    """Judge the signature of a handshake that is over; None when there is none to judge. May take seconds."""
    from emulator.diagnosis.handshakes.handshake import Unjudged
    from emulator.diagnosis.judging.judge import judge
    from emulator.diagnosis.report.words import clauses

    judgement = finding if isinstance(finding, Unjudged) else judge(finding)
    if isinstance(judgement, Unjudged):
        return None
    return SignatureVerdict(judgement.correct, tuple(defect.value for defect in judgement.defects), clauses(judgement))
