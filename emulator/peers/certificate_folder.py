"""A folder with a throw-away PKI, for the module and for servers: as PEM and DER, within the module's limits.

The files are written into a folder beside their places first and moved there at the end, so that a full disk leaves
nothing half done, and what is there is replaced only on demand.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.peers.keys import SeededOctets, p256_key, rsa_key
from emulator.peers.pki import SERVER_ADDRESS, Pki, make_pki
from firmware_model.tls.slots import LIMITS, Slot
from firmware_model.tls.validation import LARGEST_CERTIFICATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.peers.authority import Identity
    from emulator.peers.keys import PrivateKey

DEFAULT_ADDRESSES: Final = (SERVER_ADDRESS, "127.0.0.1")
"""Where the module finds the first station of its miniAP, and where this machine finds itself."""
DEFAULT_NAMES: Final = ("localhost",)
WRONG_NAME: Final = "elsewhere.invalid"
EXPIRED_ON: Final = datetime(2017, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Long ago, but a date that a module's clock can be set to."""
_LONGEST_COMMON_NAME: Final = 64
"""Characters (RFC 5280, ub-common-name)."""
_DNS_NAME: Final = re.compile(r"(?:\*\.)?(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]+")
_OWNER_ONLY: Final = 0o600
_EVERYBODY: Final = 0o644


class CertificateError(Exception):
    """The folder cannot be had as it was wished for; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the certificates are to be like. Raises CertificateError for names that none can have."""

    names: Sequence[str] = ()
    """DNS names of the server, the first one its common name; ``localhost`` unless names or addresses are given."""
    addresses: Sequence[str] = ()
    """IP addresses of the server; 192.168.0.2 and 127.0.0.1 unless names or addresses are given."""
    client_name: str = "SPWF04"
    rsa: bool = False
    """RSA of 2048 bits instead of P-256, for firmware 1.0.0 and whatever else knows no curves."""
    expired: bool = False
    """One more server certificate, that is no longer valid."""
    wrong_name: bool = False
    """One more, for a name that the server does not have."""
    wrong_order: bool = False
    """One more client bundle, with the issuer first."""
    seed: str | None = None
    """Draw keys that everybody can compute who knows this text; None for real ones."""

    def __post_init__(self) -> None:
        for name in self.names:
            if not _DNS_NAME.fullmatch(name):
                raise CertificateError(f"'{name}' is no DNS name; give IP addresses with --address")
        for address in self.addresses:
            if not _is_address(address):
                raise CertificateError(f"'{address}' is no IP address; give names with --name")
        for common_name in (self.common_name, self.client_name):
            if len(common_name) > _LONGEST_COMMON_NAME or not _PRINTABLE.fullmatch(common_name):
                raise CertificateError(
                    f"'{common_name}' is no common name; use 1..{_LONGEST_COMMON_NAME} printable characters of ASCII"
                )
        if self.rsa and self.wrong_order:
            raise CertificateError(
                "two certificates with RSA keys do not fit the module, so there is no order to be wrong; leave --rsa "
                "or --wrong-order out"
            )

    @property
    def server_names(self) -> tuple[str, ...]:
        """What the server's certificate is good for, its common name first."""
        if not self.names and not self.addresses:
            return (*DEFAULT_ADDRESSES, *DEFAULT_NAMES)
        return (*self.names, *self.addresses)

    @property
    def common_name(self) -> str:
        """The one name at which the module looks."""
        return self.server_names[0]


class CertificateFile(NamedTuple):
    """One file: its name, its octets, whether they are a private key, and a few words on what it is."""

    name: str
    content: bytes
    is_key: bool
    meaning: str


class CertificateSet(NamedTuple):
    """All that a folder holds."""

    wish: Wish
    pki: Pki
    files: tuple[CertificateFile, ...]

    def size(self, name: str) -> int:
        """How many octets the file of that name has."""
        return next(len(file.content) for file in self.files if file.name == name)


def make_certificates(wish: Wish) -> CertificateSet:
    """Make keys and certificates; takes some seconds for RSA. Raises CertificateError when the module has no room."""
    random = secrets.token_bytes if wish.seed is None else SeededOctets(f"certificates {wish.seed}")
    pki = make_pki(
        server_name=wish.common_name,
        server_names=wish.server_names,
        client_name=wish.client_name,
        random=random,
        make_key=rsa_key if wish.rsa else p256_key,
        bundle=not wish.rsa,
    )
    _check_sizes(pki)
    files = (*_authority_files(pki), *_good_files(pki), *_bad_files(wish, pki))
    return CertificateSet(wish, pki, files)


