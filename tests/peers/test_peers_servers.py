"""What holds for a server of any make: embedded, OpenSSL, Node.js."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from emulator.peers.catalogue import servers_here
from emulator.peers.curl import curl_fetch
from emulator.peers.peer import HttpsPeer, Site

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki, PkiFiles

    StartAny = Callable[[Site], Awaitable[HttpsPeer]]

# tlslite-ng imports asyncore, of which it makes no use here.
pytestmark = pytest.mark.filterwarnings("ignore:The asyncore module is deprecated:DeprecationWarning")


@pytest.fixture
def trusting(pki_files: PkiFiles) -> ssl.SSLContext:
    """A Python client that trusts the root and shows nothing of itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(pki_files.ca)
    return context


@pytest.fixture
def member(trusting: ssl.SSLContext, pki_files: PkiFiles) -> ssl.SSLContext:
    """A Python client with the client bundle."""
    trusting.load_cert_chain(pki_files.client_bundle, pki_files.client_key)
    return trusting


async def get(port: int, context: ssl.SSLContext, path: str = "/conf") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def sign_with_another_key(port: int, shown: Identity, signing: Identity) -> None:
    """Shake hands showing one certificate and signing CertificateVerify with another's key: it must fail."""
    from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
    from tlslite.errors import TLSAbruptCloseError, TLSRemoteAlert

    chain: Any = X509CertChain()
    chain.parsePemList(shown.bundle_pem)
    settings: Any = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        tls: Any = TLSConnection(connection)
        key = parsePEMKey(signing.key_pem, private=True)
        # The alert may be overtaken by the end of the connection or by a reset.
        with pytest.raises((TLSRemoteAlert, TLSAbruptCloseError, ConnectionError)):
            tls.handshakeClientCert(chain, key, settings=settings)


async def test_a_good_client_gets_the_file(any_server: StartAny, site: Site, member: ssl.SSLContext) -> None:
    server = await any_server(site)
    answer = await get(server.port, member)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"200"
    assert body == site.files["/conf"]
    assert server.refusals == []


def received_chain(port: int, shown: Identity) -> list[bytes]:
    """Shake hands and return the server's certificates, in DER, in the order sent."""
    from tlslite.api import TLSConnection, X509CertChain, parsePEMKey

    bundle: Any = X509CertChain()
    bundle.parsePemList(shown.bundle_pem)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        tls: Any = TLSConnection(connection)
        tls.handshakeClientCert(bundle, parsePEMKey(shown.key_pem, private=True))
        chain = [bytes(certificate.bytes) for certificate in tls.session.serverCertChain.x509List]
        tls.close()
    return chain


async def test_the_server_sends_its_chain_of_three(any_server: StartAny, site: Site, pki: Pki) -> None:
    server = await any_server(site)
    received = await asyncio.to_thread(received_chain, server.port, pki.client)
    assert received == [pki.server.certificate_der, *pki.server.chain_der]


async def test_openssl_appends_the_root_it_knows_to_a_chain_of_one(any_server: StartAny, site: Site, pki: Pki) -> None:
    server = await any_server(replace(site, identity=pki.direct_server))
    received = await asyncio.to_thread(received_chain, server.port, pki.client)
    assert received == [pki.direct_server.certificate_der, pki.root.certificate_der]


async def test_the_negotiated_suite_is_the_one_of_the_report(
    any_server: StartAny, site: Site, member: ssl.SSLContext
) -> None:
    server = await any_server(site)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=member)
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    assert (tls.version(), (tls.cipher() or ("",))[0]) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")
    writer.close()
    await writer.wait_closed()


async def test_curl_gets_the_file_with_the_clients_bundle(
    any_server: StartAny, site: Site, pki: Pki, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await any_server(replace(site, identity=pki.direct_server))
    fetched = await curl_fetch(f"https://127.0.0.1:{server.port}/conf", ca=pki.root, client=pki.client)
    assert (fetched.status, fetched.body, fetched.words, fetched.exit_code) == (
        200,
        site.files["/conf"],
        "",
        0,
    )


async def test_a_client_without_certificate_is_refused(
    any_server: StartAny, site: Site, trusting: ssl.SSLContext
) -> None:
    server = await any_server(site)
    with pytest.raises(OSError):  # noqa: PT011 - an alert or a reset, as the server likes
        await get(server.port, trusting)
    assert "peer did not return a certificate" in await server.refusal()


async def test_curl_without_certificate_is_refused_with_words(
    any_server: StartAny, site: Site, pki: Pki, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await any_server(site)
    fetched = await curl_fetch(f"https://127.0.0.1:{server.port}/conf", ca=pki.root)
    assert fetched.status is None
    assert fetched.exit_code != 0
    assert fetched.words.startswith("curl: (")
    assert "peer did not return a certificate" in await server.refusal()


async def test_a_stranger_is_refused(
    any_server: StartAny, site: Site, pki: Pki, stranger: Identity, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await any_server(site)
    fetched = await curl_fetch(f"https://127.0.0.1:{server.port}/conf", ca=pki.root, client=stranger)
    assert fetched.status is None
    words = await server.refusal()
    assert re.search("certificate verify failed|UNABLE_TO_", words), words


async def test_a_signature_by_another_key_is_a_bad_signature(
    any_server: StartAny, site: Site, pki: Pki, stranger: Identity
) -> None:
    server = await any_server(site)
    await asyncio.to_thread(sign_with_another_key, server.port, pki.client, stranger)
    assert "bad signature" in await server.refusal()


async def test_a_server_refuses_one_client_and_serves_the_next(
    any_server: StartAny, site: Site, pki: Pki, stranger: Identity, member: ssl.SSLContext
) -> None:
    server = await any_server(site)
    for number in (1, 2):
        await asyncio.to_thread(sign_with_another_key, server.port, pki.client, stranger)
        await server.refusal(number)
    assert site.files["/conf"] in await get(server.port, member)
    assert len(server.refusals) == 2


async def test_a_client_that_leaves_is_no_refusal(any_server: StartAny, site: Site, member: ssl.SSLContext) -> None:
    server = await any_server(site)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(bytes.fromhex("160303"))  # the start of a record, never finished
    writer.close()
    await writer.wait_closed()
    assert site.files["/conf"] in await get(server.port, member)
    assert server.refusals == []


async def test_one_way_tls_asks_for_no_certificate(any_server: StartAny, site: Site, trusting: ssl.SSLContext) -> None:
    server = await any_server(replace(site, client_ca=None))
    assert site.files["/conf"] in await get(server.port, trusting)


async def test_a_silent_server_takes_the_request_and_says_nothing(
    any_server: StartAny, site: Site, member: ssl.SSLContext
) -> None:
    server = await any_server(replace(site, silent=True))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=member)
    writer.write(b"GET /conf HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
    writer.close()
    await writer.wait_closed()
    assert server.refusals == []


async def test_servers_say_what_they_are(any_server: StartAny, site: Site) -> None:
    server = await any_server(site)
    assert server.version.startswith(server.name)
    assert re.search(r"OpenSSL \d+\.\d+\.\d+", server.version)


async def test_the_catalogue_starts_with_the_embedded_server(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert next(iter(servers_here(site))).name == "Python ssl"
    monkeypatch.setenv("PATH", "")
    assert [server.name for server in servers_here(site)] == ["Python ssl"]


@pytest.mark.parametrize("path", ["conf", "/", "/folder/", "/../key", "//conf"])
def test_a_path_that_servers_would_read_differently_is_refused(pki: Pki, path: str) -> None:
    with pytest.raises(ValueError, match="cannot be served"):
        Site(pki.server, files={path: b""})
