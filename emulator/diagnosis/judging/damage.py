"""Finds the one flipped bit that turns a damaged signature into a right one.

Of the octets around r and s each bit is flipped back and the result read. For the numbers that would cost a
verification for each bit; there it is a question of points instead. With T = e G + r Q, a right s' = s +- 2^i has
s' R = T, so T - s R must be one of the points +- 2^i R; and a right r' = r +- 2^i is the x-coordinate of
(T +- 2^i Q) / s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.diagnosis.judging.curves import is_infinite
from emulator.diagnosis.judging.encoding import Flaw, read_encoding

if TYPE_CHECKING:
    from emulator.diagnosis.judging.curves import EcKey, Point
    from emulator.diagnosis.judging.encoding import Encoding


class Flip(NamedTuple):
    """Bit ``bit`` (7 is the highest) of octet ``octet`` of the signature."""

    octet: int
    bit: int


def find_flip(encoding: Encoding, key: EcKey, e: int) -> Flip | None:
    """Return the bit that makes ``encoding`` the key's signature of ``e`` when it is flipped back, if one does."""
    r, s = encoding.r or 0, encoding.s or 0
    order = key.curve.order
    in_range = 0 < r < order and 0 < s < order
    if not (encoding.strict and in_range) and (flip := _around(encoding.octets, key, e)):
        return flip
    if not in_range or encoding.flawed(Flaw.SIGN_OCTET_MISSING):
        return None
    if (bit := _in_s(r, s, key, e)) is not None:
        return _at(encoding, "s", bit)
    bit = _in_r(r, s, key, e)
    return None if bit is None else _at(encoding, "r", bit)


def _around(octets: bytes, key: EcKey, e: int) -> Flip | None:
    """Flip every bit and look whether strict DER comes out; only then verify."""
    for index in range(len(octets)):
        for bit in range(8):
            changed = bytearray(octets)
            changed[index] ^= 1 << bit
            tried = read_encoding(bytes(changed), key.curve.size)
            if tried.strict and key.verifies(tried.r or 0, tried.s or 0, e):
                return Flip(index, bit)
    return None


def _in_s(r: int, s: int, key: EcKey, e: int) -> int | None:
    curve = key.curve
    target = curve.generator.mul_add(e, key.point, r)
    for point in curve.points_with(r):
        wanted = target + point * (curve.order - s)
        if is_infinite(wanted):
            return None
        x, power = int(wanted.x()), point
        for bit in range(8 * curve.size):
            if int(power.x()) == x:
                changed = s ^ 1 << bit
                return bit if key.verifies(r, changed, e) else None
            power = power.double()
        # The other point with this x is the first one's negative: its multiples have the same x, not the same sum.
    return None


def _in_r(r: int, s: int, key: EcKey, e: int) -> int | None:
    curve = key.curve
    inverse = pow(s, -1, curve.order)
    start: Point = curve.generator.mul_add(e * inverse % curve.order, key.point, r * inverse % curve.order)
    power: Point = key.point * inverse
    for bit in range(8 * curve.size):
        added = power if not r >> bit & 1 else -power
        found = start + added
        if not is_infinite(found) and int(found.x()) % curve.order == r ^ 1 << bit:
            return bit
        power = power.double()
    return None


def _at(encoding: Encoding, field: str, bit: int) -> Flip | None:
    """Turn the bit of a number into its place in the signature."""
    mark = next(mark for mark in encoding.marks if mark.field == field and mark.part == "number")
    octet = mark.start + mark.size - 1 - bit // 8
    return Flip(octet, bit % 8) if octet >= mark.start else None
