"""A signature's encoding, octet by octet, in words; and what its length says and does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis import theory
from emulator.diagnosis.judging.encoding import Flaw
from emulator.diagnosis.report.numbers import percent
from emulator.diagnosis.theory import Encoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.judging.curves import Curve
    from emulator.diagnosis.judging.encoding import Encoding, Mark

_SHOWN: Final = 8
"""Octets of a number that are written out in the table."""
_USUAL: Final = 0.005
"""The share of a length that is named; what is rarer is lumped together."""
_FLAWS: Final = {
    Flaw.EMPTY: "there are no octets",
    Flaw.RAW: "r begins at once: no SEQUENCE and no INTEGER around it",
    Flaw.NO_SEQUENCE: "30, the tag of a SEQUENCE, should stand here",
    Flaw.NO_INTEGER: "02, the tag of an INTEGER, should stand here",
    Flaw.EMPTY_INTEGER: "an INTEGER must have content",
    Flaw.TRUNCATED: "the octets end before these lengths say",
    Flaw.WRONG_LENGTH: "r and s with their tags and lengths have another number of octets",
    Flaw.NEEDLESS_ZERO: "needless: the number's top bit is not set after it",
    Flaw.LONG_LENGTH: "the long form of a length, where the short one would do",
    Flaw.INDEFINITE_LENGTH: "an indefinite length, which DER forbids",
    Flaw.TRAILING: "these octets do not belong to the signature",
}


def table(encoding: Encoding) -> Iterator[str]:
    """Give a line for each part of the encoding: place, octets, meaning."""
    for mark in encoding.marks:
        octets = encoding.octets[mark.start : mark.start + mark.size]
        shown = octets[:_SHOWN].hex(" ") + (" ..." if len(octets) > _SHOWN else "")
        wrong = what_is_wrong(mark, octets)
        yield f"{mark.start:4}  {shown:{3 * _SHOWN + 4}}{meaning(mark, octets)}{f'  <-- {wrong}' if wrong else ''}"


def meaning(mark: Mark, octets: bytes) -> str:
    """Say what the octets of a mark are."""
    if mark.part == "trailing":
        return f"{mark.size} octets"
    if mark.part == "sign octet":
        return f"sign octet of {mark.field}" if mark.flaw is None else f"zero before {mark.field}"
    if mark.part == "number":
        return f"{mark.field}, {mark.size} octets"
    if mark.field == "signature" and octets == b"\0\0":
        return "end of contents"
    kind = "SEQUENCE" if mark.field == "signature" else f"INTEGER {mark.field}"
    return f"{kind} of {_length(octets)} octets" if len(octets) > 1 else kind


def what_is_wrong(mark: Mark, octets: bytes) -> str:
    """Say what is wrong with the octets of a mark; empty for nothing."""
    if mark.flaw is Flaw.SIGN_OCTET_MISSING:
        return f"its first octet is {octets[0]:02x}, so its top bit is set: 00 is missing before it"
    return "" if mark.flaw is None else _FLAWS[mark.flaw]


def _length(octets: bytes) -> str:
    if octets[1] == 0x80:
        return "an indefinite number of"
    return str(octets[1] if octets[1] < 0x80 else int.from_bytes(octets[2:], "big"))


def what_it_proves(encoding: Encoding, curve: Curve) -> Iterator[str]:
    """Say what this one encoding tells about the client that made it."""
    luck = percent(theory.accepted(Encoder.FORGOTTEN, curve.order))
    if encoding.flawed(Flaw.SIGN_OCTET_MISSING):
        yield (
            "The octets prove it, not the length: DER reads such an INTEGER as a negative number. A client that "
            f"forgets sign octets makes valid signatures in {luck} of its tries, when neither number needs one."
        )
    elif not encoding.strict:
        return
    elif any(mark.part == "sign octet" for mark in encoding.marks):
        yield "It has a sign octet where one is due: whoever made it does write sign octets."
    else:
        yield (
            f"Neither number needs a sign octet. That is so in {luck} of all signatures on {curve.name}, whether the "
            "client writes sign octets or forgets them: this one proves nothing about it."
        )


def lengths(curve: Curve) -> str:
    """Say which lengths signatures on a curve have."""
    correct, forgotten = (_shares(encoder, curve.order) for encoder in (Encoder.STRICT, Encoder.FORGOTTEN))
    return (
        f"Lengths on {curve.name}: correct signatures have {correct}; without sign octets they have {forgotten}. The "
        "length of a single signature never settles what its octets leave open."
    )


def _shares(encoder: Encoder, order: int) -> str:
    longest = theory.longest(encoder, order)
    shares = {length: theory.length_share(encoder, length, order) for length in range(longest, longest - 6, -1)}
    usual = [length for length, share in shares.items() if share > _USUAL]
    parts = [f"{length} octets in {percent(shares[length])}" for length in usual]
    rest = theory.share_up_to(encoder, usual[-1] - 1, order)
    return f"{', '.join(parts)}, fewer in {percent(rest)}" if rest else ", ".join(parts)
