"""Secure sockets: the module as TLS client and as TLS server, against Python's own ``ssl``."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.peers.listener import Listener, SilentServer
from emulator.peers.peer import Site
from emulator.peers.tls_stream import TlsStream, server_context
from firmware_model.events import TlsFinished
from tests.module_host import INSTANT
from tests.sockets.peers import OK, SocketHost, TcpConnection, TcpPeer, content, socket_host
from tests.sockets.test_server_sockets import PORT, open_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki

OPEN_FAILED = b"AT-S.ERROR:74:Failed to open socket\r\n"
PRELUDE = b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\n"
FREE_HEAP = 60_000 - 16 * 1024


class EchoServer(Listener):
    """Sends back what comes over TLS, until the client closes or says ``bye``."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._context = server_context(site)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = TlsStream(self._context, reader, writer)
        try:
            await stream.handshake()
        except ssl.SSLError:
            return
        while (data := await stream.read()) not in (b"", b"bye"):
            await stream.write(data)
        await stream.close()


@asynccontextmanager
async def tls_host(pki: Pki, own: Identity | None = None) -> AsyncIterator[SocketHost]:
    """A module that knows the time, the root and, if given, a certificate and key of its own."""
    async with socket_host(durations=INSTANT._replace(socket_connect=5)) as host:
        stored = {"ca": pki.root.certificate_der}
        if own is not None:
            stored |= {"cert": own.bundle_der, "key": own.key_der}
        for slot, data in stored.items():
            assert (await host.command(f"AT+S.TLSCERT={slot},{len(data)}", data)).endswith(OK)
        await host.command(f"AT+S.TIME={int(time.time())}")
        yield host


async def test_the_prelude_is_for_the_first_socket_alone(pki: Pki) -> None:
    async with EchoServer(Site(pki.server)) as server, tls_host(pki) as host:
        opening = f"AT+S.SOCKON=192.168.0.2,{server.port},,s"
        assert await host.command(opening) == PRELUDE + b"AT-S.On:192.168.0.2:0\r\n" + OK
        assert await host.command(opening) == b"AT-S.On:192.168.0.2:1\r\n" + OK
        assert await host.command(opening) == b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command("AT+S.SOCKC=0") == OK
        assert await host.command(opening) == b"AT-S.On:192.168.0.2:0\r\n" + OK
        for number in (0, 1):
            assert await host.command(f"AT+S.SOCKC={number}") == OK
        assert host.module.heap.free == FREE_HEAP
        assert await host.command(opening) == PRELUDE + b"AT-S.On:192.168.0.2:0\r\n" + OK


async def test_mutual_authentication(pki: Pki) -> None:
    async with EchoServer(Site(pki.server, pki.root)) as server, tls_host(pki, pki.client) as host:
        reply = await host.command(f"AT+S.SOCKON=192.168.0.2,{server.port},,s")
        assert reply == PRELUDE + b"AT-S.Loading:2:2\r\nAT-S.Loading:3:2\r\nAT-S.On:192.168.0.2:0\r\n" + OK


async def test_echo_and_the_peer_that_closes(pki: Pki) -> None:
    data = content(50_000)
    async with EchoServer(Site(pki.direct_server)) as server, tls_host(pki) as host:
        await host.command(f"AT+S.SOCKON=192.168.0.2,{server.port},,S")
        assert b"AT-S.List::0:1:s:0:192.168.0.2:" in await host.command("AT+S.SOCKL")
        echoed = b""
        for start in range(0, len(data), 5000):
            await host.write("SOCKW=0", data[start : start + 5000])
            echoed += await host.read_exactly("SOCKR=0", min(5000, len(data) - start))
        assert echoed == data
        await host.write("SOCKW=0", b"bye")
        await host.indication("58:Socket Closed:0:0")
        assert await host.command("AT+S.SOCKW=0,2") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.command("AT+S.SOCKC=0") == OK


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("192.168.0.2", b"AT-S.Loading:1:2\r\nAT-S.On:192.168.0.2:0\r\n" + OK),
        ("192.168.0.3", b"AT-S.Loading:1:2\r\nAT-S.Certificate Error:5\r\n" + OPEN_FAILED),
        ("example.com", b"AT-S.Loading:1:2\r\nAT-S.Certificate Error:5\r\n" + OPEN_FAILED),
    ],
)
async def test_the_common_name_is_checked(pki: Pki, name: str, reply: bytes) -> None:
    async with EchoServer(Site(pki.direct_server)) as server, tls_host(pki) as host:
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{server.port},,{name}") == reply


