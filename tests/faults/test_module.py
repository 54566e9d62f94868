"""Faults of the module itself, seen by a host; and the clean run beside each."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.dialogue import NotSaidError
from emulator.emulator import Emulator
from emulator.peers.echo import TcpEcho

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.dialogue import DialogueLine

HOST = "192.168.1.7"


class Host:
    """A host that waits for the end of each command's reply."""

    def __init__(self, emulator: Emulator, port: serial.Serial) -> None:
        self.emulator = emulator
        self._port = port

    async def command(self, line: str, data: bytes = b"") -> list[str]:
        """The reply lines, with the last one that says OK or ERROR."""
        self.send(line, data)
        lines: list[DialogueLine] = []
        while not lines or not lines[-1].text.startswith(("AT-S.OK", "AT-S.ERROR")):
            lines.append(await self.emulator.wait_for(""))
        return [line.text for line in lines if not line.text.startswith("+WIND")]

    def send(self, line: str, data: bytes = b"") -> None:
        self._port.write(f"AT+S.{line}\r".encode() + data)

    async def connected(self, server: TcpEcho) -> str:
        """Open a socket to the server; its id."""
        await self.emulator.wait_for("+WIND:24:WiFi Up:0")
        self.emulator.map(f"{HOST}:7=127.0.0.1:{server.port}")
        return (await self.command(f"SOCKON={HOST},7,,t"))[0].rsplit(":", 1)[1]


@asynccontextmanager
async def module_with(*faults: str) -> AsyncIterator[Host]:
    """A module that has booted, joined to an open network by factory settings."""
    settings = Settings(time="instant", power_on="start", seed=1, access_points=["*"])
    async with Emulator(settings) as emulator, asyncio.timeout(60):
        await emulator.wait_for("+WIND:32")
        with serial.Serial(emulator.port, 115200, timeout=0) as port:
            host = Host(emulator, port)
            await host.command("SSIDTXT=any")
            await host.command("WIFI=0")
            await host.command("WIFI=1")
            for fault in faults:
                emulator.faults.arm(fault)
            yield host


@pytest.mark.parametrize(("lines", "said"), [(0, 0), (2, 2)])
async def test_the_firmware_hangs_amid_a_command_until_the_watchdog_restarts_it(lines: int, said: int) -> None:
    async with module_with(f"module=watchdog-reset:{lines}@on=STS,times=1") as host:
        emulator = host.emulator
        assert (await host.command("GCFG=nv_model"))[-1] == "AT-S.OK"
        before = emulator.transcript.count("AT-S.Var:")
        host.send("STS")
        await emulator.wait_for("+WIND:6:Watchdog Terminating")
        assert emulator.transcript.count("AT-S.Var:") - before == said
        await emulator.wait_for("+WIND:1:Poweron")
        await emulator.wait_for("+WIND:0")
        assert (await host.command("STS=reset_reason"))[0] == "AT-S.Var:reset_reason=2"
        assert (await host.command("STS"))[-1] == "AT-S.OK"


async def test_a_command_finds_no_heap_and_the_next_one_does() -> None:
    async with TcpEcho() as server, module_with("module=heap:100@nth=1,on=SOCKON") as host:
        await host.emulator.wait_for("+WIND:24:WiFi Up:0")
        assert (await host.command(f"SOCKON={HOST},7,,t"))[-1] == "AT-S.ERROR:91:Low Memory"
        assert host.emulator.transcript.count("+WIND:4:") == 1
        host.emulator.map(f"{HOST}:7=127.0.0.1:{server.port}")
        assert (await host.command(f"SOCKON={HOST},7,,t"))[-1] == "AT-S.OK"


