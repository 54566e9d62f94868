"""Certificates, reduced to what judging needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from emulator.diagnosis.judging.curves import EcKey, ec_key

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA key."""

    modulus: int
    exponent: int

    @property
    def size(self) -> int:
        """Octets of the modulus, and so of every signature."""
        return (self.modulus.bit_length() + 7) // 8

    def __str__(self) -> str:
        return f"RSA-{self.modulus.bit_length()}"


@dataclass(frozen=True, slots=True)
class EdwardsKey:
    """A key for Ed25519 or Ed448; ``info`` is its SubjectPublicKeyInfo."""

    name: str
    info: bytes

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key of a kind that is not judged."""

    name: str

    def __str__(self) -> str:
        return self.name


PublicKey = EcKey | RsaKey | EdwardsKey | OtherKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate; names are DER, times epoch seconds."""

    name: str
    subject: bytes
    issuer: bytes
    issuer_name: str
    not_before: float
    not_after: float
    key: PublicKey
    key_info: bytes

    def issued_by(self, other: Certificate) -> bool:
        """Whether the names say that ``other`` issued this one."""
        return self.issuer == other.subject


class UnreadableCertificate(ValueError):  # noqa: N818  an answer, not a failure
    """The octets are no X.509 certificate."""


@lru_cache(256)
def read_certificate(der: bytes) -> Certificate:
    """Read one certificate; raises UnreadableCertificate."""
    from asn1crypto import x509

    try:
        return _reduce(x509.Certificate.load(der, strict=True))
    except Exception as error:  # asn1crypto parses lazily and lets every kind of exception out
        raise UnreadableCertificate(f"not a readable X.509 certificate ({type(error).__name__})") from error


def readable(chain: tuple[bytes, ...]) -> Iterator[tuple[int, Certificate]]:
    """Give those certificates of a chain that can be read, each with its position from 0."""
    for position, der in enumerate(chain):
        try:
            yield position, read_certificate(der)
        except UnreadableCertificate:
            continue


def common_name(name_der: bytes) -> str:
    """Write a DER name for people."""
    from asn1crypto import x509

    try:
        return _spoken(x509.Name.load(name_der, strict=True))
    except Exception:  # asn1crypto parses lazily and lets every kind of exception out
        return "an unreadable name"


def _reduce(parsed: Any) -> Certificate:
    info = parsed.public_key
    return Certificate(
        name=_spoken(parsed.subject),
        subject=parsed.subject.dump(),
        issuer=parsed.issuer.dump(),
        issuer_name=_spoken(parsed.issuer),
        not_before=parsed.not_valid_before.timestamp(),
        not_after=parsed.not_valid_after.timestamp(),
        key=_key(info),
        key_info=info.dump(),
    )


def _spoken(name: Any) -> str:
    native = name.native
    text = native.get("common_name") or name.human_friendly
    text = text[-1] if isinstance(text, list) else text
    return "".join(character if character.isprintable() else "?" for character in str(text))[:80]


def _key(info: Any) -> PublicKey:
    kind = str(info.algorithm)
    if kind == "rsa" or kind == "rsassa_pss":
        numbers = info["public_key"].parsed
        key = RsaKey(numbers["modulus"].native, numbers["public_exponent"].native)
        usable = key.modulus > 0 and 0 < key.exponent < 1 << 64 and key.modulus.bit_length() <= 16384
        return key if usable else OtherKey("an RSA key of impossible numbers")
    if kind == "ec":
        return ec_key(info.dump()) or OtherKey("an EC key on a curve that is not known here")
    if kind in ("ed25519", "ed448"):
        return EdwardsKey(kind.title(), info.dump())
    return OtherKey(f"a key of kind {kind}")
