"""The dialogue of ST's own driver, over a real port, against real peers."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.https import HttpsServer
from emulator.peers.peer import Site
from firmware_model.events import Note
from tests.hosts.test_mbed import PATTERN, echo_server
from tests.hosts.xcube import RefusedError, XcubeHost
from tests.module_host import NO_TIME_SERVERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.peers.pki import Pki

_Result = TypeVar("_Result")
Run = "Callable[[Callable[[XcubeHost], _Result]], asyncio.Future[_Result]]"


@asynccontextmanager
async def driven_module(*maps: str) -> AsyncIterator[tuple[Emulator, Callable[..., asyncio.Future[object]]]]:
    settings = Settings(
        access_points=["office,a secret phrase"],
        maps=["10.1.1.1=127.0.0.1", *NO_TIME_SERVERS, *maps],
        stations=["02:A9:D2:A0:FF:A0"],
    )
    async with Emulator(settings) as emulator:
        host = await asyncio.to_thread(XcubeHost, emulator.port)
        try:
            yield emulator, lambda dialogue: asyncio.ensure_future(asyncio.to_thread(dialogue, host))
        finally:
            host.line.close()


def joined(host: XcubeHost) -> None:
    host.start_up()
    host.join("office", "a secret phrase", 2)


async def test_client_sockets() -> None:
    async with echo_server() as port, driven_module() as (_, run):

        def dialogue(host: XcubeHost) -> None:
            joined(host)
            socket = host.command(f"AT+S.SOCKON=10.1.1.1,{port},NULL,t").rstrip(b"\r\n")[-1:]
            assert socket == b"0"
            host.command(f"AT+S.SOCKW=0,{len(PATTERN)}", PATTERN)
            pending = re.fullmatch(rb"Pending Data::0:(\d+):(\d+)", host.line.indication(55, 10))
            assert pending is not None
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.query("AT+S.SOCKQ=0")
                back += host.reading(f"AT+S.SOCKR=0,{waiting}") if waiting else b""
            assert back == PATTERN
            assert b"::0:" in host.command("AT+S.SOCKL")
            host.command("AT+S.SOCKC=0")
            with pytest.raises(RefusedError, match="76"):
                host.command("AT+S.SOCKQ=0")

        await run(dialogue)


async def test_a_server_socket() -> None:
    async with driven_module() as (emulator, run):
        announced: asyncio.Queue[int] = asyncio.Queue()

        def listen(entry: object) -> None:
            event = getattr(entry, "event", None)
            if isinstance(event, Note) and "TCP port 18080" in event.text:
                announced.put_nowait(int(re.findall(r"127\.0\.0\.1:(\d+)", event.text)[0]))

        emulator.timeline.subscribe(listen)

        def open_server(host: XcubeHost) -> None:
            host.start_up()
            host.start_mini_ap("module")
            assert host.line.indication(28, 10).startswith(b"Station Associated:02:A9:D2:A0:FF:A0")
            assert host.command("AT+S.SOCKDON=18080,t") == b"AT-S.On:0\r\n"

        await run(open_server)
        reader, writer = await asyncio.open_connection("127.0.0.1", await announced.get())
        writer.write(PATTERN)

        def serve(host: XcubeHost) -> None:
            assert re.fullmatch(rb"Incoming Socket Client:[^:]+:\d+:0:0", host.line.indication(61, 10))
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.query("AT+S.SOCKDQ=0,0")
                back += host.reading(f"AT+S.SOCKDR=0,0,{waiting}") if waiting else b""
            host.command(f"AT+S.SOCKDW=0,0,{len(back)}", back)

        await run(serve)
        assert await reader.readexactly(len(PATTERN)) == PATTERN
        writer.close()

        def end(host: XcubeHost) -> None:
            assert re.fullmatch(rb"Socket Client Gone:[^:]+:\d+:0:0:\d+", host.line.indication(62, 10))
            host.command("AT+S.SOCKDL=0")
            host.command("AT+S.SOCKDC=0,0")
            host.command("AT+S.SOCKDC=0")

        await run(end)


async def test_http_files_time_certificates_and_ping(pki: Pki) -> None:
    site = Site(pki.direct_server, None, {"/page": b"line one\r\nline two"})
    async with HttpsServer(site) as server, driven_module(f"192.168.0.2:443=127.0.0.1:{server.port}") as (_, run):

        def dialogue(host: XcubeHost) -> None:
            joined(host)
            host.command(f"AT+S.TIME={int(time.time())}")
            certificate = pki.root.certificate_pem.encode()
            host.command(f"AT+S.TLSCERT=Ca,{len(certificate)}", certificate)
            host.command("AT+S.TLSCERT=Auth,20", pki.root.identity.subject_key_identifier)
            assert b"Http Server Status Code:200\r\nline one\r\nline two" in host.command(
                "AT+S.HTTPGET=192.168.0.2,/page,443,2,,,,"
            )
            host.command("AT+S.FSC=/note,5", b"hello")
            assert host.command("AT+S.FSP=/note,,") == b"hello"
            assert b"\tnote" in host.command("AT+S.FSL")
            host.command("AT+S.FSR=/note,/moved")
            host.command("AT+S.FSD=/moved")
            host.command("AT+S.PING=1,56,10.1.1.1")
            host.command("AT+S.TLSCERT=content,1")
            host.command("AT+S.TLSCERT=content,2")

        await run(dialogue)
