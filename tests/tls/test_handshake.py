"""Handshakes with Python's ``ssl``, an independent server."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING

import pytest
from ecdsa import VerifyingKey
from ecdsa.util import sigdecode_der
from tlslite.constants import CipherSuite
from tlslite.messages import ClientHello
from tlslite.utils.codec import Parser

from emulator.peers.authority import Identity
from emulator.peers.keys import SeededOctets, p384_key
from emulator.surroundings.entropy import SeededEntropy
from firmware_model.events import SignatureMade, TlsFailed, TlsFinished, TlsMessage
from firmware_model.tls.client import CertificateError, TlsError
from firmware_model.tls.progress import CaSkipped, Loaded
from tests.tls.certificates import HOST, authority_without_ca_flag, client_rsa_key, root, server_rsa_key
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import LEGACY_CIPHERS, MemoryServer, SslServer, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_WAY = [Loaded(1, 2)]
MUTUAL = [Loaded(1, 2), Loaded(2, 2), Loaded(3, 2)]


@pytest.fixture(scope="module")
def ec_server() -> Identity:
    return root().issue(ADDRESS, server=True)


@pytest.fixture(scope="module")
def rsa_server() -> Identity:
    return root().issue(ADDRESS, server=True, key=server_rsa_key())


@pytest.fixture(scope="module")
def own() -> Identity:
    """A client bundle of two."""
    return root().intermediate("Client CA").issue("SPWF04", client=True)


@pytest.fixture
def mutual_server(ec_server: Identity) -> Iterator[SslServer]:
    with SslServer(server_context(ec_server, client_ca=root())) as server:
        yield server


def sent(client: Client) -> list[str]:
    return [event.name for event in client.timeline.of(TlsMessage) if event.direction == "sent"]


async def test_one_way(ec_server: Identity) -> None:
    client = Client(root())
    with SslServer(server_context(ec_server, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == ONE_WAY
        await stream.write(b"hello")
        assert await stream.read(3) == b"hel"
        assert await stream.read(100) == b"lo"
        assert stream.remote.port == server.port
        await stream.close()
        await stream.close()
        assert await server.outcome() is None
    assert client.timeline.of(TlsFinished) == [TlsFinished("TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    assert sent(client) == ["ClientHello", "ClientKeyExchange", "ChangeCipherSpec", "Finished", "Alert"]
    assert not client.timeline.of(TlsFailed)


async def test_mutual_in_the_order_of_the_logs(own: Identity) -> None:
    """The seed's site: two certificates are skipped, then CA, own certificate and key are loaded."""
    issuing = root().intermediate("Server CA 1").intermediate("Server CA 2")
    client = Client(root(), own)
    with SslServer(server_context(issuing.issue(ADDRESS, server=True), client_ca=root())) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == [CaSkipped(), CaSkipped(), *MUTUAL]
        await stream.close()
        assert await server.outcome() is None
    messages = [(event.direction[0], event.name) for event in client.timeline.of(TlsMessage)]
    assert [message for message in messages if message[1] != "NewSessionTicket"] == [
        ("s", "ClientHello"),
        ("r", "ServerHello"),
        ("r", "Certificate"),
        ("r", "ServerKeyExchange"),
        ("r", "CertificateRequest"),
        ("r", "ServerHelloDone"),
        ("s", "Certificate"),
        ("s", "ClientKeyExchange"),
        ("s", "CertificateVerify"),
        ("s", "ChangeCipherSpec"),
        ("s", "Finished"),
        ("r", "ChangeCipherSpec"),
        ("r", "Finished"),
        ("s", "Alert"),
    ]


async def test_the_recorded_signature_covers_the_recorded_messages(mutual_server: SslServer, own: Identity) -> None:
    client = Client(root(), own)
    stream = await client.connect(mutual_server.port)
    await shake_hands(stream)
    await stream.close()
    (made,) = client.timeline.of(SignatureMade)
    assert (made.algorithm, made.curve, made.hash_name, made.fault) == ("ecdsa", "prime256v1", "sha256", "none")
    assert made.strict_der
    messages = client.timeline.of(TlsMessage)
    names = [message.name for message in messages]
    signed = b"".join(message.octets for message in messages[: names.index("CertificateVerify")])
    verify = messages[names.index("CertificateVerify")].octets
    assert verify.endswith(made.encoded)
    key = VerifyingKey.from_der(own.key.public_key_info.dump())
    assert key.verify(made.encoded, signed, hashfunc=hashlib.sha256, sigdecode=sigdecode_der)


