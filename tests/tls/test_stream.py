"""Data over TLS, the event loop meanwhile, and the ways a connection ends."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from tlslite.api import X509, HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

from emulator.peers.authority import Identity, make_authority
from emulator.peers.keys import SeededOctets
from firmware_model.events import SignatureMade, TlsFailed, TlsFinished, TlsMessage
from firmware_model.tls.client import TlsError, TlsStream
from firmware_model.tls.progress import Loaded
from firmware_model.tls.worker import in_worker
from tests.tls.certificates import chain, client_rsa_key, root, server_rsa_key
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import LEGACY_CIPHERS, MemoryServer, SslServer, server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MUTUAL = [Loaded(1, 2), Loaded(2, 2), Loaded(3, 2)]


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    return server_context(root().issue(ADDRESS, server=True))


async def established(client: Client, port: int) -> TlsStream:
    stream = await client.connect(port)
    await shake_hands(stream)
    return stream


async def read_all(stream: TlsStream, count: int) -> bytes:
    data = bytearray()
    while len(data) < count and (more := await stream.read(5000)):
        assert len(more) <= 5000
        data += more
    return bytes(data)


async def test_200_kb_there_and_back_at_once(context: ssl.SSLContext) -> None:
    content = bytes(range(256)) * 800
    with SslServer(context) as server:
        stream = await established(Client(root()), server.port)
        _, echoed = await asyncio.gather(stream.write(content), read_all(stream, len(content)))
        await stream.close()
        assert await server.outcome() is None
    assert echoed == content


async def test_what_the_server_sent_before_close_notify_is_read_first(context: ssl.SSLContext) -> None:
    def bye(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"bye")
        connection.unwrap()

    with SslServer(context, bye) as server:
        stream = await established(Client(root()), server.port)
        assert await stream.read(100) == b"bye"
        assert await stream.read(100) == b""
        assert await stream.read(100) == b""
        with pytest.raises(TlsError, match="the connection is closed"):
            await stream.write(b"too late")
        await stream.close()


async def test_an_abrupt_end_is_an_end(context: ssl.SSLContext) -> None:
    with SslServer(context, lambda connection: connection.sendall(b"bye")) as server:
        stream = await established(Client(root()), server.port)
        assert await stream.read(100) == b"bye"
        assert await stream.read(100) == b""
        await stream.close()


async def test_a_damaged_record_is_an_error_from_then_on(context: ssl.SSLContext) -> None:
    def rubbish(connection: ssl.SSLSocket) -> None:
        raw = socket.socket(fileno=socket.dup(connection.fileno()))
        with raw:
            raw.sendall(bytes.fromhex("17 0303 0020") + bytes(32))
        connection.recv(1)

    client = Client(root())
    with SslServer(context, rubbish) as server:
        stream = await established(client, server.port)
        for _ in range(2):
            with pytest.raises(TlsError, match="bad_record_mac"):
                await stream.read(100)
        with pytest.raises(TlsError, match="bad_record_mac"):
            await stream.write(b"on")
        await stream.close()
        assert "alert bad record mac" in str(await server.outcome())
    assert len(client.timeline.of(TlsFailed)) == 1


class PatientServer(MemoryServer):
    """Lets the client wait for what is said later."""

    def __init__(self, context: ssl.SSLContext, tamper: Callable[[bytes], bytes] = lambda sent: sent) -> None:
        super().__init__(context, tamper)
        self.waiting = asyncio.Event()
        self._more = asyncio.Event()

    def record(self, data: bytes) -> bytes:
        """One record of application data."""
        self._server.write(data)
        return self._outgoing.read()

    def send(self, octets: bytes) -> None:
        """Let the client receive ``octets``."""
        self._pending += octets
        self._more.set()

    async def read(self, limit: int) -> bytes:
        while not self._pending:
            self._more.clear()
            self.waiting.set()
            await self._more.wait()
        return await super().read(limit)


async def test_a_cancelled_read_loses_nothing(context: ssl.SSLContext) -> None:
    """Half a record arrives, the reader gives up, the other half arrives, another reader comes."""
    server = PatientServer(context)
    stream = Client(root()).over(server)
    await shake_hands(stream)
    record = server.record(b"x" * 3000)
    server.waiting.clear()
    server.send(record[:1000])
    reader = asyncio.create_task(stream.read(10))
    await server.waiting.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    server.send(record[1000:])
    assert await read_all(stream, 3000) == b"x" * 3000


async def test_the_loop_goes_on_during_handshakes(context: ssl.SSLContext) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    with SslServer(context) as server:
        await (await established(Client(root()), server.port)).close()
        ticker = asyncio.create_task(tick())
        stream = await established(Client(root()), server.port)
        ticker.cancel()
        await stream.close()
    assert ticks > 100


async def test_handshakes_can_run_side_by_side(context: ssl.SSLContext) -> None:
    client = Client(root())
    with SslServer(context) as one, SslServer(context) as other:
        streams = await asyncio.gather(*(established(client, server.port) for server in (one, other)))
        for stream in streams:
            await stream.write(b"hello")
            assert await stream.read(10) == b"hello"
            await stream.close()
    assert len(client.timeline.of(TlsFinished)) == 2


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


async def test_a_cancelled_handshake_leaves_a_stream_that_can_be_closed(context: ssl.SSLContext) -> None:
    client = Client(root())
    server = PatientServer(context, tamper=lambda _: b"")
    stream = client.over(server)
    handshake = asyncio.create_task(shake_hands(stream))
    await server.waiting.wait()
    handshake.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handshake
    assert not server.closed
    await stream.close()
    assert server.closed
    assert [event.name for event in client.timeline.of(TlsMessage)] == ["ClientHello"]


async def test_a_deadline_around_a_handshake_works(silent_port: int) -> None:
    stream = await Client(root()).connect(silent_port)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await shake_hands(stream)
    await stream.close()


class FullServer(PatientServer):
    """Takes nothing any more once it is ``full``, like a peer that does not read."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context)
        self.full = False
        self.stuck = asyncio.Event()

    async def write(self, data: bytes) -> None:
        if self.full:
            self.stuck.set()
            await asyncio.Event().wait()
        await super().write(data)


