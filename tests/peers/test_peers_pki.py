from __future__ import annotations

import asyncio
import ssl
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from asn1crypto import x509

from emulator.peers.authority import make_authority
from emulator.peers.keys import SeededOctets, p256_key, p384_key, rsa_key
from emulator.peers.pki import SERVER_NAMES, Pki, PkiFiles, make_pki

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STORE_LIMIT = 1475
"""Octets that the module's certificate store holds [F-HCE]."""
RECEIVED_LIMIT = 2560
"""Octets of one certificate that the module takes from a peer [F-HCE]."""


def certificate(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der, strict=True)


async def openssl(*arguments: str | Path) -> str:
    process = await asyncio.create_subprocess_exec(
        "openssl", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return output.decode()


def test_the_client_bundle_fits_the_modules_store_as_der_and_as_pem(pki: Pki) -> None:
    assert len(pki.client.chain_der) == 1
    assert len(pki.client.bundle_der) <= STORE_LIMIT
    assert len(pki.client.bundle_pem) <= STORE_LIMIT


def test_every_certificate_of_the_servers_fits_the_modules_buffer(pki: Pki) -> None:
    sent = [pki.server.certificate_der, *pki.server.chain_der, pki.direct_server.certificate_der]
    assert max(map(len, sent)) <= RECEIVED_LIMIT


def test_two_certificates_of_the_server_chain_have_another_issuer_than_the_root(pki: Pki) -> None:
    chain = [certificate(der) for der in (pki.server.certificate_der, *pki.server.chain_der)]
    root = certificate(pki.root.certificate_der).subject
    assert [link.issuer == root for link in chain] == [False, False, True]
    assert [link.issuer for link in chain[:-1]] == [link.subject for link in chain[1:]]


def test_the_direct_server_sends_one_certificate_of_the_root(pki: Pki) -> None:
    assert pki.direct_server.chain_der == ()
    assert certificate(pki.direct_server.certificate_der).issuer == certificate(pki.root.certificate_der).subject


def test_equal_seeds_give_equal_certificates_and_others_do_not(pki: Pki) -> None:
    again = make_pki(random=SeededOctets("test suite"))
    other = make_pki(random=SeededOctets("another seed"))
    assert again.client.bundle_der == pki.client.bundle_der
    assert other.client.bundle_der != pki.client.bundle_der
    assert make_pki().client.bundle_der != make_pki().client.bundle_der


def test_a_leaf_says_what_it_is_for(pki: Pki) -> None:
    server, client = certificate(pki.server.certificate_der), certificate(pki.client.certificate_der)
    assert server.extended_key_usage_value.native == ["server_auth"]
    assert client.extended_key_usage_value.native == ["client_auth"]
    assert server.key_usage_value.native == {"digital_signature"}
    assert server.ca is False
    assert sorted(server.valid_ips + server.valid_domains) == sorted(SERVER_NAMES)


def test_an_authority_may_sign_certificates_and_nothing_else(pki: Pki) -> None:
    issuing = certificate(pki.client.chain_der[0])
    assert issuing.ca
    assert issuing.key_usage_value.native == {"key_cert_sign", "crl_sign"}
    assert issuing.extended_key_usage_value is None


def test_a_leaf_points_at_its_issuers_key_unless_told_not_to(pki: Pki) -> None:
    plain = pki.root.issue("plain")
    silent = pki.root.issue("silent", authority_key_identifier=False)
    assert certificate(plain.certificate_der).authority_key_identifier == pki.root.identity.subject_key_identifier
    assert certificate(silent.certificate_der).authority_key_identifier is None
    assert certificate(silent.certificate_der).key_identifier == silent.subject_key_identifier


@pytest.mark.parametrize(
    ("not_after", "kind"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), "utc_time"),
        (datetime(2050, 1, 1, tzinfo=UTC), "general_time"),
    ],
)
def test_dates_from_2050_on_need_generalized_time(pki: Pki, not_after: datetime, kind: str) -> None:
    not_before = datetime(2018, 4, 1, tzinfo=UTC)
    leaf = certificate(pki.root.issue("x", not_before=not_before, not_after=not_after).certificate_der)
    assert leaf["tbs_certificate"]["validity"]["not_after"].name == kind
    assert (leaf.not_valid_before, leaf.not_valid_after) == (not_before, not_after)


def test_a_date_without_time_zone_is_refused(pki: Pki) -> None:
    with pytest.raises(ValueError, match="time zone"):
        pki.root.issue("x", not_after=datetime(2030, 1, 1))


def test_the_files_hold_the_identities_and_keys_are_private(pki: Pki, pki_files: PkiFiles) -> None:
    assert pki_files.client_bundle.read_text() == pki.client.bundle_pem
    assert pki_files.client_bundle.with_suffix(".der").read_bytes() == pki.client.bundle_der
    assert pki_files.ca.with_suffix(".der").read_bytes() == pki.root.certificate_der
    assert pki_files.server_key.with_suffix(".der").read_bytes() == pki.server.key_der
    for key in (pki_files.server_key, pki_files.direct_server_key, pki_files.client_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_python_loads_every_identity(pki_files: PkiFiles) -> None:
    for bundle, key in (
        (pki_files.server_chain, pki_files.server_key),
        (pki_files.direct_server_chain, pki_files.direct_server_key),
        (pki_files.client_bundle, pki_files.client_key),
    ):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(bundle, key)


@pytest.mark.parametrize(
    ("bundle", "purpose"),
    [("server.pem", "sslserver"), ("direct.pem", "sslserver"), ("client.pem", "sslclient")],
)
async def test_openssl_verifies_the_chains_strictly(
    pki_directory: Path, need_program: Callable[[str], None], bundle: str, purpose: str
) -> None:
    need_program("openssl")
    file, ca = pki_directory / bundle, pki_directory / "ca.pem"
    options = ("-x509_strict", "-purpose", purpose, "-CAfile", ca, "-untrusted", file)
    assert await openssl("verify", *options, file) == f"{file}: OK\n"


async def test_openssl_does_not_verify_a_server_as_a_client(
    pki_directory: Path, need_program: Callable[[str], None]
) -> None:
    need_program("openssl")
    file = pki_directory / "direct.pem"
    verdict = await openssl("verify", "-purpose", "sslclient", "-CAfile", pki_directory / "ca.pem", file)
    assert "unsuitable certificate purpose" in verdict or "unsupported certificate purpose" in verdict


async def test_keys_of_every_kind_sign_and_are_signed(tmp_path: Path, need_program: Callable[[str], None]) -> None:
    need_program("openssl")
    random = SeededOctets("kinds of keys")
    rsa = rsa_key(random)
    assert rsa.modulus.bit_length() == 2048
    for key in (p256_key(random), p384_key(random), rsa):
        root = make_authority("Root", key=key, random=random)
        leaf = root.issue("leaf", server=True, key=key)
        (tmp_path / "ca.pem").write_text(root.certificate_pem)
        (tmp_path / "leaf.pem").write_text(leaf.certificate_pem)
        (tmp_path / "key.pem").write_text(leaf.key_pem)
        verdict = await openssl("verify", "-x509_strict", "-CAfile", tmp_path / "ca.pem", tmp_path / "leaf.pem")
        assert verdict.endswith("leaf.pem: OK\n")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "leaf.pem", tmp_path / "key.pem")
    assert certificate(leaf.certificate_der).key_usage_value.native == {
        "digital_signature",
        "key_encipherment",
    }
    assert "RSA key ok" in await openssl("rsa", "-check", "-noout", "-in", tmp_path / "key.pem")
