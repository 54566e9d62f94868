"""Finds out how an ECDSA signature was made: strictly first, then every mistake with every key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.diagnosis.judging.curves import EcKey, is_infinite, point_octets
from emulator.diagnosis.judging.encoding import read_encoding
from emulator.diagnosis.judging.numbers import Numbers, readings
from emulator.diagnosis.judging.transcripts import RIGHT, digests, right_digest
from emulator.diagnosis.judging.verdict import EcdsaFit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.curves import Curve
    from emulator.diagnosis.judging.transcripts import Digest
    from emulator.diagnosis.judging.verdict import Signer


class KnownKey(NamedTuple):
    """A key from a certificate in the handshake."""

    signer: Signer
    key: EcKey


def fit_strictly(handshake: Handshake, signature: bytes, known: KnownKey, hash_name: str) -> EcdsaFit | None:
    """Return the fit when the signature is right in every respect, as a strict server sees it."""
    encoding = read_encoding(signature, known.key.curve.size)
    if not encoding.strict:
        return None
    r, s = encoding.r or 0, encoding.s or 0
    digest = right_digest(handshake, hash_name)
    if not known.key.verifies(r, s, known.key.curve.reduced(digest.value)):
        return None
    return EcdsaFit(known.signer, digest, Numbers(r, s))


def fit_somehow(handshake: Handshake, signature: bytes, keys: Sequence[KnownKey]) -> EcdsaFit | None:
    """Return how the signature was made, if any mistake that is known here explains it; takes up to a second."""
    targets = _targets(signature, keys)
    curves = {known.key.curve.name: known.key.curve for known in keys}
    if not targets:
        return None
    for digest in digests(handshake):
        for curve in curves.values():
            for number, turned in _numbers(curve, digest):
                point = curve.generator * (number % curve.order)
                if is_infinite(point):
                    continue
                if found := targets.get((curve.name, point_octets(curve, point))):
                    signer, numbers = found
                    return EcdsaFit(signer, digest._replace(turned=digest.turned or turned), numbers)
    return None


def _targets(signature: bytes, keys: Sequence[KnownKey]) -> dict[tuple[str, bytes], tuple[Signer, Numbers]]:
    """Return, by the point that the digest must lead to, who would have signed which numbers."""
    targets: dict[tuple[str, bytes], tuple[Signer, Numbers]] = {}
    for signer, key in keys:
        curve = key.curve
        encoding = read_encoding(signature, curve.size)
        for numbers in readings(encoding, curve.order, curve.size):
            r, s = numbers.r, numbers.s
            if not (0 < r < curve.order and 0 < s < curve.order):
                continue
            for point in curve.points_with(r):
                wanted = point.mul_add(s, key.point, curve.order - r)
                if not is_infinite(wanted):
                    targets.setdefault((curve.name, point_octets(curve, wanted)), (signer, numbers))
    return targets


def _numbers(curve: Curve, digest: Digest) -> list[tuple[int, str]]:
    """Turn a digest into the numbers that may be signed for it: the leading bits, or by one mistake other ones."""
    right = curve.reduced(digest.value)
    if 8 * len(digest.value) <= curve.order.bit_length() or digest.transcript.kind != RIGHT or digest.turned:
        return [(right, "")]
    whole = int.from_bytes(digest.value, "big")
    last = int.from_bytes(digest.value[-curve.size :], "big")
    return [(right, ""), (whole, "not shortened to the curve's size"), (last, "shortened to its last octets")]
