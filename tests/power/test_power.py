from __future__ import annotations

import pytest

from emulator.surroundings.clock import ScaledClock
from firmware_model.events import CommandReceived, Note, PoweredOn
from tests.module_host import INSTANT, ModuleHost, running_module

_OK = b"AT-S.OK\r\n"


async def silent_boot(host: ModuleHost) -> None:
    await host.boot()
    await host.command("AT+S.SCFG=console_echo,0")


async def lost_input_is_noted(host: ModuleHost) -> None:
    """Send what nobody hears and wait until the log says so."""
    host.face.write(b"AT\r")
    while not any("is lost" in str(note) for note in host.events(Note)):
        await host.module.outside.clock.sleep(0.001)


async def test_power_save_and_back() -> None:
    async with running_module() as host:
        await silent_boot(host)
        assert await host.command("AT+S.PMS=1") == _OK
        assert await host.until(b"\r\n") == b"+WIND:66:Low Power Mode Enabled\r\n"
        assert await host.command("AT") == _OK
        assert await host.command("AT+S.PMS=0") == _OK
        assert await host.until(b"\r\n") == b"+WIND:32:WiFi Hardware Started\r\n"


async def test_without_a_radio_nothing_has_started() -> None:
    async with running_module() as host:
        await silent_boot(host)
        await host.command("AT+S.WIFI=0")
        await host.until(b"+WIND:38:WiFi Powered Down\r\n")
        assert await host.command("AT+S.PMS=0") == _OK
        assert await host.command("AT") == _OK


@pytest.mark.parametrize("line", ["AT+S.PMS=4", "AT+S.PMS=x"])
async def test_an_unknown_mode_gives_error_7(line: str) -> None:
    async with running_module() as host:
        await silent_boot(host)
        assert await host.command(line) == b"AT-S.ERROR:7:Invalid argument(s)\r\n"


async def test_deep_sleep_hears_nothing_and_ends_with_gpio6() -> None:
    async with running_module() as host:
        await silent_boot(host)
        await host.command("AT+S.SCFG=sleep_enabled,1")
        assert await host.command("AT+S.PMS=2") == _OK
        assert await host.until(b"\r\n") == b"+WIND:69:Going into DeepSleep\r\n"
        await lost_input_is_noted(host)
        host.face.write(b"AT\r")
        host.module.pins.drive(6, 1)
        assert await host.until(b"DeepSleep\r\n") == b"+WIND:53:Wakeup\r\n+WIND:70:Resuming from DeepSleep\r\n"
        assert await host.command("AT") == _OK
        assert sum("is lost" in str(note) for note in host.events(Note)) == 1
        assert 0 < host.module.power.seconds_asleep < 20
        assert b"system_sleeptime=" in await host.command("AT+S.STS=system_sleeptime")


async def test_a_reset_ends_deep_sleep() -> None:
    async with running_module() as host:
        await silent_boot(host)
        await host.command("AT+S.PMS=2")
        await lost_input_is_noted(host)
        host.module.reset()
        await host.boot()
        assert (await host.command("AT")).endswith(_OK)


async def test_standby_is_off_for_its_time_and_boots_anew() -> None:
    async with running_module() as host:
        await silent_boot(host)
        for line in ("SCFG=standby_time,0", "SCFG=wifi_mode,0", "WCFG"):
            await host.command(f"AT+S.{line}")
        await host.command("AT+S.FSC=/gone,1", b"x")
        assert await host.command("AT+S.PMS=3") == _OK
        boot = await host.boot()
        assert boot.startswith(b"+WIND:67:Going into Standby:0\r\n\0+WIND:1:Poweron:")
        assert b"SPWF04SA\r\n+WIND:68:Resuming from Standby\r\n+WIND:0:Console active\r\n" in boot
        await host.command("AT+S.SCFG=console_echo,0")
        assert (await host.command("AT+S.FSP=/gone")).startswith(b"AT-S.ERROR:51")
        assert [event.reason for event in host.events(PoweredOn) if isinstance(event, PoweredOn)] == [
            "power-on",
            "standby",
        ]
        assert b"nv_reset_cycles=0\r\n" in await host.command("AT+S.STS=nv_reset_cycles")


