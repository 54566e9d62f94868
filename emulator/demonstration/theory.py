"""What the theory of encodings demands of each signature mode."""

from __future__ import annotations

from fractions import Fraction

from emulator.demonstration.modes import Mode
from emulator.diagnosis import theory
from emulator.diagnosis.theory import Encoder


def accepted(fault: Mode) -> Fraction:
    """The probability that a strict server accepts a signature encoded so."""
    match fault:
        case Mode.NONE | Mode.ALWAYS_LUCKY:
            return Fraction(1)
        case Mode.ALWAYS_BAD:
            return Fraction(0)
        case Mode.NATURAL:
            return theory.accepted(Encoder.FORGOTTEN)
        case Mode.FIXED32:
            return theory.accepted(Encoder.FIXED)


def strict_length(octets: int) -> Fraction:
    """The probability that a signature in strict DER has that many octets."""
    return theory.length_share(Encoder.STRICT, octets)


def strict_length_at_most(octets: int) -> Fraction:
    """The probability that a signature in strict DER has that many octets or fewer."""
    return theory.share_up_to(Encoder.STRICT, octets)


def unpadded_full_length() -> Fraction:
    """The probability that a signature without sign octets has 70 octets, the most it can have."""
    return theory.length_share(Encoder.FORGOTTEN, theory.longest(Encoder.FORGOTTEN))