def write_certificates(made: CertificateSet, folder: Path, *extras: CertificateFile, force: bool = False) -> None:
    """Write the files and ``extras``; with ``force`` over those that are there. Raises CertificateError, OSError."""
    if folder.exists() and not folder.is_dir():
        raise CertificateError(f"{folder} is no folder; choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    files = (*made.files, *extras)
    present = [file.name for file in files if (folder / file.name).exists()]
    if present and not force:
        raise CertificateError(
            f"{folder} already holds {_some(present)}; choose another folder, or --force to replace them for good"
        )
    with tempfile.TemporaryDirectory(prefix=".spwf04sx-", dir=folder) as aside:
        for file in files:
            path = Path(aside, file.name)
            path.touch(mode=_OWNER_ONLY if file.is_key else _EVERYBODY)
            path.write_bytes(file.content)
        for file in files:
            Path(aside, file.name).replace(folder / file.name)


def _authority_files(pki: Pki) -> Iterator[CertificateFile]:
    yield from _twins("ca", pki.root.certificate_pem, pki.root.certificate_der, "the root: what the module trusts")


def _good_files(pki: Pki) -> Iterator[CertificateFile]:
    chain = "the server's chain, its own certificate first"
    yield from _identity_files("server", pki.server, chain, "the server's private key")
    direct = "another certificate of the server, issued by the root itself"
    yield from _identity_files("direct", pki.direct_server, direct, "its private key")
    bundle = "the module's own certificate" + (" and its issuer's" if pki.client.chain_der else "")
    yield from _identity_files("client", pki.client, bundle, "the module's private key")


def _bad_files(wish: Wish, pki: Pki) -> Iterator[CertificateFile]:
    def key() -> PrivateKey:
        return rsa_key(pki.root.random) if wish.rsa else p256_key(pki.root.random)

    if wish.expired:
        expired = pki.root.issue(
            wish.common_name, names=wish.server_names, not_after=EXPIRED_ON, server=True, key=key()
        )
        text = f"a certificate of the server that was good until {EXPIRED_ON.date()}"
        yield from _identity_files("expired", expired, text, "its private key")
    if wish.wrong_name:
        elsewhere = pki.root.issue(WRONG_NAME, names=(WRONG_NAME,), server=True, key=key())
        yield from _identity_files("wrong-name", elsewhere, f"a certificate for {WRONG_NAME} alone", "its private key")
    if wish.wrong_order:
        client = pki.client
        issuer, leaf = client.chain_der[0], client.certificate_der
        pem = client.chain_pem + client.certificate_pem
        yield from _twins("client-wrong-order", pem, issuer + leaf, "the module's certificates in the wrong order")


def _identity_files(name: str, identity: Identity, meaning: str, of_the_key: str) -> Iterator[CertificateFile]:
    yield from _twins(name, identity.bundle_pem, identity.bundle_der, meaning)
    yield from _twins(f"{name}.key", identity.key_pem, identity.key_der, of_the_key, is_key=True)


def _twins(name: str, pem: str, der: bytes, meaning: str, *, is_key: bool = False) -> Iterator[CertificateFile]:
    yield CertificateFile(f"{name}.pem", pem.encode("ascii"), is_key, meaning)
    yield CertificateFile(f"{name}.der", der, is_key, "the same as DER")


def _check_sizes(pki: Pki) -> None:
    """Hold everything against what the module takes. Raises CertificateError."""
    sent = (pki.root.certificate_der, *_certificates(pki.server), *_certificates(pki.direct_server))
    for der in sent:
        if len(der) > LARGEST_CERTIFICATE:
            raise CertificateError(
                f"a certificate has {len(der)} octets, the module takes {LARGEST_CERTIFICATE}; give fewer names"
            )
    for slot, content in ((Slot.CA, sent[0]), (Slot.CERT, pki.client.bundle_der), (Slot.KEY, pki.client.key_der)):
        if len(content) > LIMITS[slot]:
            raise CertificateError(
                f"{len(content)} octets are too many for the module's slot '{slot}', which takes {LIMITS[slot]}; "
                "choose a shorter --client-name"
            )


def _certificates(identity: Identity) -> tuple[bytes, ...]:
    return (identity.certificate_der, *identity.chain_der)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _some(names: Sequence[str]) -> str:
    """Name the first few."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
