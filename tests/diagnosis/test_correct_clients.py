"""A thousand correct handshakes of several clients, and not one accusation.

Python's ``ssl`` and the module talk in memory, curl and ``openssl s_client`` over loopback, seen by a relay. Where the
matched keys of a client differ in kind, all kinds take part.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import warnings
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.diagnosis.case import Case
from emulator.diagnosis.handshakes.connection import Connection
from emulator.diagnosis.reading.conversation import End, Place
from emulator.peers.https import HttpsServer
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece
from tests.diagnosis.diagnosing import case_of_octets
from tests.diagnosis.forge import VERSIONS
from tests.diagnosis.real_clients import CLIENTS
from tests.diagnosis.test_logs import LoggingServer
from tests.diagnosis.test_module_faults import module_handshakes
from tests.tls.servers import LEGACY_CIPHERS, server_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.peers.authority import Authority, Identity
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki, PkiFiles

ALWAYS = {"Python ssl in memory": 150, "module": 40, "curl": 15, "openssl s_client": 15}
ALL = {"Python ssl in memory": 600, "module": 200, "curl": 100, "openssl s_client": 100}
"""A thousand."""


def client_context(identity: Identity, ca: Authority, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(LEGACY_CIPHERS)
    context.check_hostname = False
    context.load_verify_locations(cadata=ca.certificate_pem)
    with tempfile.TemporaryDirectory() as directory:
        bundle, key = Path(directory, "bundle.pem"), Path(directory, "key.pem")
        bundle.write_text(identity.bundle_pem)
        key.write_text(identity.key_pem)
        context.load_cert_chain(bundle, key)
    return context


def in_memory(client: ssl.SSLContext, server: ssl.SSLContext, *, session: ssl.SSLSession | None = None) -> Conversation:
    """Let two contexts shake hands without a network, as far as they get."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = {
        CLIENT: (client.wrap_bio(to_client, to_server, session=session), to_server),
        SERVER: (server.wrap_bio(to_server, to_client, server_side=True), to_client),
    }
    conversation: Conversation = []
    for _ in range(4):
        for side, (end, outgoing) in ends.items():
            with suppress(ssl.SSLError):
                end.do_handshake()
            if octets := outgoing.read():
                conversation.append(Piece(side, octets))
                outgoing.write(octets)
    return conversation


def python_handshakes(pki: Pki, identities: list[Identity], count: int) -> list[Conversation]:
    """Handshakes of every identity in every version, in turn."""
    pairs = [
        (
            client_context(identity, pki.root, version),
            server_context(pki.server, client_ca=pki.root, ciphers=LEGACY_CIPHERS, version=version),
        )
        for version in VERSIONS.values()
        for identity in identities
    ]
    return [in_memory(*pairs[number % len(pairs)]) for number in range(count)]


