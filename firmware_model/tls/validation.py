"""How the module judges a server's certificates: a walk from the leaf to the one CA it holds.

A library's verifier would build the best chain there is. The module, as its logs let it be seen, goes through
the certificates in the order they were sent and asks each one only: did my CA issue you? No means ``Skip CA``,
yes ends the walk (T1, S0, T2; the reading that fits every count, not settled). What is checked afterwards, and
in which order, no log shows in full; the table of numbers says how far each of them is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_model.tables.certificate_errors import CertificateErrorCode
from firmware_model.tls.certificate import (
    USABLE_CURVES,
    USABLE_HASHES,
    Certificate,
    EcPublicKey,
    PublicKey,
    RsaPublicKey,
    is_signed_by,
    parse_certificate,
)
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.progress import CaSkipped, Loaded, LoadedItem, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LARGEST_CERTIFICATE = 2560
"""Octets of one received certificate: "2.5 KB" (T2, ST's answer)."""

LARGEST_RSA_KEY = 2048
"""Bits; a chain with a key of 4096 bits was refused with 22, the size is the poster's guess (T3)."""

_ADDRESS = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class StoredCa:
    """The CA of the store and the key identifier it is looked up by; None when none was given."""

    certificate: Certificate
    key_id: bytes | None


def _no_file(_key_id: bytes) -> StoredCa | None:
    return None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a server's certificates are held against.

    Without a stored ``ca`` that of each certificate is looked up among the files, by the key identifier that the
    certificate names (T2, T7).
    ``now`` is the module's time in epoch seconds, ``host`` the name as the command gave it, ``ecc`` whether
    the firmware knows elliptic curves. A ``host`` that was given as a ``common_name`` is checked even when it is
    an address. ``dates`` are left out only where a setting says so.
    """

    ca: StoredCa | None
    now: float
    host: str
    ecc: bool = True
    common_name: bool = False
    ca_file: Callable[[bytes], StoredCa | None] = _no_file
    dates: bool = True

    def ca_of(self, certificate: Certificate) -> StoredCa | None:
        """The CA at hand that issued ``certificate``."""
        if self.ca is not None:
            return self.ca if _issued_by(self.ca, certificate) else None
        key_id = certificate.authority_key_id
        return None if key_id is None else self.ca_file(key_id)


def validate(chain: Sequence[bytes], expected: Expectation) -> Iterator[Progress]:
    """Judge the DER certificates of a server in the order they were sent, telling each step as it is done.

    Raises CertificateError.
    """
    _check_sizes(chain)
    walked: list[Certificate] = []
    for position, der in enumerate(chain, start=1):
        certificate = _read(der, position)
        walked.append(certificate)
        if (ca := expected.ca_of(certificate)) is not None:
            yield Loaded(LoadedItem.CA)
            _check(walked, ca.certificate, expected)
            return
        yield CaSkipped()
    raise CertificateError(
        CertificateErrorCode.CA_NOT_FOUND,
        f"none of {len(chain)} certificates was issued by the stored CA"
        if expected.ca is not None
        else "no CA is stored",
    )


def is_dns_name(host: str) -> bool:
    """Whether ``host`` is a name; ``192.168.0.2`` and the short ``1.112`` are addresses."""
    return bool(host) and ":" not in host and not _ADDRESS.fullmatch(host)


def is_issued_for(certificate: Certificate, host: str) -> bool:
    """Whether the certificate names ``host``; only without any common name does subjectAltName count.

    That alternative names are ignored is concluded from T4, where ``www.ssllabs.com`` was refused and
    ``ssllabs.com`` taken.
    """
    names = certificate.common_names or certificate.dns_names
    return any(_matches(pattern.lower(), host.lower()) for pattern in names)


def _check_sizes(chain: Sequence[bytes]) -> None:
    for position, der in enumerate(chain, start=1):
        if len(der) > LARGEST_CERTIFICATE:
            raise CertificateError(
                CertificateErrorCode.TOO_LARGE,
                f"certificate {position} has {len(der)} octets, the module takes {LARGEST_CERTIFICATE}",
            )


def _read(der: bytes, position: int) -> Certificate:
    try:
        return parse_certificate(der)
    except ValueError as error:
        reason = f"certificate {position} is {error}"
        raise CertificateError(CertificateErrorCode.NOT_READABLE, reason) from error


def _issued_by(ca: StoredCa, certificate: Certificate) -> bool:
    if certificate.authority_key_id is None:
        return certificate.issuer == ca.certificate.subject
    return certificate.authority_key_id == ca.key_id


def _check(walked: Sequence[Certificate], ca: Certificate, expected: Expectation) -> None:
    """Check the walked certificates and the CA; ``walked`` begins with the server's own certificate."""
    for position, certificate in enumerate(walked, start=1):
        _check_usable(certificate, position, ecc=expected.ecc)
    _check_signatures(walked, ca)
    if expected.dates:
        _check_dates([*walked, ca], expected.now)
    _check_issuers(walked[1:], ca)
    if (expected.common_name or is_dns_name(expected.host)) and not is_issued_for(walked[0], expected.host):
        raise CertificateError(CertificateErrorCode.NAME_MISMATCH, f"the certificate is not issued for {expected.host}")


def _check_usable(certificate: Certificate, position: int, *, ecc: bool) -> None:
    kinds = {"rsa", "ecdsa"} if ecc else {"rsa"}
    if certificate.signature_kind not in kinds or certificate.signature_hash not in USABLE_HASHES:
        algorithm = f"{certificate.signature_kind} {certificate.signature_hash}".strip()
        raise CertificateError(CertificateErrorCode.NOT_USABLE, f"certificate {position} is signed with {algorithm}")
    if (obstacle := _obstacle(certificate.public_key, ecc=ecc)) is not None:
        raise CertificateError(CertificateErrorCode.NOT_USABLE, f"certificate {position} has {obstacle}")


def _obstacle(key: PublicKey, *, ecc: bool) -> str | None:
    """Say what keeps the module from using ``key``."""
    if isinstance(key, RsaPublicKey):
        bits = key.modulus.bit_length()
        return f"an RSA key of {bits} bits, more than {LARGEST_RSA_KEY}" if bits > LARGEST_RSA_KEY else None
    if isinstance(key, EcPublicKey):
        return None if ecc and key.curve in USABLE_CURVES else f"an EC key on {key.curve}"
    return f"a key of kind {key.algorithm}"


def _check_signatures(walked: Sequence[Certificate], ca: Certificate) -> None:
    issuers = [*walked[1:], ca]
    for position, (certificate, issuer) in enumerate(zip(walked, issuers, strict=True), start=1):
        if not is_signed_by(certificate, issuer.public_key):
            raise CertificateError(
                CertificateErrorCode.BAD_SIGNATURE,
                f"the signature of certificate {position} was not made with its issuer's key",
            )


def _check_dates(certificates: Sequence[Certificate], now: float) -> None:
    for certificate in certificates:
        whose = "the stored CA" if certificate is certificates[-1] else "a certificate of the server"
        if now < certificate.not_before:
            raise CertificateError(
                CertificateErrorCode.OUTSIDE_VALIDITY, f"{whose} is not valid yet at the module's time"
            )
        if now > certificate.not_after:
            raise CertificateError(CertificateErrorCode.OUTSIDE_VALIDITY, f"{whose} has expired at the module's time")


def _check_issuers(intermediates: Sequence[Certificate], ca: Certificate) -> None:
    """Ask each sent issuer for its CA flag; the stored CA passes unless it says that it is none (assumed)."""
    if ca.is_ca is False:
        raise CertificateError(CertificateErrorCode.ISSUER_IS_NO_CA, "the stored CA says that it is no CA")
    for position, issuer in enumerate(intermediates, start=2):
        if not issuer.is_ca:
            raise CertificateError(
                CertificateErrorCode.ISSUER_IS_NO_CA,
                f"certificate {position} issued another one without being a CA",
            )


def _matches(pattern: str, host: str) -> bool:
    """Compare label by label; one left-most ``*`` stands for one label."""
    if pattern.startswith("*."):
        _, _, domain = host.partition(".")
        return domain == pattern[2:]
    return pattern == host
