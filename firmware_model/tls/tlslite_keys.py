"""The module's private key in the shapes that tlslite-ng asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tlslite.utils.python_rsakey import Python_RSAKey

from firmware_model.tls.private_key import EcPrivateKey
from firmware_model.tls.signing import sign_with_ecdsa

if TYPE_CHECKING:
    from ecdsa import SigningKey

    from firmware_model.outside import RandomSource
    from firmware_model.tls.private_key import PrivateKey


class StandIn:
    """A client's key that signs nothing: the signature takes its place when CertificateVerify is to be sent."""

    def __init__(self, key: PrivateKey) -> None:
        self.key_type: Literal["ecdsa", "rsa"] = "ecdsa" if isinstance(key, EcPrivateKey) else "rsa"
        self.private_key: SigningKey | None = key.signing_key if isinstance(key, EcPrivateKey) else None
        """Of this tlslite-ng reads the curve."""

    def sign(self, *_: object, **__: object) -> bytearray:
        """Leave the signature empty."""
        return bytearray()

    def verify(self, *_: object, **__: object) -> bool:
        """Approve: tlslite-ng asks this of its own signature."""
        return True


class EcdsaServerKey:
    """A server's key, with which tlslite-ng signs its half of the key exchange; no fault acts here."""

    key_type: Literal["ecdsa"] = "ecdsa"

    def __init__(self, key: EcPrivateKey, random: RandomSource) -> None:
        self.private_key = key.signing_key
        self._key = key
        self._random = random

    def sign(self, digest: bytearray, *_: object, **__: object) -> bytearray:
        """Sign a digest; padding, hash name and salt length are of no use to ECDSA."""
        return bytearray(sign_with_ecdsa(bytes(digest), self._key, self._random).encoded)

    def verify(self, *_: object, **__: object) -> bool:
        """Approve: tlslite-ng asks this of its own signature."""
        return True


def server_key(key: PrivateKey, random: RandomSource) -> EcdsaServerKey | Python_RSAKey:
    """Return ``key`` for a server; ``random`` gives the nonces of ECDSA signatures."""
    if isinstance(key, EcPrivateKey):
        return EcdsaServerKey(key, random)
    return Python_RSAKey(
        key.modulus,
        key.public_exponent,
        key.private_exponent,
        key.prime1,
        key.prime2,
        key.private_exponent % (key.prime1 - 1),
        key.private_exponent % (key.prime2 - 1),
        pow(key.prime2, -1, key.prime1),
    )