@asynccontextmanager
async def relay(server_port: int, case: Case, done: asyncio.Semaphore) -> AsyncIterator[int]:
    """A relay that shows what it passes on; gives its port, and releases ``done`` after each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onwards = await asyncio.open_connection("127.0.0.1", server_port)
        connection = Connection(("client", "server"), case.tell)
        await asyncio.gather(pass_on(reader, onwards[1], connection, 0), pass_on(onwards[0], writer, connection, 1))
        connection.end(End.CLOSED, Place("frame", 0))
        for end in (writer, onwards[1]):
            end.close()
            with suppress(OSError):
                await end.wait_closed()
        done.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection, side: int
) -> None:
    with suppress(OSError):
        while octets := await reader.read(1 << 16):
            if not connection.finished:
                connection.octets(1 if side else 0, octets, Place("frame", 0))
            writer.write(octets)
            await writer.drain()
        writer.write_eof()


def assert_nobody_is_accused(case: Case, count: int) -> None:
    case.close()
    assert case.defects == {}
    assert (case.judged, case.defective, case.reasons, case.copies) == (count, 0, {}, 0)
    assert all(judgement.outcome.accepted for judgement in case.judgements.values())


def in_python(pki: Pki, identities: list[Identity], count: int) -> Counter[str]:
    case = Case()
    for conversation in python_handshakes(pki, identities, count):
        connection = Connection(("client", "server"), case.tell)
        for piece in conversation:
            connection.octets(1 if piece.side else 0, piece.octets, Place("frame", 0))
        connection.end(End.CLOSED, Place("frame", 0))
    assert_nobody_is_accused(case, count)
    return Counter(f"{judgement.key} {judgement.claimed}" for judgement in case.judgements.values())


async def by_module(pki: Pki, count: int) -> None:
    case = Case()
    for conversation in await module_handshakes(pki, count):
        connection = Connection(("client", "server"), case.tell)
        for piece in conversation:
            connection.octets(1 if piece.side else 0, piece.octets, Place("frame", 0))
    assert_nobody_is_accused(case, count)


async def over_loopback(name: str, count: int, site: Site, pki: Pki, files: PkiFiles) -> None:
    case, done = Case(), asyncio.Semaphore(0)
    async with HttpsServer(site) as server, relay(server.port, case, done) as port:
        for _ in range(count):
            await CLIENTS[name][1](port, pki, files)
            async with asyncio.timeout(60):
                await done.acquire()
    assert_nobody_is_accused(case, count)


KINDS = {
    "P-256 ecdsa with SHA-1",
    "P-256 ecdsa with SHA-256",
    "P-384 ecdsa with SHA-1",
    "RSA-1024 rsa with MD5 and SHA-1",
}
"""What must be among what the clients of Python's ``ssl`` do, whatever else they prefer in TLS 1.2."""


def counts() -> dict[str, int]:
    return ALL if os.environ.get("SPWF04SX_SLOW") == "1" else ALWAYS


def test_python_ssl_in_every_version_with_every_kind_of_key(
    pki: Pki, p384_client: Identity, rsa_client: Identity
) -> None:
    kinds = in_python(pki, [pki.client, p384_client, rsa_client], counts()["Python ssl in memory"])
    assert set(kinds) > KINDS
    assert any("rsa-pss" in kind or "rsa with SHA" in kind for kind in kinds)


@pytest.mark.timeout(1200)
async def test_the_module(pki: Pki) -> None:
    await by_module(pki, counts()["module"])


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("name", "program"), [("curl", "curl"), ("openssl s_client", "openssl")])
async def test_programs(
    name: str, program: str, site: Site, pki: Pki, pki_files: PkiFiles, need_program: Callable[[str], None]
) -> None:
    need_program(program)
    await over_loopback(name, counts()[name], site, pki, pki_files)


def test_they_are_a_thousand() -> None:
    assert sum(ALL.values()) >= 1000
    assert set(ALL) == set(ALWAYS)


# Kinds of keys

CURVES = ("P-224", "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")
GENERATE = {
    "RSA": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "RSA-PSS": ("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
    "Ed25519": ("-algorithm", "ED25519"),
    "Ed448": ("-algorithm", "ED448"),
    **{curve: ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}") for curve in CURVES},
}


async def run(*command: str | Path) -> bytes:
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output


@pytest.mark.parametrize("kind", GENERATE)
async def test_keys_of_every_kind_that_openssl_makes(
    kind: str, tmp_path: Path, pki_files: PkiFiles, need_program: Callable[[str], None]
) -> None:
    need_program("openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.write_bytes(await run("openssl", "genpkey", *GENERATE[kind]))
    certificate.write_bytes(await run("openssl", "req", "-x509", "-key", key, "-subj", f"/CN={kind}", "-days", "30"))
    groups = ("-groups", ":".join(CURVES))
    server = LoggingServer(pki_files, "-tls1_2", "-msg", *groups, connections=1, lenient=True)

    async def shake(port: int) -> None:
        await run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", *groups, "-cert", certificate, "-key", key)

    case = case_of_octets(await server.log_of(shake))
    assert (case.judged, case.defective) == (1, 0)
    (judgement,) = case.judgements.values()
    assert judgement.chain == (kind,)
    assert judgement.outcome.accepted
