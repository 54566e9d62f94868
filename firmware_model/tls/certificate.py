"""X.509 certificates, reduced to what the module looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import new as new_hash
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST_INFO = {
    "md5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
}
"""The hashes of ST's data brief (D1) with the DigestInfo that PKCS #1 v1.5 puts first (RFC 8017)."""

USABLE_HASHES = frozenset(DIGEST_INFO)
USABLE_CURVES = frozenset({"secp256r1", "secp384r1"})
"""P-256 is known from the field (S0); P-384 is assumed, as SHA-384 is on ST's list."""


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """An RSA key."""

    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class EcPublicKey:
    """A key on the named curve; ``info`` is the SubjectPublicKeyInfo in DER."""

    curve: str
    info: bytes


@dataclass(frozen=True, slots=True)
class UnknownPublicKey:
    """A key of a kind that the module does not know."""

    algorithm: str


PublicKey = RsaPublicKey | EcPublicKey | UnknownPublicKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """One parsed certificate; names are DER, times epoch seconds, both ends included.

    ``is_ca`` is None without a basicConstraints extension. ``signature_kind`` is ``"rsa"``, ``"ecdsa"`` or
    the name of an algorithm that is neither; ``signature_hash`` is a name of :mod:`hashlib` or empty.
    """

    der: bytes
    signed_part: bytes
    subject: bytes
    issuer: bytes
    common_names: tuple[str, ...]
    dns_names: tuple[str, ...]
    not_before: float
    not_after: float
    public_key: PublicKey
    signature_kind: str
    signature_hash: str
    signature: bytes
    is_ca: bool | None
    key_id: bytes | None
    authority_key_id: bytes | None


_REMEMBERED = 64
"""Certificates whose parsing and checking is remembered: a host that polls meets the same ones each time."""


@lru_cache(_REMEMBERED)
def parse_certificate(der: bytes) -> Certificate:
    """Read one DER certificate; raises ValueError when it is not one, or when octets follow it."""
    from asn1crypto import x509

    try:
        return _reduce(der, x509.Certificate.load(der, strict=True))
    except Exception as error:  # asn1crypto parses lazily and lets every kind of exception out
        raise ValueError(f"not a readable X.509 certificate ({type(error).__name__})") from error


@lru_cache(_REMEMBERED)
def is_signed_by(certificate: Certificate, issuer: PublicKey) -> bool:
    """Whether ``issuer`` made the certificate's signature; False also when key and algorithm do not fit."""
    if certificate.signature_hash not in USABLE_HASHES:
        return False
    digest = new_hash(certificate.signature_hash, certificate.signed_part, usedforsecurity=False).digest()
    if isinstance(issuer, RsaPublicKey) and certificate.signature_kind == "rsa":
        return _rsa_verifies(issuer, certificate.signature, DIGEST_INFO[certificate.signature_hash] + digest)
    if isinstance(issuer, EcPublicKey) and certificate.signature_kind == "ecdsa":
        return _ecdsa_verifies(issuer, certificate.signature, digest)
    return False


def _rsa_verifies(key: RsaPublicKey, signature: bytes, digest_info: bytes) -> bool:
    size = (key.modulus.bit_length() + 7) // 8
    padding = b"\xff" * (size - 3 - len(digest_info))
    if len(signature) != size or len(padding) < 8:
        return False
    opened = pow(int.from_bytes(signature, "big"), key.exponent, key.modulus).to_bytes(size, "big")
    return opened == b"\x00\x01" + padding + b"\x00" + digest_info


def _ecdsa_verifies(key: EcPublicKey, signature: bytes, digest: bytes) -> bool:
    from ecdsa import BadSignatureError, VerifyingKey
    from ecdsa.der import UnexpectedDER
    from ecdsa.util import sigdecode_der

    try:
        verifying = VerifyingKey.from_der(key.info)
        return bool(verifying.verify_digest(signature, digest, sigdecode=sigdecode_der, allow_truncate=True))
    except (BadSignatureError, UnexpectedDER, ValueError, AssertionError, IndexError):
        return False


def _reduce(der: bytes, parsed: Any) -> Certificate:
    body = parsed["tbs_certificate"]
    kind, hash_name = _signature_algorithm(parsed["signature_algorithm"])
    constraints = parsed.basic_constraints_value
    return Certificate(
        der=der,
        signed_part=body.dump(),
        subject=parsed.subject.dump(),
        issuer=parsed.issuer.dump(),
        common_names=tuple(_common_names(parsed.subject)),
        dns_names=tuple(_dns_names(parsed.subject_alt_name_value)),
        not_before=parsed.not_valid_before.timestamp(),
        not_after=parsed.not_valid_after.timestamp(),
        public_key=_public_key(parsed.public_key),
        signature_kind=kind,
        signature_hash=hash_name,
        signature=bytes(parsed["signature_value"].native),
        is_ca=None if constraints is None else bool(constraints["ca"].native),
        key_id=parsed.key_identifier,
        authority_key_id=parsed.authority_key_identifier,
    )


def _signature_algorithm(algorithm: Any) -> tuple[str, str]:
    name = str(algorithm["algorithm"].native)
    hash_name, _, kind = name.rpartition("_")
    if kind in ("rsa", "ecdsa"):
        return kind, hash_name
    return name, ""


def _public_key(info: Any) -> PublicKey:
    if info.algorithm == "rsa":
        numbers = info["public_key"].parsed
        key = RsaPublicKey(numbers["modulus"].native, numbers["public_exponent"].native)
        if key.modulus <= 0 or key.exponent <= 0:
            raise ValueError("an RSA key of a number that is not positive")
        return key
    if info.algorithm == "ec":
        kind, curve = info.curve
        return EcPublicKey(str(curve) if kind == "named" else kind, info.dump())
    return UnknownPublicKey(str(info.algorithm))


def _common_names(subject: Any) -> Iterator[str]:
    for relative_name in subject.chosen:
        for pair in relative_name:
            if pair["type"].native == "common_name":
                yield str(pair["value"].native)


def _dns_names(names: Any) -> Iterator[str]:
    for name in names or ():
        if name.name == "dns_name":
            yield str(name.native)
