"""The embedded servers: however a client misbehaves, it ends in words and not in the loop's handler."""

from __future__ import annotations

import asyncio
import re
import ssl
import struct
from dataclasses import replace
from socket import SO_LINGER, SOL_SOCKET, socketpair
from typing import TYPE_CHECKING, Any

import pytest

from emulator.peers.keys import SeededOctets, rsa_key
from emulator.peers.listener import Listener, SilentServer
from emulator.peers.peer import PeerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from emulator.peers.https import HttpsServer
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki, PkiFiles

    Start = Callable[[Site], Awaitable[HttpsServer]]


@pytest.fixture(autouse=True)
async def quiet_loop() -> AsyncIterator[None]:
    """Fail when anything reached the event loop's exception handler."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    yield
    assert complaints == []


@pytest.fixture
def member(pki_files: PkiFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki_files.ca)
    context.load_cert_chain(pki_files.client_bundle, pki_files.client_key)
    return context


async def exchange(port: int, request: bytes, context: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n", b"200"),
        (b"GET /conf HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /other HTTP/1.1\r\nHost: h\r\n\r\n", b"404"),
        (b"POST /conf HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", b"404"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
async def test_requests_and_their_status(
    https_server: Start, site: Site, member: ssl.SSLContext, request_text: bytes, status: bytes
) -> None:
    server = await https_server(site)
    answer = await exchange(server.port, request_text, member)
    assert answer.split()[1] == status
    assert (server.accepted, server.refused) == (1, 0)


async def test_requests_are_kept(https_server: Start, site: Site, member: ssl.SSLContext) -> None:
    server = await https_server(site)
    await exchange(server.port, b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n", member)
    assert await server.request() == "GET /conf"
    assert server.requests == ["GET /conf"]


async def test_a_large_file_arrives_whole(https_server: Start, site: Site, member: ssl.SSLContext) -> None:
    content = bytes(range(256)) * 4096
    server = await https_server(replace(site, files={"/large": content}))
    answer = await exchange(server.port, b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", member)
    assert answer.partition(b"\r\n\r\n")[2] == content


async def test_a_client_that_ends_before_its_request_is_let_go(
    https_server: Start, site: Site, member: ssl.SSLContext
) -> None:
    server = await https_server(site)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=member)
    writer.write(b"GET /co")
    writer.close()
    await writer.wait_closed()
    await exchange(server.port, b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n", member)
    assert server.requests == ["GET /conf"]


async def test_octets_that_are_no_tls_are_refused_in_opensslss_words(https_server: Start, site: Site) -> None:
    server = await https_server(site)
    await exchange(server.port, b"AT+S.HTTPGET=192.168.0.2,conf\r\n\r\n")
    words = await server.refusal()
    assert re.fullmatch(r"\[SSL: \w+\] [\w ]+", words), words
    assert (server.accepted, server.refused) == (0, 1)


async def test_another_protocol_version_is_refused(https_server: Start, site: Site, member: ssl.SSLContext) -> None:
    server = await https_server(site)
    member.minimum_version = ssl.TLSVersion.TLSv1_3
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        await exchange(server.port, b"", member)
    assert await server.refusal() == "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol"


async def test_the_alert_reaches_a_client_that_sent_its_whole_flight(
    https_server: Start, site: Site, member: ssl.SSLContext, pki_files: PkiFiles
) -> None:
    server = await https_server(site)
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(pki_files.ca)
    with pytest.raises(ssl.SSLError, match="alert handshake failure"):
        await exchange(server.port, b"", bare)
    assert server.refused == 1


async def test_a_reset_amid_the_handshake_is_no_refusal(
    https_server: Start, site: Site, member: ssl.SSLContext
) -> None:
    server = await https_server(site)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await exchange(server.port, b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n", member)
    assert server.refusals == []


async def test_an_rsa_site(https_server: Start, site: Site, pki: Pki, member: ssl.SSLContext) -> None:
    leaf = pki.root.issue("rsa", names=["127.0.0.1"], server=True, key=rsa_key(SeededOctets("rsa site"), bits=2048))
    server = await https_server(replace(site, identity=leaf, suite="ECDHE-RSA-AES128-GCM-SHA256"))
    assert b"ssid=demo" in await exchange(server.port, b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n", member)


async def test_closing_ends_open_connections(site: Site) -> None:
    async with SilentServer() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"is anybody there?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        assert server.connections == 1
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(RuntimeError, match="no port"):
        _ = server.port


async def test_closing_ends_connections_that_nobody_has_begun_to_serve() -> None:
    writers = []
    async with SilentServer() as server:
        for _ in range(2):
            ours, theirs = socketpair()
            writers.append((await asyncio.open_connection(sock=ours), (await asyncio.open_connection(sock=theirs))[1]))
        server._connected(*writers[0][0])
    server._connected(*writers[1][0])
    for (reader, ours_writer), theirs_writer in writers:
        assert ours_writer.is_closing()
        assert await reader.read() == b""
        theirs_writer.close()
        await theirs_writer.wait_closed()


async def test_waiting_for_a_refusal_that_does_not_come_says_so(https_server: Start, site: Site) -> None:
    server = await https_server(site)
    with pytest.raises(PeerError, match=r"Python ssl: no line 1 within 0\.01 s; it said nothing"):
        await server.refusal(within=0.01)


class Faulty(Listener):
    """A server with a defect of its own."""

    async def _converse(self, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise ZeroDivisionError


async def test_a_defect_of_the_server_itself_surfaces_on_closing() -> None:
    with pytest.raises(ExceptionGroup, match="Faulty failed") as caught:
        async with Faulty() as server:
            assert await exchange(server.port, b"") == b""
    assert caught.group_contains(ZeroDivisionError)