@pytest.mark.parametrize(("octets", "restored"), [(0, True), (40, True), (100_000, False)])
async def test_power_fails_amid_a_write_to_flash(octets: int, restored: bool) -> None:
    async with module_with(f"module=flash-cut:{octets}@on=configuration,times=1") as host:
        await host.command("SCFG=user_desc,mine")
        host.send("WCFG")
        await host.emulator.wait_for("+WIND:1:Poweron")
        await host.emulator.wait_for("+WIND:0")
        assert ("+WIND:65:Factory Reset:1" in host.emulator.transcript) is restored
        written = host.emulator.transcript.rpartition("> AT+S.WCFG\n")[2]
        assert written.startswith("< +WIND:1:Poweron")
        expected = "anonymous" if restored else "mine"
        assert (await host.command("GCFG=user_desc"))[0] == f"AT-S.Var:user_desc={expected}"
        assert (await host.command("STS=reset_reason"))[0] == "AT-S.Var:reset_reason=4"
        assert (await host.command("STS=startup"))[0] == "AT-S.Var:startup=0"
        await host.command("SCFG=user_desc,again")
        assert await host.command("WCFG") == ["AT-S.OK"]


async def test_wind_55_is_missing_once_and_sockq_knows() -> None:
    async with TcpEcho() as server, module_with("module=no-wind-55@nth=1") as host:
        number = await host.connected(server)
        await host.command(f"SOCKW={number},5", b"hello")
        async with asyncio.timeout(20):
            while (await host.command(f"SOCKQ={number}"))[0] != "AT-S.Query:5":
                pass
        assert "+WIND:55" not in host.emulator.transcript
        await host.command(f"SOCKW={number},5", b"again")
        await host.emulator.wait_for(f"+WIND:55:Pending Data::{number}:5:10")


async def test_wind_55_is_late_and_tells_of_what_was_read_meanwhile() -> None:
    async with TcpEcho() as server, module_with("module=late-wind-55:30000@times=1") as host:
        number = await host.connected(server)
        await host.command(f"SOCKW={number},5", b"hello")
        await host.emulator.wait_for(f"+WIND:55:Pending Data::{number}:5:5")
        before = host.emulator.transcript
        await host.command(f"SOCKW={number},5", b"again")
        await host.emulator.wait_for(f"+WIND:55:Pending Data::{number}:5:10")
        assert before.count("fault") == 0


async def test_a_late_wind_55_does_not_outlive_its_socket() -> None:
    async with TcpEcho() as server, module_with("module=late-wind-55:600000") as host:
        number = await host.connected(server)
        await host.command(f"SOCKW={number},5", b"hello")
        async with asyncio.timeout(20):
            while (await host.command(f"SOCKQ={number}"))[0] != "AT-S.Query:5":
                pass
        assert (await host.command(f"SOCKR={number},"))[-1] == "AT-S.OK"
        assert await host.command(f"SOCKC={number}") == ["AT-S.OK"]
        with pytest.raises(NotSaidError):
            await host.emulator.wait_for("+WIND:55", timeout=0)


async def test_a_socket_stays_open_twice_and_closes_then() -> None:
    async with TcpEcho() as server, module_with("module=socket-stays-open@times=2") as host:
        number = await host.connected(server)
        for _ in range(2):
            assert await host.command(f"SOCKC={number}") == ["AT-S.ERROR:77:Pending data"]
        assert len(host.emulator.state.sockets) == 1
        assert await host.command(f"SOCKC={number}") == ["AT-S.OK"]
        assert len(host.emulator.state.sockets) == 0


async def test_without_faults_all_of_this_goes_well() -> None:
    async with TcpEcho() as server, module_with() as host:
        number = await host.connected(server)
        await host.command(f"SOCKW={number},5", b"hello")
        await host.emulator.wait_for(f"+WIND:55:Pending Data::{number}:5:5")
        assert (await host.command(f"SOCKR={number},"))[-1] == "AT-S.OK"
        assert await host.command(f"SOCKC={number}") == ["AT-S.OK"]
        assert await host.command("WCFG") == ["AT-S.OK"]
        assert host.emulator.state.restarts == 0
