"""ECDSA signatures in DER: strict, or with the defects of :mod:`firmware_model.tls.faults`.

``Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`` (RFC 3279). An INTEGER is signed, so a positive
number whose top bit is set needs a leading zero, the *sign octet*; any other leading zero is one too many
(X.690, 8.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from firmware_model.tls.faults import SignatureFault, TlsFaults

if TYPE_CHECKING:
    from ecdsa import SigningKey

    from firmware_model.outside import RandomSource

_SEQUENCE = 0x30
_INTEGER = 0x02
_SHORT_FORM_LIMIT = 0x80


def encode_der(r: int, s: int) -> bytes:
    """Encode as strict DER; ``r`` and ``s`` must not be negative."""
    return _sequence(_with_sign_octet(r), _with_sign_octet(s))


def encode_without_sign_octet(r: int, s: int) -> bytes:
    """Encode with integers of minimal length whose sign octet was forgotten."""
    return _sequence(_minimal(r), _minimal(s))


def encode_fixed(r: int, s: int, size: int) -> bytes:
    """Encode with integers of exactly ``size`` octets each.

    Raises OverflowError when a number does not fit.
    """
    return _sequence(r.to_bytes(size, "big"), s.to_bytes(size, "big"))


def is_strict_der(encoded: bytes, order: int) -> bool:
    """Whether a strict decoder takes ``encoded`` as r and s, both within 1..``order`` - 1."""
    sequence = _take(encoded, _SEQUENCE)
    if sequence is None or sequence.rest:
        return False
    first = _take(sequence.content, _INTEGER)
    second = _take(first.rest, _INTEGER) if first else None
    if first is None or second is None or second.rest:
        return False
    return all(
        _is_minimal_and_positive(content) and int.from_bytes(content, "big") < order
        for content in (first.content, second.content)
    )


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature as it goes over the wire, with the numbers behind it.

    ``r_top_bit`` and ``s_top_bit`` are the top bits of the minimal octets: 1 means a sign octet is needed.
    ``strict_der`` tells whether a strict decoder accepts ``encoded``; ``draws`` how many nonces were tried.
    """

    encoded: bytes
    r: int
    s: int
    fault: SignatureFault
    strict_der: bool
    draws: int

    @property
    def r_top_bit(self) -> int:
        """1 when r needs a sign octet, else 0."""
        return _minimal(self.r)[0] >> 7

    @property
    def s_top_bit(self) -> int:
        """1 when s needs a sign octet, else 0."""
        return _minimal(self.s)[0] >> 7


class EcdsaSigner:
    """Signs digests with one private key, encoding as the faults say at that moment.

    Nonces come from ``random``: the same octets from it, with the same key, digest and mode, give the same
    signature.
    """

    def __init__(self, key: SigningKey, random: RandomSource, faults: TlsFaults) -> None:
        self._key = key
        self._random = random
        self._faults = faults
        self._order: int = key.curve.order
        self._fixed_size: int = key.curve.baselen
        self._usual_size = _octets_of(self._order * 3 // 4)

    def sign(self, digest: bytes) -> Signature:
        """Sign ``digest``; of one longer than the curve's order only the leading octets count."""
        fault = self._faults.signature
        draws = 0
        while True:
            draws += 1
            r, s = self._draw(digest)
            encoded = self._encode(r, s, fault)
            strict = is_strict_der(encoded, self._order)
            if self._wanted(r, s, strict, fault):
                return Signature(encoded, r, s, fault, strict, draws)

    def _draw(self, digest: bytes) -> tuple[int, int]:
        """Sign with one fresh nonce."""
        from ecdsa.ecdsa import RSZeroError

        while True:
            nonce = 1 + self._random.below(self._order - 1)
            try:
                r, s = self._key.sign_digest(digest, sigencode=_as_numbers, k=nonce, allow_truncate=True)
            except RSZeroError:
                continue
            return int(r), int(s)

    def _encode(self, r: int, s: int, fault: SignatureFault) -> bytes:
        if fault is SignatureFault.NONE:
            return encode_der(r, s)
        if fault is SignatureFault.FIXED32:
            return encode_fixed(r, s, self._fixed_size)
        return encode_without_sign_octet(r, s)

    def _wanted(self, r: int, s: int, strict: bool, fault: SignatureFault) -> bool:
        if fault is SignatureFault.ALWAYS_BAD:
            return not strict
        if fault is SignatureFault.ALWAYS_LUCKY:
            return strict and _octets_of(r) == _octets_of(s) == self._usual_size
        return True


class _Element(NamedTuple):
    """One DER element's content and the octets behind it."""

    content: bytes
    rest: bytes


def _take(data: bytes, tag: int) -> _Element | None:
    """Split off one element of definite, minimal length; None when there is none."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length >= _SHORT_FORM_LIMIT:
        start += length - _SHORT_FORM_LIMIT
        octets = data[2:start]
        length = int.from_bytes(octets, "big")
        if not octets or octets[0] == 0 or length < _SHORT_FORM_LIMIT:
            return None
    if len(data) < start + length:
        return None
    return _Element(data[start : start + length], data[start + length :])


def _is_minimal_and_positive(content: bytes) -> bool:
    if not content or content[0] & 0x80 or not any(content):
        return False
    return not (len(content) > 1 and content[0] == 0 and not content[1] & 0x80)


def _as_numbers(r: int, s: int, order: int) -> tuple[int, int]:  # noqa: ARG001  signature given by ecdsa
    return r, s


def _octets_of(number: int) -> int:
    return max(1, (number.bit_length() + 7) // 8)


def _minimal(number: int) -> bytes:
    return number.to_bytes(_octets_of(number), "big")


def _with_sign_octet(number: int) -> bytes:
    octets = _minimal(number)
    return b"\0" + octets if octets[0] & 0x80 else octets


def _sequence(*integers: bytes) -> bytes:
    content = b"".join(_element(_INTEGER, integer) for integer in integers)
    return _element(_SEQUENCE, content)


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT_FORM_LIMIT:
        return bytes((tag, length)) + content
    octets = _minimal(length)
    return bytes((tag, _SHORT_FORM_LIMIT | len(octets))) + octets + content
