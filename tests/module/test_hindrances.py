"""What the surroundings keep the module from: rare indications and errors, brought about one by one."""

from __future__ import annotations

import pytest

from emulator.surroundings.flash import FailingFlash, MemoryFlash
from emulator.surroundings.names import Resolver
from firmware_model.air import Hindrance, IncidentKind
from tests.module.station_host import joined_station
from tests.module_host import ModuleHost, running_module, start_mini_ap

OK = b"AT-S.OK\r\n"
ASKING = [
    "SOCKON=device.example,4000",
    "PING=1,56,device.example",
    "TFTPGET=device.example,69,file",
    "WSOCKON=device.example,80,/",
    "MQTTCONN=device.example,1883",
]


async def silent(host: ModuleHost) -> None:
    """Boot, without echo."""
    await host.boot()
    await host.command("AT+S.SCFG=console_echo,0")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (IncidentKind.EXCEPTION, b"+WIND:31:WiFi Exception\r\n"),
        (IncidentKind.UNKNOWN_EVENT, b"+WIND:34:WiFi Unhandled Event\r\n"),
        (IncidentKind.UNKNOWN_INDICATION, b"+WIND:36:WiFi Unhandled Indication\r\n"),
    ],
)
async def test_a_confused_radio_goes_on(kind: IncidentKind, words: bytes) -> None:
    async with joined_station() as host:
        host.air.confuse_radio(kind)
        assert await host.until(b"\r\n") == words
        assert b"wifi_state=10\r\n" in await host.command("AT+S.STS=wifi_state")


async def test_a_key_of_unknown_type_is_told_by_the_joined_module() -> None:
    async with joined_station() as host:
        host.air.send_unknown_key("home")
        assert await host.until(b"\r\n") == b"+WIND:18:Keytype not implemented\r\n"
        assert b"wifi_state=10\r\n" in await host.command("AT+S.STS=wifi_state")


async def test_a_scan_that_breaks_off() -> None:
    async with joined_station() as host:
        host.air.hinder(Hindrance.SCAN_END)
        assert await host.command("AT+S.SCAN") == b"AT-S.ERROR:41:Scan Failed\r\n"
        assert await host.until(b"Up\r\n") == b"+WIND:21:WiFi Scanning\r\n+WIND:22:Scan Blew Up\r\n"
        host.air.lift(Hindrance.SCAN_END)
        assert (await host.command("AT+S.SCAN")).endswith(OK)


async def test_after_a_scan_the_mini_ap_goes_on() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        assert (await host.command("AT+S.SCAN")).endswith(OK)
        assert await host.until(b"mode\r\n") == (
            b"+WIND:21:WiFi Scanning\r\n+WIND:35:WiFi Scan Complete:00\r\n+WIND:39:HW in miniAP mode\r\n"
        )


async def test_power_save_that_cannot_be_entered() -> None:
    async with running_module() as host:
        await silent(host)
        host.air.hinder(Hindrance.POWER_SAVE)
        assert await host.command("AT+S.PMS=1") == OK
        assert await host.until(b"\r\n") == b"+WIND:12:WiFi PS Mode Failure\r\n"
        host.air.lift(Hindrance.POWER_SAVE)
        assert await host.command("AT+S.PMS=1") == OK
        assert await host.until(b"\r\n") == b"+WIND:66:Low Power Mode Enabled\r\n"


@pytest.mark.parametrize("line", ["SCAN", "WPS", "WPS=12345670"])
async def test_wps_keeps_the_hardware_busy(line: str) -> None:
    async with running_module() as host:
        await silent(host)
        assert await host.command("AT+S.WPS") == OK
        await host.until(b"+WIND:35:WiFi Scan Complete:00\r\n")
        assert await host.command(f"AT+S.{line}") == b"AT-S.ERROR:42:Wait for Hardware Busy\r\n"
        for switch in ("WIFI=0", "WIFI=1"):
            await host.command(f"AT+S.{switch}")
        await host.until(b"+WIND:32:WiFi Hardware Started\r\n")
        assert (await host.command("AT+S.SCAN")).endswith(OK)


@pytest.mark.parametrize("line", ASKING)
async def test_a_resolver_that_does_not_work(line: str) -> None:
    async with joined_station() as host:
        for state, reply in (
            (Resolver.BUSY, b"AT-S.ERROR:63:DNS busy\r\n"),
            (Resolver.FAILS, b"AT-S.ERROR:64:DNS start failed\r\n"),
        ):
            host.network.set_resolver(state)
            assert await host.command(f"AT+S.{line}") == reply
        host.network.set_resolver(Resolver.WORKS)
        host.network.fail_names()
        assert await host.command(f"AT+S.{line}") == b"AT-S.ERROR:65:DNS address failure\r\n"


async def test_an_address_needs_no_resolver() -> None:
    async with joined_station() as host:
        host.network.set_resolver(Resolver.FAILS)
        assert (await host.command("AT+S.SOCKON=192.168.1.1,9,,u")).endswith(OK)


async def test_user_flash_that_cannot_be_read_any_more() -> None:
    flash = FailingFlash(MemoryFlash())
    async with running_module(flash=flash) as host:
        await silent(host)
        assert await host.command("AT+S.FSC=1:/kept,1", b"x") == OK
        flash.fail_reading("user-flash")
        assert await host.command("AT+S.FSP=1:/kept") == b"AT-S.ERROR:53:Unable to read file\r\n"
        assert await host.command("AT+S.HASH=3,1:/kept") == b"AT-S.ERROR:53:Unable to read file\r\n"
        assert await host.command("AT+S.FSL") == b"AT-S.ERROR:57:Unable to open directory\r\n"
        flash.repair()
        assert await host.command("AT+S.FSP=1:/kept") == b"x" + OK


async def test_user_flash_that_is_damaged_while_mounted() -> None:
    flash = FailingFlash(MemoryFlash())
    async with running_module(flash=flash) as host:
        await silent(host)
        assert await host.command("AT+S.FSC=1:/kept,1", b"x") == OK
        flash.damage("user-flash")
        assert await host.command("AT+S.FSL") == b"AT-S.ERROR:58:Unable to read directory\r\n"
        assert await host.command("AT+S.FSU=1,1") == OK
        assert (await host.command("AT+S.FSL")).endswith(OK)


async def test_user_flash_that_cannot_be_written() -> None:
    flash = FailingFlash(MemoryFlash())
    async with running_module(flash=flash) as host:
        await silent(host)
        flash.fail_writing("user-flash")
        assert await host.command("AT+S.FSC=1:/new,1", b"x") == b"AT-S.ERROR:101:Failed to write flash\r\n"
        assert await host.command("AT+S.FSU=1,1") == b"AT-S.ERROR:59:Unable to unmount volume\r\n"


async def test_certificates_that_cannot_be_read() -> None:
    flash = FailingFlash(MemoryFlash())
    async with running_module(flash=flash) as host:
        await silent(host)
        flash.fail_reading("tls/ca")
        assert await host.command("AT+S.TLSCERT=content,1") == b"AT-S.ERROR:100:Failed to read flash\r\n"