@pytest.mark.parametrize("end", ["gpio6", "reset line"])
async def test_standby_can_be_cut_short(end: str) -> None:
    async with running_module() as host:
        await silent_boot(host)
        await host.command("AT+S.SCFG=standby_time,3600")
        await host.command("AT+S.PMS=3")
        await lost_input_is_noted(host)
        if end == "gpio6":
            host.module.pins.drive(6, 1)
        else:
            host.module.reset()
        assert b"+WIND:67:Going into Standby:3600\r\n\0" in await host.boot()
        assert sum("NUL octets" in str(note) for note in host.events(Note)) == 1


BUSY = INSTANT._replace(idle=0.01)
ASLEEP = b"+WIND:69:Going into DeepSleep\r\n"
AWAKE = b"+WIND:53:Wakeup\r\n+WIND:70:Resuming from DeepSleep\r\n"


async def test_sleep_enabled_lets_a_silent_module_sleep_until_gpio6_rises() -> None:
    async with running_module(durations=BUSY) as host:
        await silent_boot(host)
        assert await host.command("AT+S.SCFG=sleep_enabled,1") == _OK
        assert await host.until(b"\r\n") == ASLEEP
        await lost_input_is_noted(host)
        host.module.pins.drive(6, 1)
        assert await host.until(b"DeepSleep\r\n") == AWAKE
        # A high level holds it awake, a low one lets it sleep again.
        for _ in range(3):
            await host.module.outside.clock.sleep(BUSY.idle)
            assert await host.command("AT") == _OK
        host.module.pins.drive(6, 0)
        assert await host.until(b"\r\n") == ASLEEP


async def test_a_command_that_has_begun_keeps_the_module_awake() -> None:
    async with running_module(durations=BUSY) as host:
        await silent_boot(host)
        host.module.pins.drive(6, 1)
        assert await host.command("AT+S.SCFG=sleep_enabled,1") == _OK
        host.face.write(b"AT+S.FSC=/f,3\rab")
        while CommandReceived(b"AT+S.FSC=/f,3") not in host.events(CommandReceived):
            await host.module.outside.clock.sleep(0.001)
        host.module.pins.drive(6, 0)
        await host.module.outside.clock.sleep(10 * BUSY.idle)
        host.face.write(b"c")
        assert await host.until(b"\r\n") == _OK
        assert await host.until(b"\r\n") == ASLEEP


async def test_standby_enabled_switches_a_silent_module_off_for_a_while() -> None:
    async with running_module(clock=ScaledClock(50)) as host:
        await silent_boot(host)
        for line in ("standby_time,30", "sleep_enabled,1", "standby_enabled,1"):
            assert await host.command(f"AT+S.SCFG={line}") == _OK
        assert await host.until(b"\0") == b"+WIND:67:Going into Standby:30\r\n\0"
        assert b"+WIND:68:Resuming from Standby\r\n" in await host.boot()
        assert host.module.power.seconds_asleep >= 30


async def test_without_a_time_or_with_gpio6_high_there_is_no_standby() -> None:
    async with running_module(clock=ScaledClock(1000)) as host:
        await silent_boot(host)
        host.module.pins.drive(6, 1)
        for line in ("standby_enabled,1", "standby_time,1"):
            assert await host.command(f"AT+S.SCFG={line}") == _OK
        await host.module.outside.clock.sleep(100)
        assert await host.command("AT+S.SCFG=standby_time,0") == _OK
        host.module.pins.drive(6, 0)
        await host.module.outside.clock.sleep(100)
        assert await host.command("AT") == _OK