async def test_close_does_not_wait_behind_a_write_that_was_cancelled(context: ssl.SSLContext) -> None:
    """The server takes nothing any more, so the write gets stuck; a close_notify would get stuck as well."""
    server = FullServer(context)
    stream = Client(root()).over(server)
    await shake_hands(stream)
    server.full = True
    writing = asyncio.create_task(stream.write(b"never taken"))
    await server.stuck.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    with pytest.raises(TlsError, match="cancelled half way"):
        await stream.write(b"more")
    await stream.close()
    assert server.closed


@pytest.mark.parametrize(
    ("error", "reason"),
    [(BrokenPipeError("gone"), "connection reset"), (OSError("no route"), r"the connection failed \(OSError\)")],
)
async def test_what_came_before_a_failed_write_can_still_be_read(
    context: ssl.SSLContext, error: OSError, reason: str
) -> None:
    class Gone(PatientServer):
        failure: OSError | None = None

        async def write(self, data: bytes) -> None:
            if self.failure is not None:
                raise self.failure
            await super().write(data)

    server = Gone(context)
    stream = Client(root()).over(server)
    await shake_hands(stream)
    server.send(server.record(b"413 too large"))
    server.failure = error
    with pytest.raises(TlsError, match=reason):
        await stream.write(b"a long upload")
    assert await stream.read(100) == b"413 too large"
    await stream.close()
    assert server.closed


async def test_reading_goes_on_while_a_write_is_stuck(context: ssl.SSLContext) -> None:
    server = FullServer(context)
    stream = Client(root()).over(server)
    await shake_hands(stream)
    server.full = True
    writing = asyncio.create_task(stream.write(b"never taken"))
    await server.stuck.wait()
    server.send(server.record(b"news"))
    assert await stream.read(10) == b"news"
    await stream.close()
    assert server.closed
    writing.cancel()


async def test_a_worker_is_waited_for_when_its_caller_is_cancelled() -> None:
    started, proceed = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        proceed.wait(20)

    caller = asyncio.create_task(in_worker(work))
    await asyncio.to_thread(started.wait, 20)
    caller.cancel()
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    proceed.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_a_worker_s_failure_reaches_its_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_worker(lambda: 1 // 0)


async def test_a_server_that_lists_no_rsa_signatures() -> None:
    """As GnuTLS and wolfSSL with EC keys do; tlslite-ng alone would give up."""
    server = root().issue(ADDRESS, server=True)
    client = Client(root(), root().issue("SPWF04", client=True))
    with TlsliteServer(server) as port:
        stream = await client.connect(port)
        assert await shake_hands(stream) == MUTUAL
        await stream.close()
    (request,) = [event for event in client.timeline.of(TlsMessage) if event.name == "CertificateRequest"]
    assert b"\x04\x01" not in request.octets[:20]
    assert client.timeline.of(SignatureMade)[0].strict_der


async def test_firmware_without_ecc_over_rsa_alone() -> None:
    """An EC key cannot sign there, so a CertificateRequest is answered with an empty Certificate."""
    rsa_root = make_authority("RSA root", key=client_rsa_key(), random=SeededOctets("RSA root"))
    context = server_context(
        rsa_root.issue(ADDRESS, server=True, key=server_rsa_key()), client_ca=rsa_root, ciphers=LEGACY_CIPHERS
    )
    context.verify_mode = ssl.CERT_OPTIONAL
    client = Client(rsa_root, root().issue("SPWF04", client=True), ecc=False)
    with SslServer(context) as server:
        stream = await client.connect(server.port)
        assert await shake_hands(stream) == [Loaded(1, 2)]
        await stream.close()
        assert await server.outcome() is None
    assert [event.cipher_suite.startswith("TLS_RSA_") for event in client.timeline.of(TlsFinished)] == [True]


class TlsliteServer:
    """A server that accepts ECDSA signatures only, for one handshake."""

    def __init__(self, identity: Identity) -> None:
        self._certificates = X509CertChain([])
        for der in chain(identity):
            certificate = X509()
            certificate.parseBinary(der)
            self._certificates.x509List.append(certificate)
        self._key = parsePEMKey(identity.key_pem, private=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        settings = HandshakeSettings()
        settings.maxVersion = (3, 3)
        settings.rsaSigHashes = []
        settings.more_sig_schemes = []
        connection, _ = self._listener.accept()
        with connection:
            TLSConnection(connection).handshakeServer(
                certChain=self._certificates, privateKey=self._key, reqCert=True, settings=settings
            )
