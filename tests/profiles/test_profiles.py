"""Each difference between the firmware versions, as a host sees it."""

from __future__ import annotations

import re

import pytest

from emulator.surroundings.flash import MemoryFlash
from firmware_model.commands import all_commands, commands_by_spelling
from firmware_model.console.rendering import render_ok
from firmware_model.outside import Station
from firmware_model.profile import (
    BUILD_170726,
    FIRMWARE_1_0_0,
    FIRMWARE_1_1_0,
    FIRMWARE_1_2_0,
    PROFILES,
    Fact,
    FirmwareProfile,
    is_at_least,
)
from firmware_model.storage.configuration import AREA
from firmware_model.tables.latencies import LATENCIES
from firmware_model.tables.sources import Confidence, assumed, log
from tests.module_host import ModuleHost, running_module, start_mini_ap

FIRST_AND_SECOND = pytest.mark.parametrize("profile", [FIRMWARE_1_0_0, FIRMWARE_1_1_0], ids=["1.0.0", "1.1.0"])
STATION = Station("02:A9:D2:A0:FF:A0", None, None)


async def replies(host: ModuleHost, line: str) -> list[str]:
    await host.command("AT+S.SCFG=console_echo,0")
    return (await host.command(line)).decode("latin-1").splitlines()


@pytest.mark.parametrize("other", [FIRMWARE_1_0_0, BUILD_170726, FIRMWARE_1_2_0])
def test_whatever_differs_says_where_that_is_known_from(other: FirmwareProfile) -> None:
    differing = {name for name in FirmwareProfile._fields if getattr(other, name) != getattr(FIRMWARE_1_1_0, name)} - {
        "sources",
        "version",
    }
    assert differing
    assert differing <= set(other.sources)
    assert differing <= set(FIRMWARE_1_1_0.sources) | {"boot_version"}


def test_a_fact_leaves_its_value_in_the_field_and_its_source_beside() -> None:
    first = FIRMWARE_1_1_0.evolve(heap=Fact(1, log("a log")))
    second = first.evolve(build=Fact("b", assumed()), heap=2)
    assert (first.heap, second.heap, second.build) == (1, 2, "b")
    assert second.sources["heap"] == log("a log")
    assert second.sources["build"].confidence is Confidence.ASSUMED


@pytest.mark.parametrize(
    ("version", "since", "there"),
    [("1.0.0", "1.0.0", True), ("1.0.0", "1.1.0", False), ("1.10.0", "1.9.0", True), ("1.2.0", "1.1.0", True)],
)
def test_versions_are_compared_as_numbers(version: str, since: str, there: bool) -> None:
    assert is_at_least(version, since) is there


@pytest.mark.parametrize("name", PROFILES)
async def test_every_firmware_boots_and_names_itself(name: str) -> None:
    profile = PROFILES[name]
    async with running_module(profile=profile) as host:
        assert (await host.boot()).startswith(f"+WIND:1:Poweron:{profile.build}\r\n".encode())
        for variable, value in (("fw_version", profile.version), ("build", profile.build), ("boot_version", "1.0")):
            assert (await replies(host, f"AT+S.STS={variable}"))[0] == f"AT-S.Var:{variable}={value}"
        layout = (await replies(host, "AT+S.STS=var_version"))[0]
        assert layout == f"AT-S.Var:var_version={profile.configuration_layout}"


def test_the_builds_are_those_of_the_logs() -> None:
    assert {name: profile.build for name, profile in PROFILES.items() if name != "1.2.0"} == {
        "1.0.0": "170216-fd39c59-SPWF04S",
        "170726": "170726-b7ac1ba-SPWF04S",
        "1.1.0": "171117-0328fe3-SPWF04S",
    }
    assert FIRMWARE_1_2_0.sources["build"].confidence is Confidence.ASSUMED


