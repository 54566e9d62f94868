"""Web sockets over TLS: the lines of the handshake come before ``On``."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.websocket.servers import give_certificates, module_in_front_of, raw_server, web_socket_server

if TYPE_CHECKING:
    import asyncio

    from emulator.peers.pki import Pki, PkiFiles

OK = b"AT-S.OK\r\n"
NOT_OPENED = b"AT-S.ERROR:74:Failed to open socket\r\n"
OPEN = "AT+S.WSOCKON=192.168.0.2,80,,2"


@pytest.fixture
def server_context(pki_files: PkiFiles) -> ssl.SSLContext:
    """A chain of three; a client certificate is demanded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki_files.server_chain, pki_files.server_key)
    context.load_verify_locations(pki_files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def test_messages_both_ways_over_mutual_tls(server_context: ssl.SSLContext, pki: Pki) -> None:
    async with web_socket_server(tls=server_context) as server, module_in_front_of(server.port) as host:
        await give_certificates(host, pki)
        assert await host.command(OPEN) == (
            b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\nAT-S.Loading:2:2\r\nAT-S.Loading:3:2\r\nAT-S.On:0\r\n"
            + OK
        )
        connection = await server.connection()
        assert await host.command("AT+S.WSOCKW=0,0,0,1,20000", bytes(20_000)) == OK
        assert await server.message() == bytes(20_000)
        await connection.send("hello")
        await host.until(b":5:5\r\n")
        assert await host.command("AT+S.WSOCKR=0,0") == b"AT-S.Reading:5:5\r\nhello" + OK
        assert await host.command("AT+S.WSOCKC=0,1") == OK
        await connection.wait_closed()
        assert connection.close_code == 1001


async def test_a_server_certificate_under_another_ca(server_context: ssl.SSLContext, pki: Pki) -> None:
    async with web_socket_server(tls=server_context) as server, module_in_front_of(server.port) as host:
        free = host.module.heap.free
        await give_certificates(host, pki)
        await host.command("AT+S.TLSCERT=content,2")
        assert (await host.command(OPEN)).endswith(b"AT-S.Certificate Error:23\r\n" + NOT_OPENED)
        assert host.module.heap.free == free


async def test_a_server_that_speaks_no_tls(pki: Pki) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        writer.close()

    async with raw_server(greet) as port, module_in_front_of(port) as host:
        await give_certificates(host, pki)
        assert await host.command(OPEN) == NOT_OPENED
        assert await host.command("AT") == OK


async def test_a_server_that_dies_under_tls(server_context: ssl.SSLContext, pki: Pki) -> None:
    async with web_socket_server(tls=server_context) as server, module_in_front_of(server.port) as host:
        await give_certificates(host, pki)
        await host.command(OPEN)
        (await server.connection()).transport.abort()
        assert await host.until(b"\r\n") == b"+WIND:89:WebSocket Closed:0:1006\r\n"
