"""Network and serial faults as a host meets them: pyserial on the port, real servers behind, clean runs beside."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.echo import TcpEcho, UdpEcho

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "192.168.1.7"
OK = b"AT-S.OK\r\n"
JOINED = b"+WIND:24:WiFi Up:0:192.168.1.100\r\n"


class Host:
    """A host on the port; echo is off."""

    def __init__(self, emulator: Emulator, port: serial.Serial) -> None:
        self.emulator = emulator
        self.port = port

    async def heard(self, ending: bytes) -> bytes:
        """What comes up to and including ``ending``; what came instead when it does not come."""
        return await asyncio.to_thread(self.port.read_until, ending)

    async def command(self, line: str, data: bytes = b"") -> bytes:
        """A command's reply up to OK or ERROR and the end of that line."""
        self.port.write(f"AT+S.{line}\r".encode() + data)
        reply = b""
        while not (b"AT-S.OK\r\n" in reply or b"AT-S.ERROR" in reply):
            reply += await self.heard(b"\r\n")
        return reply

    async def connected(self) -> str:
        """Open a TCP socket to the echo; its id."""
        reply = await self.command(f"SOCKON={HOST},7,,t")
        return reply.split(b"\r\n")[-3].rsplit(b":", 1)[1].decode()


@asynccontextmanager
async def a_host() -> AsyncIterator[Host]:
    """A module that has joined a network with echoes over TCP and UDP on it."""
    async with TcpEcho() as tcp, UdpEcho() as udp, asyncio.timeout(100):
        maps = [f"{HOST}:7=127.0.0.1:{tcp.port}", f"{HOST}:9=127.0.0.1:{udp.port}", "echo.example=127.0.0.1"]
        settings = Settings(time="instant", seed=1, access_points=["*"], maps=maps)
        async with Emulator(settings) as emulator:
            with serial.Serial(emulator.port, 115200, timeout=20) as port:
                host = Host(emulator, port)
                await host.heard(b"WiFi Hardware Started\r\n")
                for line in (
                    "SCFG=console_echo,0",
                    "SCFG=ip_use_v6,0",
                    "SCFG=ip_ntp_startup,0",
                    "SSIDTXT=any",
                    "WIFI=0",
                    "WIFI=1",
                ):
                    await host.command(line)
                await host.heard(JOINED)
                yield host


async def test_a_connection_is_refused_and_the_next_is_not() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=refuse@times=1")
        assert b"AT-S.ERROR:74:Failed to open socket" in await host.command(f"SOCKON={HOST},7,,t")
        assert OK in await host.command(f"SOCKON={HOST},7,,t")


async def test_a_connection_is_reset_after_so_many_octets_and_another_is_not() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=reset:10@times=1")
        number = await host.connected()
        await host.command(f"SOCKW={number},8", b"12345678")
        assert b"+WIND:58:Socket Closed:" in await host.heard(b"Socket Closed:" + number.encode())
        other = await host.connected()
        await host.command(f"SOCKW={other},20", b"x" * 20)
        assert await host.heard(b"+WIND:55:Pending Data::" + other.encode())


async def test_a_server_that_falls_silent_is_an_answer_that_does_not_come() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=stall:0@times=1")
        await host.command("SCFG=ip_http_get_recv_timeout,200")
        assert b"AT-S.Http Client Error:4" in await host.command(f"HTTPGET={HOST},/,7,0,,,,")


async def test_a_slow_connection_brings_its_octets_in_small_pieces() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=slow:100")
        number = await host.connected()
        await host.command(f"SOCKW={number},20", b"x" * 20)
        first = await host.heard(b"+WIND:55:Pending Data::%s:5:5\r\n" % number.encode())
        assert first.endswith(b":5:5\r\n")
        assert (await host.heard(b":5:20\r\n")).endswith(b":5:20\r\n")


async def test_a_name_does_not_resolve_once() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=dns@times=1,on=echo.example")
        assert b"AT-S.ERROR:65:DNS address failure" in await host.command("SOCKON=echo.example,9,,u")
        assert OK in await host.command("SOCKON=echo.example,9,,u")


async def test_a_datagram_is_lost_and_the_next_is_answered() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("network=lost-datagram@nth=1")
        number = (await host.command(f"SOCKON={HOST},9,,u")).split(b"\r\n")[-3].rsplit(b":", 1)[1].decode()
        for text in (b"first", b"second!"):
            await host.command(f"SOCKW={number},{len(text)}", text)
        assert (await host.heard(b":7:7\r\n")).endswith(b"+WIND:55:Pending Data::%s:7:7\r\n" % number.encode())


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("serial=drop@nth=1,on=to-host", b"T-S.OK\r\n"),
        ("serial=duplicate@nth=1,on=to-host", b"AAT-S.OK\r\n"),
        ("serial=split:5", OK),
        ("serial=delay:5", OK),
    ],
)
async def test_an_octet_is_lost_doubled_or_late(fault: str, reply: bytes) -> None:
    async with a_host() as host:
        host.emulator.faults.arm(fault)
        host.port.write(b"AT\r")
        assert await host.heard(b"OK\r\n") == reply
        host.emulator.faults.disarm()
        host.port.write(b"AT\r")
        assert await host.heard(b"OK\r\n") == OK


async def test_a_damaged_octet_of_the_host_is_another_command() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("serial=corrupt@nth=2,on=from-host")
        host.port.write(b"AT\r")
        assert b"AT-S.ERROR:1:Command not found" in await host.heard(b"found\r\n")
        host.port.write(b"AT\r")
        assert await host.heard(b"OK\r\n") == OK


async def test_junk_comes_before_a_boot_and_not_before_the_next() -> None:
    async with a_host() as host:
        host.emulator.faults.arm("serial=junk-at-boot:5@nth=1")
        host.emulator.press_reset()
        first = await host.heard(b"WiFi Hardware Started\r\n")
        assert first.index(b"+WIND:1:Poweron") == 5
        host.emulator.press_reset()
        again = await host.heard(b"WiFi Hardware Started\r\n")
        assert b"\r\n+WIND:1:Poweron" in b"\r\n" + again.lstrip(b"\r\n") or again.startswith(b"+WIND:1:Poweron")


async def test_an_indication_is_lost_and_another_late() -> None:
    async with a_host() as host:
        number = await host.connected()
        host.emulator.faults.arm("serial=lost-indication@on=WIND:55,nth=1")
        host.emulator.faults.arm("serial=late-indication:200@on=WIND:55,nth=1")
        await host.command(f"SOCKW={number},5", b"first")
        while b":5\r\n" not in await host.command(f"SOCKQ={number}"):
            pass
        await host.command(f"SOCKW={number},3", b"2nd")
        assert b":3:8\r\n" in await host.heard(b":3:8\r\n")