async def test_an_asked_client_without_certificate_sends_an_empty_one(ec_server: Identity) -> None:
    context = server_context(ec_server, client_ca=root())
    context.verify_mode = ssl.CERT_OPTIONAL
    client = Client(root())
    with SslServer(context) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == ONE_WAY
        await stream.close()
        assert await server.outcome() is None
    empty = [event.octets for event in client.timeline.of(TlsMessage) if event.name == "Certificate"][1]
    assert empty == bytes.fromhex("0b000003000000")
    assert "CertificateVerify" not in sent(client)


async def test_a_server_that_insists_on_a_certificate_refuses(mutual_server: SslServer) -> None:
    client = Client(root())
    stream = await client.connect(mutual_server.port)
    with pytest.raises(TlsError, match="the server sent alert handshake_failure"):
        await shake_hands(stream)
    await stream.close()
    assert "did not return a certificate" in str(await mutual_server.outcome())


SUITES = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    ("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    ("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    ("AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
]


@pytest.mark.parametrize(("openssl_name", "name"), SUITES)
async def test_each_suite(openssl_name: str, name: str, ec_server: Identity, rsa_server: Identity) -> None:
    identity = ec_server if "ECDSA" in name else rsa_server
    client = Client(root())
    with SslServer(server_context(identity, ciphers=f"{openssl_name}:@SECLEVEL=0")) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == ONE_WAY
        await stream.write(b"hello")
        assert await stream.read(100) == b"hello"
        await stream.close()
    assert client.timeline.of(TlsFinished) == [TlsFinished("TLS 1.2", name)]


@pytest.mark.parametrize(("version", "name"), [(ssl.TLSVersion.TLSv1, "TLS 1.0"), (ssl.TLSVersion.TLSv1_1, "TLS 1.1")])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_the_client_steps_down_to_old_versions(
    version: ssl.TLSVersion, name: str, kind: str, ec_server: Identity, rsa_server: Identity, own: Identity
) -> None:
    identity = ec_server if kind == "ec" else rsa_server
    context = server_context(identity, client_ca=root(), ciphers=LEGACY_CIPHERS, version=version)
    client = Client(root(), own)
    with SslServer(context) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == MUTUAL
        await stream.write(b"hello")
        echoed = b""
        while len(echoed) < 5:
            echoed += await stream.read(100)
        assert echoed == b"hello"
        await stream.close()
    assert [event.version for event in client.timeline.of(TlsFinished)] == [name]
    assert [event.hash_name for event in client.timeline.of(SignatureMade)] == ["sha1"]


async def test_a_server_of_tls_1_3_alone_is_out_of_reach(ec_server: Identity) -> None:
    with SslServer(server_context(ec_server, version=ssl.TLSVersion.TLSv1_3)) as server:
        stream = await Client(root()).connect(server.port)
        with pytest.raises(TlsError, match="the server sent alert protocol_version"):
            await shake_hands(stream)
        await stream.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1])
async def test_an_rsa_key_signs_too(ec_server: Identity, version: ssl.TLSVersion) -> None:
    context = server_context(ec_server, client_ca=root(), ciphers=LEGACY_CIPHERS, version=version)
    client = Client(root(), root().issue("SPWF04", client=True, key=client_rsa_key()))
    with SslServer(context) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == MUTUAL
        await stream.close()
        assert await server.outcome() is None
    (made,) = client.timeline.of(SignatureMade)
    assert made.algorithm == "rsa"
    assert made.hash_name == ("sha256" if version == ssl.TLSVersion.TLSv1_2 else "md5+sha1")
    assert made.strict_der is None


async def test_a_p384_key_signs_too(mutual_server: SslServer) -> None:
    key = p384_key(SeededOctets("p384 client"))
    client = Client(root(), root().issue("SPWF04", client=True, key=key))
    stream = await client.connect(mutual_server.port)
    assert await shake_hands(stream) == MUTUAL
    await stream.close()
    assert await mutual_server.outcome() is None
    assert client.timeline.of(SignatureMade)[0].curve == "secp384r1"


async def test_firmware_without_ecc_knows_rsa_only(ec_server: Identity, rsa_server: Identity, own: Identity) -> None:
    client = Client(root(), own, ecc=False)
    with SslServer(server_context(rsa_server, client_ca=root(), ciphers=LEGACY_CIPHERS)) as server:
        stream = await client.connect(server.port)
        with pytest.raises(CertificateError, match="signed with ecdsa"):
            await shake_hands(stream)
        await stream.close()
    hello = client_hello(client)
    assert all("EC" not in name for name in suite_names(hello))
    assert {extension.extType for extension in hello.extensions} == {13}
    with SslServer(server_context(ec_server)) as server:
        stream = await client.connect(server.port)
        with pytest.raises(TlsError, match="handshake_failure"):
            await shake_hands(stream)
        await stream.close()


