"""HTTPGET and HTTPPOST against servers that answer with exactly the octets a test wants."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import parse_access_point
from emulator.peers.listener import SilentServer
from emulator.peers.peer import Site
from firmware_model.events import Note, SocketFailed
from tests.module_host import ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from emulator.peers.https import HttpsServer
    from emulator.peers.pki import Pki

STATUS_200 = b"AT-S.Http Server Status Code:200\r\n"
REFUSED = b"AT-S.Http Client Error:1\r\nAT-S.ERROR:111:Request failed\r\n"
NO_TLS = b"AT-S.Http Client Error:2\r\nAT-S.ERROR:111:Request failed\r\n"
NOT_UNDERSTOOD = b"AT-S.Http Client Error:3\r\nAT-S.ERROR:111:Request failed\r\n"
NO_ANSWER = b"AT-S.Http Client Error:4\r\nAT-S.ERROR:111:Request failed\r\n"


class CannedServer:
    """Reads one request a connection and answers with the given octets; None closes without a word."""

    def __init__(self, answer: bytes | None, *, reset: bool = False) -> None:
        self.answer = answer
        self.reset = reset
        self.requests: list[bytes] = []

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), 0)
        self.requests.append(head + await reader.readexactly(length))
        if self.answer is not None:
            writer.write(self.answer)
            await writer.drain()
        if self.reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.close()


@asynccontextmanager
async def facing(answer: bytes | None, *, reset: bool = False) -> AsyncIterator[tuple[ModuleHost, CannedServer]]:
    canned = CannedServer(answer, reset=reset)
    server = await asyncio.start_server(canned.converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running_module(maps=[f"192.168.0.2:80=127.0.0.1:{port}"]) as host:
        await start_mini_ap(host)
        yield host, canned


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloEXTRA",
            STATUS_200 + b"helloAT-S.OK\r\n",
        ),
        (
            b"HTTP/1.0 200 OK\r\n\r\nuntil\r\nthe end",
            STATUS_200 + b"until\r\nthe endAT-S.OK\r\n",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            STATUS_200 + b"5\r\nhello\r\n0\r\n\r\nAT-S.OK\r\n",
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            STATUS_200 + b"xAT-S.OK\r\n",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"AT-S.Http Server Status Code:204\r\nAT-S.OK\r\n"),
        (b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", b"AT-S.Http Server Status Code:301\r\nAT-S.OK\r\n"),
        (
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad",
            b"AT-S.Http Server Status Code:400\r\nAT-S.Http Server Error:400\r\nAT-S.ERROR:111:Request failed\r\n",
        ),
        (
            b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
            b"AT-S.Http Server Status Code:500\r\nAT-S.Http Server Error:500\r\nAT-S.ERROR:111:Request failed\r\n",
        ),
        (b"this is no HTTP\r\n\r\n", NOT_UNDERSTOOD),
        (b"HTTP/1.1 200 OK\r\nContent-Le", NOT_UNDERSTOOD),
        (b"HTTP/1.1 200 OK\r\nX: " + 20000 * b"x", NOT_UNDERSTOOD),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            STATUS_200 + b"hello" + NOT_UNDERSTOOD,
        ),
        (b"\x00\xff\xfe", NOT_UNDERSTOOD),
        (None, NO_ANSWER),
    ],
)
async def test_every_answer_has_its_reply(answer: bytes | None, reply: bytes) -> None:
    async with facing(answer) as (host, _):
        assert await host.command("AT+S.HTTPGET=192.168.0.2,conf") == reply
        assert await host.command("AT") == b"AT-S.OK\r\n"
        assert host.module.heap.free == host.module.profile.heap - 16 * 1024


async def test_a_connection_that_is_reset_is_no_answer() -> None:
    async with facing(None, reset=True) as (host, _):
        assert await host.command("AT+S.HTTPGET=192.168.0.2") == NO_ANSWER


async def test_a_server_that_says_nothing_is_no_answer_and_no_tls() -> None:
    async with SilentServer() as server, running_module(maps=["192.168.0.2=127.0.0.1"]) as host:
        await start_mini_ap(host)
        await host.command("AT+S.SCFG=ip_http_get_recv_timeout,50")
        assert await host.command(f"AT+S.HTTPGET=192.168.0.2,,{server.port},0") == NO_ANSWER
        await host.command(f"AT+S.TIME={int(time.time())}")
        assert await host.command(f"AT+S.HTTPGET=192.168.0.2,,{server.port},2") == NO_TLS


async def test_the_request_that_the_server_sees() -> None:
    async with facing(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (host, server):
        await host.command("AT+S.HTTPGET=192.168.0.2")
        await host.command("AT+S.HTTPGET=192.168.0.2,conf?a=b,80,0,user,pass,,")
        await host.command("AT+S.FSC=body,5", b"hello")
        await host.command("AT+S.HTTPPOST=192.168.0.2,/service/task,80,,,,answer,body")
        await host.command("AT+S.HTTPPOST=192.168.0.2,/empty,80,0,,,,")
        whole = b"PUT /own HTTP/1.1\r\nHost: me\r\nContent-Length: 2\r\n\r\nhi"
        await host.command(f"AT+S.FSC=whole,{len(whole)}", whole)
        await host.command("AT+S.HTTPPOST=192.168.0.2,/ignored,80,,,,,whole")
    head = b"Host: 192.168.0.2\r\nUser-Agent: SPWF04S\r\n"
    assert server.requests == [
        b"GET / HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n",
        b"GET /conf?a=b HTTP/1.1\r\n" + head + b"Authorization: Basic dXNlcjpwYXNz\r\nConnection: close\r\n\r\n",
        b"POST /service/task HTTP/1.1\r\n" + head + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        b"POST /empty HTTP/1.1\r\n" + head + b"Content-Length: 0\r\nConnection: close\r\n\r\n",
        whole,
    ]


async def test_the_answer_goes_to_a_file_and_replaces_an_older_one() -> None:
    async with facing(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as (host, _):
        await host.command("AT+S.FSC=config.txt,3", b"old")
        reply = await host.command("AT+S.HTTPGET=192.168.0.2,conf,80,0,,,config.txt,")
        assert reply == STATUS_200 + b"AT-S.OK\r\n"
        assert await host.command("AT+S.FSP=config.txt") == b"helloAT-S.OK\r\n"


async def test_an_answer_that_does_not_fit_the_ram_disk() -> None:
    async with facing(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(20000)) as (host, _):
        reply = await host.command("AT+S.HTTPGET=192.168.0.2,conf,80,0,,,big,")
        assert reply.endswith(b"AT-S.ERROR:50:Unable to access RAM filesystem\r\n")
        assert await host.command("AT") == b"AT-S.OK\r\n"


async def test_a_file_to_send_that_does_not_exist() -> None:
    async with facing(None) as (host, server):
        reply = await host.command("AT+S.HTTPPOST=192.168.0.2,/,80,,,,,none")
        assert reply == b"AT-S.ERROR:51:Unable to open file\r\n"
        assert server.requests == []


async def test_an_address_that_nobody_mapped_is_refused_and_explained() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        assert await host.command("AT+S.HTTPGET=192.168.0.9") == REFUSED
        (failure,) = host.events(SocketFailed)
        assert "--map 192.168.0.9=127.0.0.1" in str(failure)


async def test_in_station_mode_names_resolve_through_this_machine() -> None:
    canned = CannedServer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    server = await asyncio.start_server(canned.converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running_module(access_points=[parse_access_point("*")]) as host:
        await host.boot()
        for line in ("SCFG=console_echo,0", "SCFG=wifi_mode,1", "SSIDTXT=anything", "WIFI=0", "WIFI=1"):
            await host.command(f"AT+S.{line}")
        await host.until(b"febd:39\r\n")
        reply = await host.command(f"AT+S.HTTPGET=localhost,/,{port}")
        assert reply == STATUS_200 + b"hiAT-S.OK\r\n"
        assert await host.command("AT+S.HTTPGET=no-such-host.invalid") == REFUSED


async def test_low_memory_is_error_91() -> None:
    async with facing(None) as (host, _):
        host.module.heap.free = 100
        assert await host.command("AT+S.HTTPGET=192.168.0.2") == b"AT-S.ERROR:91:Low Memory\r\n"


@asynccontextmanager
async def tls_host(port: int, pki: Pki) -> AsyncIterator[ModuleHost]:
    async with running_module(maps=[f"192.168.0.2:443=127.0.0.1:{port}"]) as host:
        await start_mini_ap(host)
        await load(host, "ca", pki.root.certificate_der)
        await load(host, "cert", pki.client.bundle_der)
        await load(host, "key", pki.client.key_der)
        await host.command(f"AT+S.TIME={int(time.time())}")
        yield host


async def load(host: ModuleHost, slot: str, content: bytes) -> bytes:
    return await host.command(f"AT+S.TLSCERT={slot},{len(content)}", content)


async def test_mutual_tls_with_the_default_port(
    https_server: Callable[[Site], Awaitable[HttpsServer]], pki: Pki, site: Site
) -> None:
    server = await https_server(site)
    async with tls_host(server.port, pki) as host:
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/conf,,2") == (
            b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\nAT-S.Loading:2:2\r\nAT-S.Loading:3:2\r\n"
            + STATUS_200
            + b"ssid=demo\nAT-S.OK\r\n"
        )
        assert b"free_heap=43616" in await host.command("AT+S.STS=free_heap")
        assert int((await host.command("AT+S.STS=min_heap")).split(b"=")[1].split(b"\r")[0]) < 43616


async def test_a_server_without_client_authentication_loads_the_ca_alone(
    https_server: Callable[[Site], Awaitable[HttpsServer]], pki: Pki
) -> None:
    server = await https_server(Site(pki.direct_server, None, {"/conf": b"x"}))
    async with tls_host(server.port, pki) as host:
        reply = await host.command("AT+S.HTTPGET=192.168.0.2,/conf,443,1")
        assert reply == b"AT-S.Loading:1:2\r\nAT-S.Http Server Status Code:200\r\nxAT-S.OK\r\n"


@pytest.mark.parametrize(("spoil", "number"), [("AT+S.TLSCERT=content,2", 23), ("AT+S.TIME=946684801", 19)])
async def test_a_refused_server_certificate(
    https_server: Callable[[Site], Awaitable[HttpsServer]], pki: Pki, site: Site, spoil: str, number: int
) -> None:
    server = await https_server(site)
    async with tls_host(server.port, pki) as host:
        await host.command(spoil)
        reply = await host.command("AT+S.HTTPGET=192.168.0.2,/conf,443,2")
        assert reply.endswith(f"AT-S.Certificate Error:{number}\r\n".encode() + NO_TLS)
        assert b"Loading:2" not in reply
        assert "certificate unknown" in (await server.refusal()).lower().replace("_", " ")


async def test_a_server_that_speaks_no_tls(pki: Pki) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server, tls_host(server.sockets[0].getsockname()[1], pki) as host:
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/conf,443,2") == NO_TLS


async def test_certificates_that_are_none_leave_the_slot_as_it_was(pki: Pki) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        good = await load(host, "ca", pki.root.certificate_der)
        assert good.startswith(b"AT-S.SubjectKeyId:")
        for slot, content in (
            ("ca", b"this is no certificate"),
            ("ca", pki.root.certificate_der[:-1]),
            ("cert", b"-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"),
            ("key", pki.root.certificate_der),
            ("auth", b"too short"),
        ):
            assert await load(host, slot, content) == b"AT-S.ERROR:7:Invalid argument(s)\r\n"
        assert len(host.events(Note)) == 5
        listed = await host.command("AT+S.TLSCERT=content,1")
        assert (
            listed == f"AT-S.Content:ca:{len(pki.root.certificate_der)}\r\nAT-S.Content:auth:20\r\nAT-S.OK\r\n".encode()
        )
        assert await host.command("AT+S.TLSCERT=content,2") == b"AT-S.Clean\r\nAT-S.OK\r\n"
        assert await host.command("AT+S.TLSCERT=content,1") == b"AT-S.OK\r\n"


async def test_a_length_that_is_too_short_leaves_the_rest_to_the_console(pki: Pki) -> None:
    certificate = pki.root.certificate_pem.encode()
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        host.face.write(f"AT+S.TLSCERT=ca,{len(certificate) - 40}\r".encode() + certificate + b"\r")
        assert await host.until(b"found\r\n") == (
            b"AT-S.ERROR:7:Invalid argument(s)\r\nAT-S.ERROR:1:Command not found\r\n"
        )
        assert await host.command("AT") == b"AT-S.OK\r\n"


async def test_a_key_that_does_not_fit_is_stored_and_explained(
    https_server: Callable[[Site], Awaitable[HttpsServer]], pki: Pki, site: Site
) -> None:
    server = await https_server(site)
    async with tls_host(server.port, pki) as host:
        assert await load(host, "key", pki.server.key_der) == b"AT-S.OK\r\n"
        assert "does not belong" in str(host.events(Note)[-1])
        assert (await host.command("AT+S.HTTPGET=192.168.0.2,/conf,443,2")).endswith(NO_TLS)
        assert "bad signature" in (await server.refusal()).lower()
