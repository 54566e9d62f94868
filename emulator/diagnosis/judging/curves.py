"""Arithmetic on the curves, on top of python-ecdsa.

A signature (r, s) of a digest e by the key Q means that r is the x-coordinate of R with s R = e G + r Q. Two things
follow that a verifier has no use for but a diagnosis has: s R - r Q is e G, so one look into a table of points shows
which of many digests was signed; and Q can be computed from r, s and e, up to the sign of R.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from emulator.diagnosis.theory import octets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Point = Any
"""A point of python-ecdsa, which has no types."""
_NAMES: Final = {
    "NIST192p": "P-192",
    "NIST224p": "P-224",
    "NIST256p": "P-256",
    "NIST384p": "P-384",
    "NIST521p": "P-521",
    "SECP256k1": "secp256k1",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve for ECDSA."""

    name: str
    order: int
    generator: Point = field(compare=False, repr=False)
    coordinates: Any = field(compare=False, repr=False)

    @property
    def size(self) -> int:
        """Octets of a number below the order."""
        return octets_of(self.order)

    def reduced(self, digest: bytes) -> int:
        """Turn a digest into a number: of one longer than the order only the leading bits count (FIPS 186-4, 6.4)."""
        excess = max(0, 8 * len(digest) - self.order.bit_length())
        return int.from_bytes(digest, "big") >> excess

    def points_with(self, r: int) -> Iterator[Point]:
        """Give the points whose x-coordinate is ``r``: two, or none when no point has it."""
        from ecdsa.ellipticcurve import PointJacobi
        from ecdsa.numbertheory import SquareRootError, square_root_mod_prime

        p, a, b = (int(number) for number in (self.coordinates.p(), self.coordinates.a(), self.coordinates.b()))
        if not 0 < r < p:
            return
        try:
            y = int(square_root_mod_prime((r**3 + a * r + b) % p, p))
        except SquareRootError:
            return
        for root in (y, p - y):
            yield PointJacobi(self.coordinates, r, root, 1, self.order)


@dataclass(frozen=True, slots=True)
class EcKey:
    """A public key on ``curve``; ``octets`` are the point in uncompressed form."""

    curve: Curve
    octets: bytes

    @property
    def point(self) -> Point:
        """The point."""
        return _point(self.curve, self.octets)

    def verifies(self, r: int, s: int, e: int) -> bool:
        """Whether (r, s) is this key's signature of the number ``e``; False also for numbers out of range."""
        order = self.curve.order
        if not (0 < r < order and 0 < s < order):
            return False
        inverse = pow(s, -1, order)
        found = self.curve.generator.mul_add(e * inverse % order, self.point, r * inverse % order)
        return not is_infinite(found) and int(found.x()) % order == r

    def __str__(self) -> str:
        return self.curve.name


def ec_key(info: bytes) -> EcKey | None:
    """Read a SubjectPublicKeyInfo; None when the curve is not known or the point not on it."""
    from ecdsa import VerifyingKey

    try:
        key = VerifyingKey.from_der(info)
        curve = _curve(key.curve.name)
        return EcKey(curve, key.to_string("uncompressed"))
    except Exception:  # python-ecdsa lets many kinds of exception out
        return None


def recovered_keys(curve: Curve, r: int, s: int, e: int) -> Iterator[bytes]:
    """Give the keys, as uncompressed points, whose signature of ``e`` (r, s) is: two, or none."""
    inverse = pow(r, -1, curve.order)
    for point in curve.points_with(r):
        key = point.mul_add(s * inverse % curve.order, curve.generator, -e * inverse % curve.order)
        if not is_infinite(key):
            yield point_octets(curve, key)


def is_infinite(point: Point) -> bool:
    """Whether it is the neutral element."""
    from ecdsa.ellipticcurve import INFINITY

    return bool(point == INFINITY)


def point_octets(curve: Curve, point: Point) -> bytes:
    """Write a point in uncompressed form."""
    size = octets_of(int(curve.coordinates.p()))
    return b"\x04" + int(point.x()).to_bytes(size, "big") + int(point.y()).to_bytes(size, "big")


def curve_named(name: str) -> Curve:
    """Return P-256, P-384 or P-521. Raises KeyError."""
    return _curve({"P-256": "NIST256p", "P-384": "NIST384p", "P-521": "NIST521p"}[name])


@lru_cache(32)
def _curve(name: str) -> Curve:
    from ecdsa.curves import curves

    curve = next(curve for curve in curves if curve.name == name)
    return Curve(_NAMES.get(name, name), int(curve.order), curve.generator, curve.curve)


@lru_cache(64)
def _point(curve: Curve, octets: bytes) -> Point:
    from ecdsa.ellipticcurve import PointJacobi

    return PointJacobi.from_bytes(curve.coordinates, octets, order=curve.order)
