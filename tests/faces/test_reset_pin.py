"""A module whose reset pin is wired to a modem line of the host."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.events import ModuleSetUp
from emulator.faces.memory import MemoryFace
from firmware_model.outside import UartSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ACTIVE = b"+WIND:0:Console active\r\n"
OK = b"AT-S.OK\r\n"


@asynccontextmanager
async def wired(pin: str, **settings: str) -> AsyncIterator[tuple[Emulator, MemoryFace]]:
    given = {"reset": pin, "time": "instant", "power_on": "start", **settings}
    async with asyncio.timeout(20), Emulator(Settings(**given)) as emulator:  # type: ignore[arg-type]
        yield emulator, MemoryFace(emulator.line)


async def switched_off(emulator: Emulator) -> None:
    """Wait until the UART is off."""
    off = asyncio.Event()
    emulator.timeline.subscribe(lambda entry: off.set() if entry.event == ModuleSetUp(None) else None)
    await off.wait()


@pytest.mark.parametrize("pin", ["dtr", "rts"])
async def test_the_module_is_off_while_the_line_is_asserted_and_boots_when_it_is_not(pin: str) -> None:
    async with wired(pin) as (emulator, host):
        await host.read_until(ACTIVE)
        emulator.line.drive(dtr=pin == "dtr", rts=pin == "rts")
        await switched_off(emulator)
        host.take()
        host.write(b"AT\r")
        assert not host.lines.dsr
        emulator.line.drive(dtr=False, rts=False)
        await host.read_until(ACTIVE)
        assert host.lines.dsr
        host.write(b"AT\r")
        assert (await host.read_until(OK)).count(b"AT\r\n") == 1
        assert emulator.module.restarts == 1


async def test_a_module_that_is_held_from_the_beginning_does_not_boot_until_it_is_let_go() -> None:
    async with wired("dtr", power_on="open") as (emulator, host):
        emulator.line.drive(dtr=True)
        await switched_off(emulator)
        emulator.line.drive(dtr=False)
        await host.read_until(ACTIVE)
        assert emulator.module.restarts == 0


async def test_a_host_that_leaves_lets_the_module_boot() -> None:
    async with wired("rts") as (emulator, host):
        await host.read_until(ACTIVE)
        emulator.line.drive(rts=True)
        await switched_off(emulator)
        emulator.line.release(host)
        other = MemoryFace(emulator.line)
        await other.read_until(ACTIVE)


async def test_a_reset_by_the_line_loads_the_saved_settings_of_the_uart() -> None:
    async with wired("dtr") as (emulator, host):
        await host.read_until(ACTIVE)
        for command in ("SCFG=console_speed,9600", "SCFG=console_hwfc,1", "WCFG", "SCFG=console_speed,1200"):
            host.write(f"AT+S.{command}\r".encode())
            await host.read_until(OK)
        heard: list[object] = []
        emulator.timeline.subscribe(lambda entry: heard.append(entry.event))
        emulator.line.drive(dtr=True)
        emulator.line.drive(dtr=False)
        await host.read_until(ACTIVE)
        assert ModuleSetUp(UartSettings(9600, flow_control=True)) in heard


async def test_nothing_is_wired_by_default() -> None:
    async with wired("none") as (emulator, host):
        await host.read_until(ACTIVE)
        emulator.line.drive(dtr=True, rts=True)
        emulator.line.drive(dtr=False, rts=False)
        host.write(b"AT\r")
        await host.read_until(OK)
        assert emulator.module.restarts == 0
