"""FWUPDATE and FSUPDATE over a real HTTP server, and what the next boots make of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.images import firmware_image
from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import Note
from firmware_model.profile import BUILD_170726, FIRMWARE_1_0_0, FIRMWARE_1_1_0, FIRMWARE_1_2_0
from firmware_model.storage.volumes import volume_image
from firmware_model.updates.firmware import RUNNING_AREA, WAITING_AREA, FirmwareFlash
from firmware_model.updates.image import Image, Kind
from tests.doubles import FallibleFlash, RecordingTimeline
from tests.module_host import INSTANT, ModuleHost, running_module, start_mini_ap
from tests.updates.servers import Files, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from firmware_model.profile import FirmwareProfile

KEY = bytes(range(1, 17))
NEW = firmware_image("1.2.0", size=40_000)
FETCHED = b"AT-S.Http Server Status Code:200\r\nAT-S.Update:%d\r\nAT-S.Update:%d\r\nAT-S.Update:%d\r\nAT-S.OK\r\n"
FAILED = b"AT-S.ERROR:111:Request failed\r\n"


@asynccontextmanager
async def module_facing(
    contents: Mapping[str, bytes], flash: MemoryFlash | None = None, profile: FirmwareProfile = FIRMWARE_1_1_0
) -> AsyncIterator[tuple[ModuleHost, Files]]:
    with serving(contents) as files:
        async with running_module(
            maps=[f"192.168.0.2:80=127.0.0.1:{files.port}"],
            flash=flash,
            profile=profile,
            durations=INSTANT._replace(firmware_update=0),
        ) as host:
            await start_mini_ap(host)
            # After a reset the radio idles and says no more.
            for line in ("AT+S.SCFG=wifi_mode,0", "AT+S.WCFG"):
                await host.command(line)
            yield host, files


async def restarted(host: ModuleHost) -> list[str]:
    """Reset, and return the indications up to WIND 32."""
    host.face.take()
    host.face.write(b"AT+S.RESET\r")
    return (await host.boot()).decode().splitlines()


def notes(host: ModuleHost) -> str:
    return "\n".join(map(str, host.events(Note)))


def banner(build: str) -> list[str]:
    return [
        f"+WIND:1:Poweron:{build}",
        "+WIND:13:Copyright (c) 2012-2017 STMicroelectronics, Inc. All rights Reserved:SPWF04SA",
    ]


CONSOLE = ["+WIND:0:Console active", "+WIND:3:Watchdog Running:20", "+WIND:32:WiFi Hardware Started"]


@pytest.mark.parametrize("manner", ["", "?chunked"])
async def test_an_update_is_installed_at_the_next_boot_which_resets_once_more(manner: str) -> None:
    octets = NEW.octets()
    async with module_facing({"/fw.img": octets}) as (host, files):
        reply = await host.command(f"AT+S.FWUPDATE=i,192.168.0.2,/fw.img{manner},,,user,secret")
        first, second, last = (int(line.split(b":")[1]) for line in reply.splitlines()[1:4])
        assert reply == FETCHED % (first, second, last)
        assert (first // 16384, second // 16384, last) == (1, 2, len(octets))
        assert files.authorizations == ["Basic dXNlcjpzZWNyZXQ="]
        assert b"fw_version=1.1.0" in await host.command("AT+S.STS=fw_version")
        assert await restarted(host) == ["+WIND:17:F/W update complete!", *banner(NEW.build), *CONSOLE]
        assert b"fw_version=1.2.0" in await host.command("AT+S.STS=fw_version")
        assert f"build={NEW.build}".encode() in await host.command("AT+S.STS=build")
        assert await restarted(host) == [*banner(NEW.build), *CONSOLE]


async def test_the_image_may_be_encrypted_with_the_key_of_the_configuration() -> None:
    async with module_facing({"/fw.img": NEW.octets(KEY, bytes(16))}) as (host, _):
        for line in (f"AT+S.SCFG=aes128_key,{KEY.hex(':')}", "AT+S.WCFG", "AT+S.FWUPDATE=i,192.168.0.2,/fw.img"):
            assert (await host.command(line)).endswith(b"AT-S.OK\r\n")
        assert (await restarted(host))[0] == "+WIND:17:F/W update complete!"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"ST's own image, or anything", "this is no image"),
        (NEW.octets()[:-1], "damaged"),
        (NEW.octets(KEY), "another key"),
        (Image(Kind.USER, b"").octets(), "of the kind 'user'"),
        (Image(Kind.FIRMWARE, b"", "9.9.9", "?").octets(), "'9.9.9' is not known"),
    ],
)
async def test_a_bad_image_is_erased_at_the_next_boot_and_the_old_firmware_runs(octets: bytes, reason: str) -> None:
    flash = MemoryFlash()
    async with module_facing({"/fw.img": octets}, flash) as (host, _):
        assert (await host.command("AT+S.FWUPDATE=i,192.168.0.2,/fw.img")).endswith(b"AT-S.OK\r\n")
        assert flash.areas[WAITING_AREA] == octets
        assert await restarted(host) == [*banner(FIRMWARE_1_1_0.build), *CONSOLE]
        assert WAITING_AREA not in flash.areas
        assert reason in notes(host)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("i,192.168.0.2,/none", b"AT-S.Http Server Status Code:404\r\nAT-S.Http Server Error:404\r\n" + FAILED),
        ("i,192.168.0.3,/fw.img", b"AT-S.Http Client Error:1\r\n" + FAILED),
        ("e,192.168.0.2,/fw.img", b"AT-S.ERROR:29:Volume not mounted\r\n"),
        ("x,192.168.0.2,/fw.img", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("i", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("i,192.168.0.2,/fw.img,,,,,", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
    ],
)
@pytest.mark.parametrize("command", ["FWUPDATE", "FSUPDATE"])
async def test_what_cannot_be_fetched_changes_nothing(command: str, line: str, reply: bytes) -> None:
    flash = MemoryFlash()
    async with module_facing({"/fw.img": NEW.octets()}, flash) as (host, _):
        before = dict(flash.areas)
        assert await host.command(f"AT+S.{command}={line}") == reply
        assert flash.areas == before


async def test_half_an_image_is_not_kept() -> None:
    flash = MemoryFlash()
    async with module_facing({"/fw.img": NEW.octets()}, flash) as (host, _):
        reply = await host.command("AT+S.FWUPDATE=i,192.168.0.2,/fw.img?cut")
        assert reply.endswith(b"AT-S.Http Client Error:3\r\n" + FAILED)
        assert WAITING_AREA not in flash.areas


async def test_an_image_beyond_the_flash_is_refused() -> None:
    async with module_facing({"/fw.img": bytes(1024 * 1024 + 1)}) as (host, _):
        assert (await host.command("AT+S.FWUPDATE=i,192.168.0.2,/fw.img")).endswith(FAILED)
        assert "larger than the 1048576 octets" in notes(host)


async def test_an_update_needs_the_network() -> None:
    async with running_module() as host:
        await host.boot()
        reply = await host.command("AT+S.FWUPDATE=i,192.168.0.2,/fw.img")
        assert reply.endswith(b"AT-S.ERROR:44:Wait for Connection Up\r\n")


async def test_another_layout_of_the_configuration_is_told_once_and_values_are_kept() -> None:
    image = firmware_image("1.1.0", size=100)
    async with module_facing({"/fw.img": image.octets()}, profile=FIRMWARE_1_0_0) as (host, _):
        for line in ("AT+S.SCFG=user_desc,mine", "AT+S.WCFG", "AT+S.FWUPDATE=i,192.168.0.2,/fw.img"):
            assert b"AT-S.OK:" in await host.command(line)
        updated = "+WIND:73:System Configuration Updated"
        assert (await restarted(host))[-4] == updated
        assert await host.command("AT+S.GCFG=user_desc") == b"AT-S.Var:user_desc=mine\r\nAT-S.OK\r\n"
        assert b"ramdisk_memsize=16" in await host.command("AT+S.GCFG=ramdisk_memsize")
        assert updated not in await restarted(host)


async def test_the_recipe_update_reset_fcfg_restores_the_factory_set() -> None:
    image = firmware_image("1.1.0", size=100)
    async with module_facing({"/fw.img": image.octets()}, profile=FIRMWARE_1_0_0) as (host, _):
        for line in ("AT+S.SCFG=user_desc,mine", "AT+S.WCFG", "AT+S.FWUPDATE=i,192.168.0.2,/fw.img"):
            await host.command(line)
        await restarted(host)
        await host.command("AT+S.FCFG")
        await restarted(host)
        assert b"user_desc=anonymous" in await host.command("AT+S.GCFG=user_desc")


async def test_the_update_outlives_the_power_and_another_factory_firmware_ends_it() -> None:
    flash = MemoryFlash()
    async with module_facing({"/fw.img": NEW.octets()}, flash) as (host, _):
        await host.command("AT+S.FWUPDATE=i,192.168.0.2,/fw.img")
        await restarted(host)
    async with running_module(flash=flash) as host:
        assert NEW.build.encode() in await host.boot()
    async with running_module(flash=flash, profile=FIRMWARE_1_0_0) as host:
        assert FIRMWARE_1_0_0.build.encode() in await host.boot()
    assert RUNNING_AREA not in flash.areas


@pytest.mark.parametrize("record", [b"", b"garbage", b"SPWF04Sx firmware 1 00000000\n"])
def test_a_damaged_record_boots_the_firmware_the_module_came_with(record: bytes) -> None:
    flash = FirmwareFlash(MemoryFlash({RUNNING_AREA: record}), RecordingTimeline(), FIRMWARE_1_1_0)
    assert flash.running() is FIRMWARE_1_1_0


def test_a_failing_flash_keeps_the_old_firmware() -> None:
    flash, timeline = FallibleFlash(), RecordingTimeline()
    firmware = FirmwareFlash(flash, timeline, BUILD_170726)
    firmware.store(NEW.octets())
    flash.broken = True
    assert not firmware.waiting
    assert not firmware.install(bytes(16))
    assert firmware.running() is BUILD_170726
    flash.broken = False
    assert firmware.waiting
    assert firmware.install(bytes(16))
    assert not firmware.waiting
    assert firmware.running().version == FIRMWARE_1_2_0.version


@pytest.mark.parametrize(
    ("target", "kind", "path"), [("i", Kind.USER, "1:/new.txt"), ("i", Kind.APPLICATION, "3:/new.txt")]
)
async def test_a_file_system_is_replaced_and_seen_after_the_next_reset(target: str, kind: Kind, path: str) -> None:
    image = Image(kind, volume_image({"new.txt": b"new"}, 1000))
    async with module_facing({"/fs.img": image.octets()}) as (host, _):
        await host.command("AT+S.FSC=1:/old.txt,3", b"old")
        reply = await host.command(f"AT+S.FSUPDATE={target},192.168.0.2,/fs.img")
        assert reply.endswith(b"AT-S.Update:%d\r\nAT-S.OK\r\n" % len(image.octets()))
        assert (await host.command(f"AT+S.FSP={path}")).startswith(b"AT-S.ERROR:51:")
        await restarted(host)
        assert await host.command(f"AT+S.FSP={path}") == b"newAT-S.OK\r\n"
        old_is_gone = (await host.command("AT+S.FSP=1:/old.txt")).startswith(b"AT-S.ERROR:51:")
        assert old_is_gone == (kind is Kind.USER)


async def test_the_external_volume_of_an_spwf04sc_is_replaced() -> None:
    image = Image(Kind.EXTERNAL, volume_image({"new.txt": b"new"}, 1000))
    async with module_facing({"/fs.img": image.octets()}) as (host, _):
        host.module.files._external_capacity = 4096
        assert (await host.command("AT+S.FSUPDATE=e,192.168.0.2,/fs.img")).endswith(b"AT-S.OK\r\n")
        await restarted(host)
        assert await host.command("AT+S.FSP=0:/new.txt") == b"newAT-S.OK\r\n"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (NEW.octets(), "'firmware' does not belong there"),
        (Image(Kind.EXTERNAL, b"").octets(), "'external' does not belong there"),
        (Image(Kind.USER, b"no volume").octets(), "damaged"),
        (Image(Kind.USER, volume_image({"a": bytes(65537)}, 1 << 20)).octets(), "exceed"),
        (b"", "this is no image"),
    ],
)
async def test_a_bad_file_system_image_leaves_the_files_alone(octets: bytes, reason: str) -> None:
    flash = MemoryFlash()
    async with module_facing({"/fs.img": octets}, flash) as (host, _):
        await host.command("AT+S.FSC=1:/old.txt,3", b"old")
        before = dict(flash.areas)
        assert (await host.command("AT+S.FSUPDATE=i,192.168.0.2,/fs.img")).endswith(FAILED)
        assert reason in notes(host)
        assert flash.areas == before
