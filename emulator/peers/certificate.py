"""Builds one X.509 v3 certificate with the extensions that strict verifiers ask for (RFC 5280, 4.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asn1crypto import core, x509

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asn1crypto import keys

    from emulator.peers.keys import PrivateKey

NOT_BEFORE = datetime(2017, 1, 1, tzinfo=UTC)
"""Before the first firmware of the module, so that its clock may stand at any date of its life."""

NOT_AFTER = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The last second that a UTCTime can hold: old parsers need not know GeneralizedTime."""

_FIRST_GENERALIZED_YEAR = 2050


@dataclass(frozen=True, slots=True)
class Usage:
    """What a certificate may be used for."""

    authority: bool = False
    server: bool = False
    client: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is about: its common name, its DNS names and IP addresses, and its public key."""

    common_name: str
    public_key_info: keys.PublicKeyInfo
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: its name, its key, and the key identifier to point at (None leaves that extension out)."""

    common_name: str
    key: PrivateKey
    key_identifier: bytes | None


def build_certificate(
    subject: Subject,
    issuer: Issuer,
    usage: Usage,
    *,
    serial_number: int,
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
) -> bytes:
    """Return the DER certificate. The dates must carry a time zone; ValueError otherwise."""
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial_number,
            "signature": issuer.key.signature_algorithm,
            "issuer": _name(issuer.common_name),
            "validity": {"not_before": _time(not_before), "not_after": _time(not_after)},
            "subject": _name(subject.common_name),
            "subject_public_key_info": subject.public_key_info,
            "extensions": list(_extensions(subject, issuer, usage)),
        }
    )
    certificate = x509.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": issuer.key.signature_algorithm,
            "signature_value": issuer.key.sign(tbs.dump()),
        }
    )
    return bytes(certificate.dump())


def key_identifier(public_key_info: keys.PublicKeyInfo) -> bytes:
    """Return the 20 octets of method 1 of RFC 5280 section 4.2.1.2: SHA-1 of the public key's bit string."""
    return bytes(public_key_info.sha1)


def _extensions(subject: Subject, issuer: Issuer, usage: Usage) -> Iterator[x509.Extension]:
    yield _extension("key_identifier", core.OctetString(key_identifier(subject.public_key_info)))
    if issuer.key_identifier is not None:
        identifier = x509.AuthorityKeyIdentifier({"key_identifier": issuer.key_identifier})
        yield _extension("authority_key_identifier", identifier)
    yield _extension("basic_constraints", x509.BasicConstraints({"ca": usage.authority}), critical=True)
    yield _extension("key_usage", x509.KeyUsage(_key_usage(subject, usage)), critical=True)
    purposes = [name for name, wanted in (("server_auth", usage.server), ("client_auth", usage.client)) if wanted]
    if purposes:
        yield _extension("extended_key_usage", x509.ExtKeyUsageSyntax(purposes))
    if subject.names:
        yield _extension("subject_alt_name", x509.GeneralNames([_general_name(n) for n in subject.names]))


def _extension(name: str, value: core.Asn1Value, *, critical: bool = False) -> x509.Extension:
    return x509.Extension({"extn_id": name, "critical": critical, "extn_value": core.ParsableOctetString(value.dump())})


def _key_usage(subject: Subject, usage: Usage) -> set[str]:
    if usage.authority:
        return {"key_cert_sign", "crl_sign"}
    # RSA key exchange, all that firmware 1.0.0 could do, encrypts to the server's key [STPKG].
    encrypts = subject.public_key_info.algorithm == "rsa"
    return {"digital_signature", "key_encipherment"} if encrypts else {"digital_signature"}


def _name(common_name: str) -> x509.Name:
    return x509.Name.build({"common_name": common_name})


def _general_name(name: str) -> x509.GeneralName:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return x509.GeneralName("dns_name", name)
    return x509.GeneralName("ip_address", str(address))


def _time(moment: datetime) -> x509.Time:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; use datetime(..., tzinfo=UTC)")
    utc = moment.astimezone(UTC)
    if utc.year < _FIRST_GENERALIZED_YEAR:
        return x509.Time({"utc_time": core.UTCTime(utc)})
    return x509.Time({"general_time": core.GeneralizedTime(utc)})
