"""Third stage of a signature: the key that signs."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Final

from firmware_model.tls.nonces import HandshakeNonces
from firmware_model.tls.private_key import EcPrivateKey, PrivateKey, RsaPrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.outside import RandomSource
    from firmware_model.tls.faults.fired import Circumstances, Wrapper


def another_key(key: PrivateKey, random: RandomSource) -> PrivateKey:
    """Make a key of the same kind and size; an RSA key of 2048 bits takes a second."""
    if isinstance(key, EcPrivateKey):
        from ecdsa import SigningKey

        curve = key.signing_key.curve
        return EcPrivateKey(SigningKey.from_secret_exponent(1 + random.below(curve.order - 1), curve))
    return _another_rsa_key(key, random)


def _another_rsa_key(key: RsaPrivateKey, random: RandomSource) -> RsaPrivateKey:
    bits = key.modulus.bit_length()
    one = _prime(bits // 2, key.public_exponent, random)
    while (two := _prime(bits - bits // 2, key.public_exponent, random)) == one:
        pass
    exponent = pow(key.public_exponent, -1, (one - 1) * (two - 1))
    return RsaPrivateKey(one * two, key.public_exponent, exponent, one, two)


def _prime(bits: int, exponent: int, random: RandomSource) -> int:
    """Draw a prime whose two top bits are set, so that two of them make a product of full length."""
    from ecdsa.numbertheory import is_prime

    while True:
        candidate = random.below(1 << bits) | 3 << (bits - 2) | 1
        if gcd(candidate - 1, exponent) == 1 and is_prime(candidate):
            return candidate


def _wrong_key(key: PrivateKey, circumstances: Circumstances) -> PrivateKey:
    return another_key(key, circumstances.chance)


def _foreign_key(key: PrivateKey, circumstances: Circumstances) -> PrivateKey:
    return another_key(key, HandshakeNonces(b"foreign key" + circumstances.lasting))


KEY: Final[Mapping[str, Wrapper[PrivateKey]]] = {
    "signature=wrong-key": _wrong_key,
    "certificate=foreign-key": _foreign_key,
}
