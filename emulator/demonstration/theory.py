"""What the encodings of a P-256 signature must give, computed from nothing but the rules of DER.

The numbers r and s are taken as uniform over 256 bits; the curve's order is so near to 2^256 that the difference
shows in the tenth digit. An INTEGER of k octets has its top bit set in 128 of 255 cases and then needs a sign
octet, which makes it k + 1 octets long.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from firmware_model.tls.faults import SignatureFault

_SIZE: Final = 32
"""Octets of r and of s."""
_FRAME: Final = 6
"""Octets of a signature besides the two numbers: tag and length of the SEQUENCE and of each INTEGER."""


def accepted(fault: SignatureFault) -> Fraction:
    """The probability that a strict server accepts a signature encoded so."""
    match fault:
        case SignatureFault.NONE | SignatureFault.ALWAYS_LUCKY:
            return Fraction(1)
        case SignatureFault.ALWAYS_BAD:
            return Fraction(0)
        case SignatureFault.NATURAL:
            return sum((_top_bit_clear(size) for size in range(1, _SIZE + 1)), Fraction(0)) ** 2
        case SignatureFault.FIXED32:
            # 32 octets are right when strict DER would take 32 octets as well.
            return _strict(_SIZE) ** 2


def strict_length(octets: int) -> Fraction:
    """The probability that a signature in strict DER has that many octets."""
    both = octets - _FRAME
    return sum((_strict(size) * _strict(both - size) for size in range(1, both)), Fraction(0))


def strict_length_at_most(octets: int) -> Fraction:
    """The probability that a signature in strict DER has that many octets or fewer."""
    return sum((strict_length(length) for length in range(_FRAME + 2, octets + 1)), Fraction(0))


def unpadded_full_length() -> Fraction:
    """The probability that a signature without sign octets has 70 octets, the most it can have."""
    return (_top_bit_clear(_SIZE) + _top_bit_set(_SIZE)) ** 2


def _strict(size: int) -> Fraction:
    """The probability that a number takes ``size`` octets in strict DER, a sign octet included."""
    return _top_bit_clear(size) + _top_bit_set(size - 1)


def _top_bit_clear(size: int) -> Fraction:
    """The probability of a number of ``size`` octets whose top bit is clear."""
    return Fraction(127 * 256 ** (size - 1), 256**_SIZE) if 1 <= size <= _SIZE else Fraction(0)


def _top_bit_set(size: int) -> Fraction:
    """The probability of a number of ``size`` octets whose top bit is set."""
    return Fraction(128 * 256 ** (size - 1), 256**_SIZE) if 1 <= size <= _SIZE else Fraction(0)
