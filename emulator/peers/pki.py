"""The certificates of the demonstration: a mutual TLS set-up with a client bundle of two P-256 certificates.

The bundle is like that of the report from the field. The chain of three makes the module print ``Skip CA``
twice, once for each certificate whose issuer is not the CA in its store; that reading fits the published
transcripts [F-TLS, F-HCE], but is itself assumed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.peers.authority import Authority, Identity, make_authority
from emulator.peers.keys import p256_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from emulator.peers.keys import PrivateKey, RandomOctets

SERVER_ADDRESS = "192.168.0.2"
"""The address that the miniAP gives to the first station, the PC with the server."""

SERVER_NAMES = (SERVER_ADDRESS, "localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Pki:
    """All under one root."""

    root: Authority
    server: Identity
    """Sends a chain of three: the leaf and two intermediates, the last issued by the root."""
    direct_server: Identity
    """One certificate, issued by the root itself; OpenSSL, in all servers here, appends the root if it knows it."""
    client: Identity
    """A bundle of two, the leaf and its issuing intermediate, which the root issued; or the leaf alone."""


@dataclass(frozen=True, slots=True)
class PkiFiles:
    """Where :func:`write_pki` put the PEM files; each has a DER twin with the suffix ``.der``."""

    ca: Path
    server_chain: Path
    server_key: Path
    direct_server_chain: Path
    direct_server_key: Path
    client_bundle: Path
    client_key: Path


def make_pki(
    *,
    server_name: str = SERVER_ADDRESS,
    server_names: Sequence[str] = SERVER_NAMES,
    client_name: str = "SPWF04",
    random: RandomOctets = secrets.token_bytes,
    make_key: Callable[[RandomOctets], PrivateKey] = p256_key,
    bundle: bool = True,
) -> Pki:
    """Make root, servers and client; takes about 20 ms. Names are short, as the module's store is small.

    ``make_key`` makes all keys. Without ``bundle`` the root issues the client's certificate itself: two certificates
    with RSA keys would not fit the store.
    """
    root = make_authority("Root", key=make_key(random), random=random)
    issuing = root.intermediate("Server CA 1", key=make_key(random)).intermediate("Server CA 2", key=make_key(random))
    client_ca = root.intermediate("Client CA", key=make_key(random)) if bundle else root
    return Pki(
        root=root,
        server=issuing.issue(server_name, names=server_names, server=True, key=make_key(random)),
        direct_server=root.issue(server_name, names=server_names, server=True, key=make_key(random)),
        client=client_ca.issue(client_name, client=True, key=make_key(random)),
    )


def write_pki(pki: Pki, directory: Path) -> PkiFiles:
    """Write what ``openssl``, Node.js, ``curl`` or the module needs; private keys are for their owner only.

    A bundle's DER twin holds the certificates one straight after the other. Raises OSError.
    """
    files = PkiFiles(
        ca=directory / "ca.pem",
        server_chain=directory / "server.pem",
        server_key=directory / "server.key.pem",
        direct_server_chain=directory / "direct.pem",
        direct_server_key=directory / "direct.key.pem",
        client_bundle=directory / "client.pem",
        client_key=directory / "client.key.pem",
    )
    _write(files.ca, pki.root.certificate_pem, pki.root.certificate_der)
    for identity, bundle, key in (
        (pki.server, files.server_chain, files.server_key),
        (pki.direct_server, files.direct_server_chain, files.direct_server_key),
        (pki.client, files.client_bundle, files.client_key),
    ):
        _write(bundle, identity.bundle_pem, identity.bundle_der)
        _write(key, identity.key_pem, identity.key_der, mode=0o600)
    return files


def _write(path: Path, pem: str, der: bytes, *, mode: int = 0o644) -> None:
    for file, content in ((path, pem.encode("ascii")), (path.with_suffix(".der"), der)):
        file.touch(mode=mode)
        file.write_bytes(content)
