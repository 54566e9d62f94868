"""The module's private key in the shapes that tlslite-ng signs a CertificateVerify with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tlslite.utils.python_rsakey import Python_RSAKey

from firmware_model.tls.private_key import EcPrivateKey, RsaPrivateKey
from firmware_model.tls.signature import EcdsaSigner, Signature

if TYPE_CHECKING:
    from ecdsa import SigningKey

    from firmware_model.outside import RandomSource
    from firmware_model.tls.faults import TlsFaults
    from firmware_model.tls.private_key import PrivateKey


class EcdsaClientKey:
    """Signs through :class:`EcdsaSigner`, so that faults can have their way; ``made`` is the last signature."""

    key_type: Literal["ecdsa"] = "ecdsa"

    def __init__(self, key: SigningKey, random: RandomSource, faults: TlsFaults) -> None:
        self.private_key = key
        self.made: Signature | None = None
        self._signer = EcdsaSigner(key, random, faults)

    @property
    def curve(self) -> str:
        """The curve's name as TLS and OpenSSL know it."""
        return str(self.private_key.curve.openssl_name)

    def sign(self, digest: bytearray, *_: object, **__: object) -> bytearray:
        """Sign a digest; padding, hash name and salt length are of no use to ECDSA."""
        self.made = self._signer.sign(bytes(digest))
        return bytearray(self.made.encoded)

    def verify(self, *_: object, **__: object) -> bool:
        """Approve: tlslite-ng asks this of its own signature, and a faulty one must go out too."""
        return True


def client_key(key: PrivateKey, random: RandomSource, faults: TlsFaults) -> EcdsaClientKey | Python_RSAKey:
    """Return ``key`` for tlslite-ng; ``random`` gives the nonces of ECDSA signatures."""
    if isinstance(key, EcPrivateKey):
        return EcdsaClientKey(key.signing_key, random, faults)
    return _rsa(key)


def _rsa(key: RsaPrivateKey) -> Python_RSAKey:
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
