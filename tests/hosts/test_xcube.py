"""The dialogue of ST's own driver, over a real port, against real peers: sockets, HTTP, files."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import pytest

from emulator.peers.https import HttpsServer
from emulator.peers.peer import Site
from tests.hosts.driven import STATION, driven_module, joined_module
from tests.hosts.test_mbed import PATTERN, echo_server
from tests.hosts.xcube import RefusedError, XcubeHost

if TYPE_CHECKING:
    from emulator.peers.pki import Pki

_LISTED = re.compile(rb"AT-S\.List:(\d?):(\d):([01]):([a-z]):(\d+):(\d+\.\d+\.\d+\.\d+):(\d+)\r\n")
"""Server, socket, connected, kind, octets that wait, address, port."""


async def test_client_sockets() -> None:
    async with echo_server() as port, joined_module() as module:

        def dialogue(host: XcubeHost) -> None:
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
            assert _listed(host.command("AT+S.SOCKL")) == (b"", b"0", b"1", b"t", b"0", b"10.1.1.1", b"%d" % port)
            host.command("AT+S.SOCKC=0")
            with pytest.raises(RefusedError, match="76:Illegal Socket ID"):
                host.command("AT+S.SOCKQ=0")

        await module.run(dialogue)


async def test_a_socket_with_pending_data_does_not_close() -> None:
    async with echo_server() as port, joined_module() as module:

        def dialogue(host: XcubeHost) -> None:
            host.command(f"AT+S.SOCKON=10.1.1.1,{port},NULL,t")
            host.command("AT+S.SOCKW=0,5", b"hello")
            host.line.indication(55, 10)
            with pytest.raises(RefusedError, match="77:Pending data"):
                host.command("AT+S.SOCKC=0")
            assert host.reading("AT+S.SOCKR=0,5") == b"hello"
            host.command("AT+S.SOCKC=0")

        await module.run(dialogue)


async def test_data_for_a_socket_that_the_peer_closed_come_back_as_console_input() -> None:
    async def farewell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(farewell, "127.0.0.1", 0) as server, joined_module() as module:
        port = server.sockets[0].getsockname()[1]

        def dialogue(host: XcubeHost) -> None:
            host.command(f"AT+S.SOCKON=10.1.1.1,{port},NULL,t")
            assert re.fullmatch(rb"Socket Closed:0:\d+", host.line.indication(58, 10))
            with pytest.raises(RefusedError, match="78:Socket not connected"):
                host.command("AT+S.SOCKW=0,12", b"not for them")
            assert host.line.raw(12, 10) == b"not for them"
            with pytest.raises(RefusedError, match="1:Command not found"):
                host.end_of_line()
            host.command("AT+S.SOCKC=0")

        await module.run(dialogue)


async def test_a_server_socket() -> None:
    async with driven_module() as module:

        def open_server(host: XcubeHost) -> None:
            host.start_up()
            host.start_mini_ap("module")
            assert host.line.indication(28, 10).startswith(f"Station Associated:{STATION}".encode())
            assert host.line.indication(29, 10).endswith(STATION.encode())
            assert host.command("AT+S.SOCKDON=18080,t") == b"AT-S.On:0\r\n"
            assert host.command("AT+S.SOCKDL") == b""

        await module.run(open_server)
        reader, writer = await asyncio.open_connection("127.0.0.1", await module.opened(18080))
        writer.write(PATTERN)

        def serve(host: XcubeHost) -> None:
            assert re.fullmatch(rb"Incoming Socket Client:[^:]+:\d+:0:0", host.line.indication(61, 10))
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.query("AT+S.SOCKDQ=0,0")
                back += host.reading(f"AT+S.SOCKDR=0,0,{waiting}") if waiting else b""
            host.command(f"AT+S.SOCKDW=0,0,{len(back)}", back)
            for line in ("AT+S.SOCKDL", "AT+S.SOCKDL=0"):
                assert _listed(host.command(line))[:5] == (b"0", b"0", b"1", b"t", b"0")

        await module.run(serve)
        assert await reader.readexactly(len(PATTERN)) == PATTERN
        writer.close()

        def end(host: XcubeHost) -> None:
            assert re.fullmatch(rb"Socket Client Gone:[^:]+:\d+:0:0:\d+", host.line.indication(62, 10))
            host.command("AT+S.SOCKDC=0,0")
            with pytest.raises(RefusedError, match="76:Illegal Socket ID"):
                host.command("AT+S.SOCKDC=0,0")
            host.command("AT+S.SOCKDC=0")

        await module.run(end)
        module.emulator.air.station_leaves(STATION)
        gone = await module.run(lambda host: host.line.indication(72, 10))
        assert gone.startswith(f"Station Disassociated:{STATION}".encode())


async def test_http_files_time_certificates_and_ping(pki: Pki) -> None:
    site = Site(pki.direct_server, None, {"/page": b"line one\r\nline two"})
    async with HttpsServer(site) as server, joined_module(f"192.168.0.2:443=127.0.0.1:{server.port}") as module:

        def dialogue(host: XcubeHost) -> None:
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

        await module.run(dialogue)


async def test_volumes() -> None:
    async with driven_module() as module:

        def dialogue(host: XcubeHost) -> None:
            host.start_up()
            host.command("AT+S.FSC=1:/note,5", b"hello")
            host.command("AT+S.FSU=1,0")
            with pytest.raises(RefusedError, match="29:Volume not mounted"):
                host.command("AT+S.FSP=1:/note,,")
            with pytest.raises(RefusedError, match="29:Volume not mounted"):
                host.command("AT+S.FSU=1,0")
            host.reset()
            assert host.command("AT+S.FSP=1:/note,,") == b"hello"
            host.command("AT+S.FSU=1,1")
            host.reset()
            assert b"note" not in host.command("AT+S.FSL")
            with pytest.raises(RefusedError, match="29:Volume not mounted"):
                host.command("AT+S.FSU=0,0")

        await module.run(dialogue)


def _listed(content: bytes) -> tuple[bytes, ...]:
    """The fields of a list of one line."""
    match = _LISTED.fullmatch(content)
    assert match is not None, content
    return match.groups()
