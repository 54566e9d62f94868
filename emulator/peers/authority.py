"""A throw-away certification authority in pure Python: no program, no network, no waiting."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.peers.certificate import (
    NOT_AFTER,
    NOT_BEFORE,
    Issuer,
    Subject,
    Usage,
    build_certificate,
    key_identifier,
)
from emulator.peers.keys import PrivateKey, RandomOctets, armor, p256_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_SERIAL_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key and the certificates that are sent along with it.

    ``chain_der`` holds the issuing intermediates, the certificate's own issuer first, without the root.
    """

    certificate_der: bytes
    key: PrivateKey
    chain_der: tuple[bytes, ...] = ()

    @property
    def certificate_pem(self) -> str:
        """The certificate alone as PEM text."""
        return armor("CERTIFICATE", self.certificate_der)

    @property
    def key_pem(self) -> str:
        """The private key as PEM text (SEC 1 or PKCS #1)."""
        return self.key.pem

    @property
    def key_der(self) -> bytes:
        """The private key as DER (SEC 1 or PKCS #1)."""
        return self.key.der

    @property
    def bundle_der(self) -> bytes:
        """The certificate and its chain in DER, end to end; the module stores up to 1475 octets [F-HCE]."""
        return b"".join((self.certificate_der, *self.chain_der))

    @property
    def bundle_pem(self) -> str:
        """The certificate and its chain as PEM text, in the order in which TLS sends them."""
        return self.certificate_pem + self.chain_pem

    @property
    def chain_pem(self) -> str:
        """The chain alone as PEM text; empty for what a root issued itself."""
        return "".join(armor("CERTIFICATE", der) for der in self.chain_der)

    @property
    def subject_key_identifier(self) -> bytes:
        """The 20 octets by which the module looks up a CA; ``TLSCERT=auth`` takes them [F-TLS]."""
        return key_identifier(self.key.public_key_info)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A root that is trusted, without the key that would make it issue anything."""

    certificate_der: bytes

    @property
    def certificate_pem(self) -> str:
        """The certificate as PEM text."""
        return armor("CERTIFICATE", self.certificate_der)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that issues identities and further CAs. Make the first one with :func:`make_authority`."""

    name: str
    identity: Identity
    chain_der: tuple[bytes, ...]
    """What identities issued here send along; a root sends nothing of itself."""
    random: RandomOctets

    @property
    def certificate_der(self) -> bytes:
        """The CA's certificate in DER."""
        return self.identity.certificate_der

    @property
    def certificate_pem(self) -> str:
        """The CA's certificate as PEM text."""
        return self.identity.certificate_pem

    def issue(
        self,
        common_name: str,
        *,
        names: Sequence[str] = (),
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
        client: bool = False,
        server: bool = False,
        key: PrivateKey | None = None,
        authority_key_identifier: bool = True,
    ) -> Identity:
        """Issue a leaf certificate.

        ``names`` are DNS names and IP addresses for subjectAltName. ``client`` and ``server`` set the
        extended key usage; with neither the certificate is good for both.
        Without ``key`` a P-256 key is made.
        """
        key = key or p256_key(self.random)
        certificate = build_certificate(
            Subject(common_name, key.public_key_info, names),
            self._issuer(named=authority_key_identifier),
            Usage(client=client, server=server),
            serial_number=_serial_number(self.random),
            not_before=not_before,
            not_after=not_after,
        )
        return Identity(certificate, key, self.chain_der)

    def intermediate(
        self, name: str, *, key: PrivateKey | None = None, authority_key_identifier: bool = True
    ) -> Authority:
        """Issue a CA certificate and return its authority. Without ``key`` a P-256 key is made."""
        key = key or p256_key(self.random)
        certificate = build_certificate(
            Subject(name, key.public_key_info),
            self._issuer(named=authority_key_identifier),
            Usage(authority=True),
            serial_number=_serial_number(self.random),
        )
        chain = (certificate, *self.chain_der)
        return Authority(name, Identity(certificate, key, self.chain_der), chain, self.random)

    def _issuer(self, *, named: bool) -> Issuer:
        identifier = self.identity.subject_key_identifier if named else None
        return Issuer(self.name, self.identity.key, identifier)


def make_authority(
    name: str,
    *,
    key: PrivateKey | None = None,
    random: RandomOctets = secrets.token_bytes,
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
) -> Authority:
    """Make a self-signed root CA. ``random`` also gives the keys of all that it issues."""
    key = key or p256_key(random)
    certificate = build_certificate(
        Subject(name, key.public_key_info),
        Issuer(name, key, key_identifier(key.public_key_info)),
        Usage(authority=True),
        serial_number=_serial_number(random),
        not_before=not_before,
        not_after=not_after,
    )
    return Authority(name, Identity(certificate, key), (), random)


def _serial_number(random: RandomOctets) -> int:
    """Return a positive number of 8 octets; its top bits are 01 so that its DER length never varies."""
    number = int.from_bytes(random(_SERIAL_OCTETS), "big")
    return number >> 2 | 1 << (8 * _SERIAL_OCTETS - 2)
