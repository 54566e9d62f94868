"""How the module signs: ECDSA in DER and RSA by PKCS #1, each stage open to the faults that fire."""

from __future__ import annotations

from hashlib import new as new_hash
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.tls.certificate import DIGEST_INFO
from firmware_model.tls.faults.encoding import ENCODING
from firmware_model.tls.faults.fired import FiredFaults
from firmware_model.tls.faults.hashing import HASHING
from firmware_model.tls.faults.key import KEY
from firmware_model.tls.faults.nonce import FIRST, NONCES, WANTED, Attempt
from firmware_model.tls.faults.numbers import NUMBERS, Numbers
from firmware_model.tls.faults.octets import OCTETS
from firmware_model.tls.faults.transcript import HEADERS, TRANSCRIPT
from firmware_model.tls.private_key import EcPrivateKey
from firmware_model.tls.signature import Form, is_strict_der

if TYPE_CHECKING:
    from firmware_model.outside import RandomSource
    from firmware_model.tls.faults.hashing import Hashing
    from firmware_model.tls.faults.nonce import Nonces
    from firmware_model.tls.faults.transcript import Transcript
    from firmware_model.tls.private_key import PrivateKey, RsaPrivateKey

_MOST_DRAWS: Final = 256
"""Nonces that are tried for what a fault wants; one in four is right, so this many fail never."""


class EcdsaSignature(NamedTuple):
    """An ECDSA signature, the numbers behind it, and how many nonces were tried for it."""

    encoded: bytes
    numbers: Numbers
    draws: int


class Signature(NamedTuple):
    """A signature as it goes over the wire.

    For RSA ``ecdsa`` is None, else what came of the stages that only ECDSA has; ``strict_der`` tells whether a strict
    decoder accepts ``encoded``.
    """

    encoded: bytes
    hashing: Hashing
    ecdsa: EcdsaSignature | None = None
    strict_der: bool | None = None


def sign(
    transcript: Transcript,
    hashing: Hashing,
    key: PrivateKey,
    random: RandomSource,
    signing: FiredFaults | None = None,
    presenting: FiredFaults | None = None,
) -> Signature:
    """Sign the transcript; ``random`` gives the nonce of an ECDSA signature.

    The same octets from it, with the same key and transcript and the same faults, give the same signature.
    ``signing`` are the faults that fire for this signature, ``presenting`` those of the certificate before it.
    """
    signing, presenting = signing or FiredFaults(), presenting or FiredFaults()
    transcript = signing.through(HEADERS, signing.through(TRANSCRIPT, transcript))
    hashing = signing.through(HASHING, hashing)
    key = signing.through(KEY, presenting.through(KEY, key))
    digest = digest_of(hashing.used, b"".join(transcript))
    if not isinstance(key, EcPrivateKey):
        return Signature(signing.through(OCTETS, _sign_with_rsa(digest, hashing.used, key)), hashing)
    made = sign_with_ecdsa(digest, key, random, signing)
    encoded = signing.through(OCTETS, made.encoded)
    return Signature(encoded, hashing, made, is_strict_der(encoded, made.numbers.order))


def digest_of(name: str, octets: bytes) -> bytes:
    """The digest by the hash of that name, ``"md5+sha1"`` being both, one after the other."""
    return b"".join(new_hash(part, octets, usedforsecurity=False).digest() for part in name.split("+"))


def sign_with_ecdsa(
    digest: bytes, key: EcPrivateKey, random: RandomSource, faults: FiredFaults | None = None
) -> EcdsaSignature:
    """Sign ``digest``; of one longer than the curve's order only the leading octets count."""
    faults = faults or FiredFaults()
    order: int = key.signing_key.curve.order
    nonces = faults.through(NONCES, lambda limit: 1 + random.below(limit - 1))
    wanted = faults.through(WANTED, FIRST)
    form = faults.through(ENCODING, Form(order))
    draws = 0
    while True:
        draws += 1
        numbers = faults.through(NUMBERS, Numbers(*_ecdsa_numbers(digest, key, nonces), order))
        encoded = form.write(numbers.r, numbers.s)
        strict = is_strict_der(encoded, order)
        if wanted(Attempt(numbers.r, numbers.s, order, strict)) or draws == _MOST_DRAWS:
            return EcdsaSignature(encoded, numbers, draws)


def _ecdsa_numbers(digest: bytes, key: EcPrivateKey, nonces: Nonces) -> tuple[int, int]:
    from ecdsa.ecdsa import RSZeroError

    while True:
        nonce = nonces(key.signing_key.curve.order)
        try:
            r, s = key.signing_key.sign_digest(digest, sigencode=_as_numbers, k=nonce, allow_truncate=True)
        except RSZeroError:
            continue
        return int(r), int(s)


def _as_numbers(r: int, s: int, order: int) -> tuple[int, int]:  # noqa: ARG001  signature given by ecdsa
    return r, s


def _sign_with_rsa(digest: bytes, hash_name: str, key: RsaPrivateKey) -> bytes:
    """Sign by RSASSA-PKCS1-v1_5 (RFC 8017, 8.2); before TLS 1.2 without naming the hash (RFC 4346, 7.4.3)."""
    size = (key.modulus.bit_length() + 7) // 8
    content = DIGEST_INFO.get(hash_name, b"") + digest
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(content)) + b"\x00" + content
    return _private_operation(int.from_bytes(padded, "big"), key).to_bytes(size, "big")


def _private_operation(number: int, key: RsaPrivateKey) -> int:
    """``number`` to the private exponent, by the two primes, which is four times as fast (RFC 8017, 5.1.2)."""
    one = pow(number, key.private_exponent % (key.prime1 - 1), key.prime1)
    two = pow(number, key.private_exponent % (key.prime2 - 1), key.prime2)
    return two + key.prime2 * ((one - two) * pow(key.prime2, -1, key.prime1) % key.prime1)