@pytest.mark.parametrize(
    ("profile", "lines"),
    [
        (FIRMWARE_1_0_0, [b"AT-S.OK\r\n", b"AT-S.OK:20304\r\n", b"AT-S.OK:20304:10\r\n"]),
        (FIRMWARE_1_1_0, [b"AT-S.OK\r\n", b"AT-S.OK\r\n", b"AT-S.OK:20304:10\r\n"]),
    ],
)
def test_the_success_line(profile: FirmwareProfile, lines: list[bytes]) -> None:
    assert [render_ok(verbose, 20304, 10, profile.success_fields) for verbose in (0, 1, 2)] == lines


@pytest.mark.parametrize(
    ("profile", "form"), [(FIRMWARE_1_0_0, r"AT-S\.OK:\d+"), (BUILD_170726, r"AT-S\.OK"), (FIRMWARE_1_1_0, r"AT-S\.OK")]
)
async def test_the_console_answers_with_that_success_line(profile: FirmwareProfile, form: str) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        (line,) = await replies(host, "AT")
        assert re.fullmatch(form, line)


@pytest.mark.parametrize(("profile", "tail"), [(FIRMWARE_1_0_0, ""), (FIRMWARE_1_1_0, ":02:A9:D2:A0:FF:A0")])
async def test_the_dhcp_reply_names_the_station_since_1_1_0(profile: FirmwareProfile, tail: str) -> None:
    async with running_module(profile=profile, stations=[STATION]) as host:
        await start_mini_ap(host)
        assert await host.until(f"+WIND:29:DHCP Reply:192.168.0.2{tail}\r\n".encode())


@pytest.mark.parametrize(("profile", "joins"), [(FIRMWARE_1_0_0, True), (FIRMWARE_1_1_0, False)])
async def test_the_mini_ap_knows_wpa_since_1_1_0(profile: FirmwareProfile, joins: bool) -> None:
    stranger = STATION._replace(passphrase="a wrong one")
    async with running_module(profile=profile) as host:
        await start_mini_ap(host)
        for line in (
            "AT+S.SCFG=wifi_priv_mode,2",
            "AT+S.SCFG=wifi_wpa_psk_text,the right one",
            "AT+S.WIFI=0",
            "AT+S.WIFI=1",
        ):
            await host.command(line)
        await host.until(b"+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39\r\n")
        host.air.station_joins(stranger)
        host.air.station_joins(STATION._replace(mac="02:00:00:00:00:01"))
        first = await host.until(re.compile(rb"WIND:28:Station Associated:.*\r\n"))
        assert (stranger.mac.encode() in first) is joins


@FIRST_AND_SECOND
async def test_ramdisk_memsize_came_with_1_1_0(profile: FirmwareProfile) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        names = [line.partition("=")[0] for line in await replies(host, "AT+S.GCFG")]
        known = profile is FIRMWARE_1_1_0
        assert ("AT-S.Var:ramdisk_memsize" in names) is known
        assert len(names) == 101 + known
        for line in ("AT+S.GCFG=ramdisk_memsize", "AT+S.SCFG=ramdisk_memsize,18"):
            assert ("AT-S.ERROR:4:Variable not found" in await replies(host, line)) is not known
        assert host.module.files.free() == 16 * 1024


@FIRST_AND_SECOND
async def test_fsm_came_with_1_1_0(profile: FirmwareProfile) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        known = profile is FIRMWARE_1_1_0
        assert ("AT-S.ERROR:1:Command not found" in await replies(host, "AT+S.FSM=1")) is not known
        assert any(line.startswith("AT-S.Help:AT+S.FSM=") for line in await replies(host, "AT+S.HELP")) is known


@FIRST_AND_SECOND
async def test_the_pwm_has_an_id_since_1_1_0(profile: FirmwareProfile) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        with_id = profile is FIRMWARE_1_1_0
        line = "AT+S.PWM=1,1000,50" if with_id else "AT+S.PWM=1000,50"
        assert (await replies(host, line))[-1].startswith("AT-S.OK")
        assert (host.module.pins.pwm(1) is not None) is with_id
        assert (host.module.pins.pwm(0) is not None) is not with_id
        assert await replies(host, "AT+S.PWM=1,1000,50,0") == ["AT-S.ERROR:6:Too many argument(s)"]
        assert (await replies(host, "AT+S.PWM=0,1000,50") == ["AT-S.ERROR:6:Too many argument(s)"]) is not with_id


