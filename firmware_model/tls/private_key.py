"""The module's own private key, as it comes with ``TLSCERT=key``: PKCS #1, SEC 1 or PKCS #8, PEM or DER."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firmware_model.tls.certificate import Certificate, EcPublicKey, RsaPublicKey
from firmware_model.tls.pem import is_pem, pem_blocks

if TYPE_CHECKING:
    from ecdsa import SigningKey


@dataclass(frozen=True, slots=True)
class RsaPrivateKey:
    """An RSA key with its two primes."""

    modulus: int
    public_exponent: int
    private_exponent: int
    prime1: int
    prime2: int


@dataclass(frozen=True, slots=True)
class EcPrivateKey:
    """A key on any short Weierstrass curve that python-ecdsa knows."""

    signing_key: SigningKey


PrivateKey = RsaPrivateKey | EcPrivateKey


def parse_private_key(data: bytes) -> PrivateKey:
    """Read a private key; raises ValueError with one line that says what is wrong."""
    der = _key_in_pem(data) if is_pem(data) else data
    try:
        key = _read(der)
    except Exception as error:  # asn1crypto and ecdsa let every kind of exception out
        raise ValueError(f"not a readable private key ({type(error).__name__})") from error
    if key is None:
        raise ValueError("not an RSA or EC private key")
    return key


def belongs_to(key: PrivateKey, certificate: Certificate) -> bool:
    """Whether the certificate holds the public half of ``key``."""
    public = certificate.public_key
    if isinstance(key, RsaPrivateKey):
        return isinstance(public, RsaPublicKey) and public.modulus == key.modulus
    return isinstance(public, EcPublicKey) and _same_point(key, public)


def _same_point(key: EcPrivateKey, public: EcPublicKey) -> bool:
    from ecdsa import VerifyingKey
    from ecdsa.der import UnexpectedDER

    try:
        return bool(VerifyingKey.from_der(public.info) == key.signing_key.get_verifying_key())
    except (UnexpectedDER, ValueError, AssertionError):
        return False


def _key_in_pem(data: bytes) -> bytes:
    if b"ENCRYPTED" in data:
        raise ValueError("the private key is encrypted; store it without a pass phrase")
    for label, der in pem_blocks(data):
        if label.endswith("PRIVATE KEY"):
            return der
    raise ValueError("no private key in the PEM text")


def _read(der: bytes) -> PrivateKey | None:
    """Tell the three forms apart by their second field; None for a key of another kind."""
    from asn1crypto import core, keys

    second = core.Sequence.load(der, strict=True)[1]
    if isinstance(second, core.Integer):
        return _rsa(keys.RSAPrivateKey.load(der))
    if isinstance(second, core.OctetString):
        return _ec(der)
    info = keys.PrivateKeyInfo.load(der)
    if info.algorithm == "rsa":
        return _rsa(info["private_key"].parsed)
    return _ec(der) if info.algorithm == "ec" else None


def _ec(der: bytes) -> EcPrivateKey:
    from ecdsa import SigningKey

    return EcPrivateKey(SigningKey.from_der(der))


def _rsa(numbers: Any) -> RsaPrivateKey:
    key = RsaPrivateKey(
        *(numbers[name].native for name in ("modulus", "public_exponent", "private_exponent", "prime1", "prime2"))
    )
    if key.prime1 * key.prime2 != key.modulus:
        raise ValueError("the primes do not make the modulus")
    return key