async def test_a_refused_certificate(pki: Pki) -> None:
    async with EchoServer(Site(pki.direct_server)) as server, tls_host(pki) as host:
        await host.command("AT+S.TLSCERT=content,2")
        reply = await host.command(f"AT+S.SOCKON=192.168.0.2,{server.port},,s")
        assert reply == b"AT-S.Skip CA\r\nAT-S.Certificate Error:23\r\n" + OPEN_FAILED
        assert host.module.heap.free == FREE_HEAP
        assert await host.command("AT+S.SOCKL") == OK


async def test_a_peer_without_tls(pki: Pki) -> None:
    async with TcpPeer() as peer, tls_host(pki) as host:
        opening = asyncio.create_task(host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},,s"))
        await (await peer.accept()).send(b"220 mail.test ESMTP\r\n")
        assert await opening == OPEN_FAILED
    async with SilentServer() as silent, socket_host(durations=INSTANT._replace(socket_connect=0.1)) as host:
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{silent.port},,s") == OPEN_FAILED


def client_context(pki: Pki, own: Identity | None = None) -> ssl.SSLContext:
    """A client that trusts the root and has a certificate, if given."""
    context = ssl.create_default_context(cadata=pki.root.certificate_der)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if own is not None:
        with tempfile.TemporaryDirectory() as directory:
            certificate, key = Path(directory, "certificate.pem"), Path(directory, "key.pem")
            certificate.write_text(own.bundle_pem, "ascii")
            key.write_text(own.key_pem, "ascii")
            context.load_cert_chain(certificate, key)
    return context


async def connect(port: int, context: ssl.SSLContext) -> TcpConnection:
    return TcpConnection(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="192.168.0.2"))


@pytest.mark.parametrize("kind", ["s1", "s2"])
async def test_the_module_serves_tls(pki: Pki, kind: str) -> None:
    data = content(20_000)
    async with tls_host(pki, pki.direct_server) as host:
        port = await open_server(host, kind)
        client = await connect(port, client_context(pki, pki.client if kind == "s2" else None))
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:0")
        await client.send(data)
        assert await host.read_exactly("SOCKDR=0,0,0", len(data)) == data
        assert b"AT-S.List:0:0:1:%s:0:" % kind.encode() in await host.command("AT+S.SOCKDL")
        await host.write("SOCKDW=0,0", data)
        assert await client.receive(len(data)) == data
        await client.send(b"last")
        await client.close()
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:0:0")
        assert await host.read("SOCKDR=0,0") == (b"last", 4)
        assert await host.command("AT+S.SOCKDC=0") == OK
        assert host.module.heap.free == FREE_HEAP
        (finished,) = host.host.events(TlsFinished)
        assert "TLS 1.2" in str(finished)


@pytest.mark.parametrize("stranger_comes", [False, True])
async def test_a_mutual_server_refuses_whom_it_does_not_know(
    pki: Pki, stranger: Identity, stranger_comes: bool
) -> None:
    async with tls_host(pki, pki.direct_server) as host:
        port = await open_server(host, "s2")
        with pytest.raises(ssl.SSLError, match="ALERT_CERTIFICATE_UNKNOWN" if stranger_comes else "HANDSHAKE_FAILURE"):
            await connect(port, client_context(pki, stranger if stranger_comes else None))
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:0:1")
        assert not any(line.startswith(b"+WIND:61") for line in host.unexpected())
        client = await connect(port, client_context(pki, pki.client))
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:0")
        await client.close()


async def test_clients_that_say_nothing_do_not_block_others(pki: Pki) -> None:
    async with tls_host(pki, pki.direct_server) as host:
        port = await open_server(host, "s1")
        idle = [TcpConnection(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(2)]
        client = await connect(port, client_context(pki))
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:\d")
        assert await host.command("AT+S.SOCKDC=0") == OK
        assert await client.end() == b""
        for connection in (*idle, client):
            await connection.close()


async def test_two_secure_servers(pki: Pki) -> None:
    async with tls_host(pki, pki.direct_server) as host:
        ports = [await open_server(host, "s1", PORT, 0), await open_server(host, "s2", PORT + 1, 1)]
        clients = [await connect(port, client_context(pki, pki.client)) for port in ports]
        for number, client in enumerate(clients):
            await client.send(b"hello")
            await host.pending(f"SOCKDQ={number},0", 5)
            await client.close()