@FIRST_AND_SECOND
async def test_gpio_19_and_20_came_with_1_1_0(profile: FirmwareProfile) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        assert (await replies(host, "AT+S.GPIOC=18,in"))[-1].startswith("AT-S.OK")
        for pin in (19, 20):
            refused = await replies(host, f"AT+S.GPIOC={pin},in") == ["AT-S.ERROR:20:Invalid GPIO Num (0-15)"]
            assert refused is (profile is FIRMWARE_1_0_0)
        assert await replies(host, "AT+S.GPIOC=21,in") == ["AT-S.ERROR:20:Invalid GPIO Num (0-15)"]


@pytest.mark.parametrize(
    ("profile", "error"),
    [(FIRMWARE_1_0_0, "60:IP not ready to send"), (FIRMWARE_1_1_0, "44:Wait for Connection Up")],
)
async def test_44_is_about_the_connection_since_1_1_0(profile: FirmwareProfile, error: str) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        assert await replies(host, "AT+S.HTTPGET=192.168.0.2") == [f"AT-S.ERROR:{error}"]


@FIRST_AND_SECOND
async def test_an_sd_card_takes_files_without_a_volume_since_1_1_0(profile: FirmwareProfile) -> None:
    async with running_module(profile=profile) as host:
        await host.boot()
        host.module.files._external_capacity = 4096
        host.module.files.mount(0)
        host.module.configuration.set("ext_volume", "1")
        await host.command("AT+S.FSC=a,1", b"x")
        (letter,) = [line[10] for line in await replies(host, "AT+S.FSL") if line.endswith("\ta")]
        assert letter == ("X" if profile is FIRMWARE_1_1_0 else "D")


async def test_an_unreadable_configuration_is_a_factory_reset_and_another_layout() -> None:
    """F-FR: both lines; F-CFG: the head was whole, so only the first."""
    flash = MemoryFlash()
    async with running_module(flash=flash, profile=FIRMWARE_1_0_0) as host:
        await host.boot()
        await host.command("AT+S.WCFG")
    whole = flash.areas[AREA]
    reset, updated = b"+WIND:65:Factory Reset:1\r\n", b"+WIND:73:System Configuration Updated\r\n"
    for content, lines in ((whole[:-1], reset), (b"\xff" * 64, reset + updated)):
        flash.areas[AREA] = content
        async with running_module(flash=flash, profile=FIRMWARE_1_0_0) as host:
            assert b"SPWF04SA\r\n" + lines + b"+WIND:0:" in await host.boot()


async def test_a_layout_that_cannot_be_saved_is_told_again() -> None:
    flash = MemoryFlash()
    async with running_module(flash=flash, profile=FIRMWARE_1_0_0) as host:
        await host.boot()
        await host.command("AT+S.WCFG")
    updated = b"+WIND:73:System Configuration Updated\r\n"
    async with running_module(flash=flash) as host:
        assert updated in await host.boot()
    async with running_module(flash=flash) as host:
        assert updated not in await host.boot()


@FIRST_AND_SECOND
def test_every_version_has_each_command_once(profile: FirmwareProfile) -> None:
    commands = all_commands(profile.version)
    assert len({item.spelling for item in commands}) == len(commands)
    assert len({item.spi_id for item in commands}) == len(commands)
    assert set(commands_by_spelling(profile.version)) >= {item.spelling for item in commands}


def test_every_command_has_a_latency_that_hosts_put_up_with() -> None:
    commands = {item.name for version in PROFILES for item in all_commands(PROFILES[version].version)}
    assert len(LATENCIES) == len(commands)
    assert {row.command for row in LATENCIES} == commands
    # MBED waits 0.3 s for an answer.
    assert all(0 <= row.seconds < 0.15 for row in LATENCIES)
    assert all(profile.latencies["WCFG"] == 0.05 for profile in PROFILES.values())