async def test_always_bad_is_refused_with_bad_signature(mutual_server: SslServer, own: Identity) -> None:
    client = Client(root(), own)
    client.faults.arm("signature=nonpadded:always-bad")
    for _ in range(3):
        stream = await client.connect(mutual_server.port)
        with pytest.raises(TlsError, match=r"decrypt_error \(51\) after our CertificateVerify|connection reset"):
            await shake_hands(stream)
        await stream.close()
        assert "bad signature" in str(await mutual_server.outcome())
    assert {event.strict_der for event in client.timeline.of(SignatureMade)} == {False}
    assert {event.fault for event in client.timeline.of(SignatureMade)} == {"nonpadded:always-bad"}
    assert len(client.timeline.of(TlsFailed)) == 3


async def test_always_lucky_is_accepted(mutual_server: SslServer, own: Identity) -> None:
    client = Client(root(), own)
    client.faults.arm("signature=nonpadded:always-lucky")
    for _ in range(3):
        stream = await client.connect(mutual_server.port)
        assert await shake_hands(stream) == MUTUAL
        await stream.close()
        assert await mutual_server.outcome() is None
    assert {len(event.encoded) for event in client.timeline.of(SignatureMade)} == {70}


async def test_a_bundle_in_the_wrong_order_looks_like_a_bad_signature(mutual_server: SslServer, own: Identity) -> None:
    """Nothing the server says tells this from a missing sign octet."""
    (issuer,) = own.chain_der
    client = Client(root(), Identity(issuer, own.key, (own.certificate_der,)))
    stream = await client.connect(mutual_server.port)
    with pytest.raises(TlsError, match=r"decrypt_error|connection reset|certificate"):
        await shake_hands(stream)
    await stream.close()
    assert isinstance(await mutual_server.outcome(), ssl.SSLError)


async def test_a_refused_certificate_is_told_by_alert(ec_server: Identity) -> None:
    client = Client(root("Other"))
    with SslServer(server_context(ec_server)) as server:
        stream = await client.connect(server.port)
        handshake = stream.handshake()
        assert await anext(handshake) == CaSkipped()
        with pytest.raises(CertificateError) as refusal:
            await anext(handshake)
        await stream.close()
        assert "alert certificate unknown" in str(await server.outcome())
    assert refusal.value.number == 23
    (failed,) = client.timeline.of(TlsFailed)
    assert failed.reason.startswith("certificate error 23")


async def test_the_name_in_the_command_is_checked_and_indicated(ec_server: Identity) -> None:
    names: list[str | None] = []
    context = server_context(root().issue(HOST, server=True))
    context.sni_callback = lambda _connection, name, _context: names.append(name)
    client = Client(root())
    for host, number in ((HOST, None), ("other.example", 5), (ADDRESS, None)):
        stream = client.over(MemoryServer(context), host)
        if number is None:
            await shake_hands(stream)
        else:
            with pytest.raises(CertificateError) as refusal:
                await shake_hands(stream)
            assert refusal.value.number == number
        await stream.close()
    assert names == [HOST, "other.example", None]


def client_hello(client: Client) -> ClientHello:
    octets = next(event.octets for event in client.timeline.of(TlsMessage) if event.name == "ClientHello")
    parser = Parser(bytearray(octets))
    parser.get(1)
    return ClientHello().parse(parser)


def suite_names(hello: ClientHello) -> list[str]:
    return [CipherSuite.ietfNames[suite] for suite in hello.cipher_suites]


async def test_the_client_hello_is_the_neutral_one(ec_server: Identity) -> None:
    client = Client(root(), seed=5)
    await shake_hands(client.over(MemoryServer(server_context(ec_server))))
    hello = client_hello(client)
    assert hello.client_version == (3, 3)
    assert bytes(hello.random) == SeededEntropy(5).stream("client random").octets(32)
    assert hello.session_id == b""
    assert hello.compression_methods == [0]
    assert suite_names(hello) == [name for _, name in SUITES]
    groups, formats, algorithms = hello.extensions
    assert groups.groups == [23, 24]
    assert formats.formats == [0]
    assert set(algorithms.sigalgs) == {(hash_id, kind) for hash_id in (4, 5, 2) for kind in (1, 3)}


async def test_the_same_seed_gives_the_same_hello(ec_server: Identity) -> None:
    octets = []
    for seed in (1, 1, 2):
        client = Client(root(), seed=seed)
        await shake_hands(client.over(MemoryServer(server_context(ec_server))))
        octets.append(client.timeline.of(TlsMessage)[0].octets)
    assert octets[0] == octets[1] != octets[2]


async def test_an_issuer_without_ca_flag_is_refused_over_the_wire() -> None:
    server = authority_without_ca_flag(root()).issue(ADDRESS, server=True)
    stream = Client(root()).over(MemoryServer(server_context(server)))
    with pytest.raises(CertificateError):
        await shake_hands(stream)
