"""What the encodings of an ECDSA signature must give, computed from nothing but the rules of DER.

The numbers r and s are taken as uniform over 1..n-1, n being the curve's order, and counted exactly: an INTEGER of k
octets whose top bit is set needs a sign octet, which makes it k + 1 octets long.
"""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import Final

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve in the report from the field (FIPS 186-4, D.1.2.3)."""
_LONGEST_SHORT_FORM: Final = 0x7F


class Encoder(Enum):
    """How somebody turns r and s into octets."""

    STRICT = "strict DER"
    FORGOTTEN = "minimal length, sign octet forgotten"
    FIXED = "fixed length, no sign octet"


def accepted(encoder: Encoder, order: int = P256_ORDER) -> Fraction:
    """The probability that a strict decoder takes a signature of this encoder."""
    size = octets_of(order)
    match encoder:
        case Encoder.STRICT:
            return Fraction(1)
        case Encoder.FORGOTTEN:
            return sum((_top_bit_clear(k, order) for k in range(1, size + 1)), Fraction(0)) ** 2
        case Encoder.FIXED:
            # The fixed length is right when strict DER would take that length as well.
            return _integer(Encoder.STRICT, size, order) ** 2


def length_share(encoder: Encoder, octets: int, order: int = P256_ORDER) -> Fraction:
    """The probability that a signature of this encoder has exactly ``octets`` octets."""
    size = octets_of(order)
    content = _content(octets)
    if content is None:
        return Fraction(0)
    # Tag and length of each INTEGER are two octets.
    both = content - 4
    pairs = ((k, both - k) for k in range(max(1, both - size - 1), min(both - 1, size + 1) + 1))
    return sum((_integer(encoder, one, order) * _integer(encoder, two, order) for one, two in pairs), Fraction(0))


def share_up_to(encoder: Encoder, octets: int, order: int = P256_ORDER) -> Fraction:
    """The probability that a signature of this encoder has ``octets`` octets or fewer."""
    return sum((length_share(encoder, length, order) for length in range(8, octets + 1)), Fraction(0))


def accepted_at_length(encoder: Encoder, octets: int, order: int = P256_ORDER) -> Fraction | None:
    """The probability that a strict decoder takes such a signature of ``octets`` octets; None when there is none.

    For :attr:`Encoder.FORGOTTEN` each INTEGER must do without a sign octet, so the share is that of two clear top
    bits among all pairs of that length.
    """
    if not (share := length_share(encoder, octets, order)):
        return None
    if encoder is not Encoder.FORGOTTEN:
        return accepted(encoder, order)
    content = _content(octets) or 0
    size = octets_of(order)
    pairs = ((k, content - 4 - k) for k in range(1, size + 1) if 1 <= content - 4 - k <= size)
    return sum((_top_bit_clear(one, order) * _top_bit_clear(two, order) for one, two in pairs), Fraction(0)) / share


def longest(encoder: Encoder, order: int = P256_ORDER) -> int:
    """The most octets that a signature of this encoder can have: 72 for strict DER on P-256, else 70."""
    size = octets_of(order)
    if encoder is Encoder.STRICT and order >> (8 * size - 1):
        size += 1
    content = 2 * (size + 2)
    return content + (2 if content <= _LONGEST_SHORT_FORM else 3)


def octets_of(number: int) -> int:
    """The octets of a positive number without a sign octet."""
    return (number.bit_length() + 7) // 8


def _content(octets: int) -> int | None:
    """The octets inside a SEQUENCE that has ``octets`` with its tag and length; None when none can have so many."""
    if octets - 2 <= _LONGEST_SHORT_FORM:
        return octets - 2
    return octets - 3 if octets - 3 > _LONGEST_SHORT_FORM else None


def _integer(encoder: Encoder, size: int, order: int) -> Fraction:
    """The probability that a number takes ``size`` octets of INTEGER content."""
    if encoder is Encoder.FIXED:
        return Fraction(size == octets_of(order))
    if encoder is Encoder.FORGOTTEN:
        return _top_bit_clear(size, order) + _top_bit_set(size, order)
    return _top_bit_clear(size, order) + _top_bit_set(size - 1, order)


def _top_bit_clear(size: int, order: int) -> Fraction:
    """The probability of a number of ``size`` octets whose top bit is clear."""
    return _share(256 ** (size - 1), 2 ** (8 * size - 1), order) if size > 0 else Fraction(0)


def _top_bit_set(size: int, order: int) -> Fraction:
    """The probability of a number of ``size`` octets whose top bit is set."""
    return _share(2 ** (8 * size - 1), 256**size, order) if size > 0 else Fraction(0)


def _share(first: int, end: int, order: int) -> Fraction:
    """How much of 1..``order`` - 1 lies in ``first`` <= number < ``end``."""
    return Fraction(max(0, min(end, order) - max(first, 1)), order - 1)
