"""RAM and flash copies of the configuration, resets, status: as a host sees them."""

from __future__ import annotations

import pytest

from emulator.surroundings.flash import MemoryFlash
from firmware_model.commands import all_commands
from tests.doubles import FallibleFlash
from tests.module_host import ModuleHost, running_module


async def values(host: ModuleHost, command: str) -> dict[str, str]:
    await host.command("AT+S.SCFG=console_echo,0")
    lines = (await host.command(command)).decode("latin-1").split("\r\n")
    assert lines[-2:] == ["AT-S.OK", ""]
    # An indication may come between two commands.
    found = [line for line in lines[:-2] if not line.startswith("+WIND:")]
    return dict(line.removeprefix("AT-S.Var:").split("=", 1) for line in found)


async def test_gcfg_lists_the_101_variables_and_at_v_is_the_same() -> None:
    async with running_module() as host:
        await host.boot()
        listed = await values(host, "AT+S.GCFG")
        assert len(listed) == 101
        assert list(listed)[:4] == ["nv_manuf", "nv_model", "nv_serial", "nv_wifi_macaddr"]
        assert list(listed)[-1] == "ip_mdns_startup"
        assert await values(host, "AT&V") == listed


@pytest.mark.parametrize("name", ["nv_manuf", "nv_model", "nv_serial", "nv_wifi_macaddr"])
async def test_the_identity_can_only_be_read(name: str) -> None:
    async with running_module() as host:
        await host.boot()
        before = await values(host, f"AT+S.GCFG={name}")
        for value in (before[name], "00:80:E1:00:00:01", ""):
            refused = b"AT-S.ERROR:7:" if value else b"AT-S.ERROR:2:"
            assert (await host.command(f"AT+S.SCFG={name},{value}")).startswith(refused)
        await host.command("AT+S.WCFG")
        assert await values(host, f"AT+S.GCFG={name}") == before


async def test_a_setting_lives_in_ram_until_it_is_saved() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=user_desc,mine")
        await host.command("AT+S.SCFG=wifi_mode,0")
        assert b"user_desc=mine" in await host.command("AT+S.GCFG=USER_DESC")
        host.face.write(b"AT+S.RESET\r")
        await host.boot()
        assert b"user_desc=anonymous" in await host.command("AT+S.GCFG=user_desc")
        for line in ("AT+S.SCFG=user_desc,mine", "AT+S.SCFG=wifi_mode,0", "AT+S.WCFG"):
            await host.command(line)
        host.face.write(b"AT+S.RESET\r")
        await host.boot()
        assert b"user_desc=mine" in await host.command("AT+S.GCFG=user_desc")


async def test_reset_prints_no_ok_and_boots_at_once() -> None:
    async with running_module() as host:
        await host.boot()
        host.face.write(b"AT+S.RESET\r")
        assert (await host.boot()).startswith(b"AT+S.RESET\r\n+WIND:1:Poweron:171117-0328fe3-SPWF04S\r\n")
        assert (await values(host, "AT+S.STS=nv_reset_cycles")) == {"nv_reset_cycles": "1"}
        assert (await values(host, "AT+S.STS=nv_power_cycles")) == {"nv_power_cycles": "1"}


async def test_the_factory_set_is_in_force_after_the_next_reset() -> None:
    async with running_module() as host:
        await host.boot()
        for line in ("AT+S.SCFG=user_desc,mine", "AT+S.WCFG", "AT+S.FCFG"):
            await host.command(line)
        assert b"user_desc=mine" in await host.command("AT+S.GCFG=user_desc")
        host.face.write(b"AT+S.RESET\r")
        await host.boot()
        assert b"user_desc=anonymous" in await host.command("AT+S.GCFG=user_desc")


async def test_flash_outlives_the_process() -> None:
    flash = MemoryFlash()
    async with running_module(flash=flash) as host:
        await host.boot()
        await host.command("AT+S.SCFG=user_desc,mine")
        await host.command("AT+S.WCFG")
        await host.command("AT+S.FSC=1:/kept,4", b"kept")
        await host.command("AT+S.FSC=/lost,4", b"lost")
    async with running_module(flash=flash) as host:
        await host.boot()
        assert b"user_desc=mine" in await host.command("AT+S.GCFG=user_desc")
        assert (await host.command("AT+S.FSP=1:/kept")).endswith(b"keptAT-S.OK\r\n")
        assert (await host.command("AT+S.FSP=/lost")).endswith(b"AT-S.ERROR:51:Unable to open file\r\n")
        assert (await values(host, "AT+S.STS=nv_power_cycles")) == {"nv_power_cycles": "2"}


async def test_a_damaged_configuration_boots_with_the_factory_set_and_is_kept() -> None:
    flash = MemoryFlash()
    async with running_module(flash=flash) as host:
        await host.boot()
        await host.command("AT+S.WCFG")
    damaged = flash.areas["configuration"] = flash.areas["configuration"][:-3] + b"???"
    async with running_module(flash=flash) as host:
        assert b"SPWF04SA\r\n+WIND:65:Factory Reset:1\r\n+WIND:0:" in await host.boot()
        assert flash.areas["configuration"] == damaged


async def test_a_flash_that_cannot_be_written_is_error_101() -> None:
    flash = FallibleFlash()
    async with running_module(flash=flash) as host:
        await host.boot()
        flash.broken = True
        for line in ("AT+S.WCFG", "AT+S.FCFG"):
            assert (await host.command(line)).endswith(b"AT-S.ERROR:101:Failed to write flash\r\n")
        reply = await host.command("AT+S.TLSCERT=auth,20", bytes(20))
        assert reply.endswith(b"AT-S.ERROR:101:Failed to write flash\r\n")
        assert (await host.command("AT")).endswith(b"AT-S.OK\r\n")


async def test_sts_lists_the_41_variables() -> None:
    async with running_module() as host:
        await host.boot()
        listed = await values(host, "AT+S.STS")
        assert len(listed) == 41
        assert list(listed)[:3] == ["build", "fw_version", "boot_version"]
        assert list(listed)[-1] == "ip_dns2v6"
        assert listed["fw_version"] == "1.1.0"
        assert await values(host, "AT+S.STS=IP_FROM_AUTOIP") == {"ip_from_AutoIP": "0"}


async def test_the_ssid_is_three_variables() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SSIDTXT=My Router AP")
        listed = await values(host, "AT+S.GCFG")
        assert listed["wifi_ssid_len"] == "12"
        assert listed["wifi_ssid"].startswith("4D:79:20:52:6F:75:74:65:72:20:41:50:00:")
        assert await host.command("AT+S.SSIDTXT") == b"AT-S.SSID:My Router AP\r\nAT-S.OK\r\n"


async def test_the_time_is_set_in_seconds_and_read_as_a_date() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert (await host.command("AT+S.TIME")).startswith(b"AT-S.Date:00.01.01:00\r\nAT-S.Time:00.00.0")
        await host.command("AT+S.TIME=1504170338")
        assert (await host.command("AT+S.TIME")).startswith(b"AT-S.Date:17.08.31:00\r\nAT-S.Time:09.05.3")
        assert await host.command("AT+S.TIME=yesterday") == b"AT-S.ERROR:33:Argument evaluated to zero\r\n"


async def test_files_as_host_drivers_use_them() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        await host.command("AT+S.FSC=/a.txt,5", b"hello")
        await host.command("AT+S.FSC=a.txt,6", b" world")
        assert await host.command("AT+S.FSP=/a.txt,,") == b"hello worldAT-S.OK\r\n"
        assert await host.command("AT+S.FSP=2:/a.txt,6,5") == b"worldAT-S.OK\r\n"
        assert await host.command("AT+S.FSP=a.txt,6,100") == b"AT-S.Read Cap:5\r\nworldAT-S.OK\r\n"
        assert await host.command("AT+S.FSP=a.txt,12") == b"AT-S.ERROR:52:Unable to seek file\r\n"
        assert await host.command("AT+S.FSL") == b"AT-S.Free:16373\r\nAT-S.File:D\t11\ta.txt\r\nAT-S.OK\r\n"
        digests = {
            0: "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
            1: "2f05477fc24bb4faefd86517156dafdecec45b8ad3cf2522a563582b",
            2: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
            3: "5eb63bbbe01eeed093cb22bb8f5acdc3",
        }
        for kind, digest in digests.items():
            assert await host.command(f"AT+S.HASH={kind},a.txt") == f"AT-S.Hash:{digest}\r\nAT-S.OK\r\n".encode()
        assert await host.command("AT+S.FSR=a.txt,/b.txt") == b"AT-S.OK\r\n"
        await host.command("AT+S.FSL=list.txt")
        assert await host.command("AT+S.FSP=list.txt") == b"D\t11\tb.txt\r\nAT-S.OK\r\n"
        assert await host.command("AT+S.FSD=/b.txt") == b"AT-S.OK\r\n"
        assert await host.command("AT+S.FSD=/b.txt") == b"AT-S.ERROR:56:Unable to delete file\r\n"
        reply = await host.command("AT+S.FSC=big,20000", bytes(20000))
        assert reply == b"AT-S.ERROR:50:Unable to access RAM filesystem\r\n"
        assert await host.command("AT+S.FSP=big") == b"AT-S.ERROR:51:Unable to open file\r\n"


async def test_help_names_every_command_or_the_one_asked_for() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        everything = (await host.command("AT+S.HELP")).split(b"\r\n")
        assert len(everything) == len(all_commands()) + 2
        assert await host.command("AT+S.HELP=fsd") == b"AT-S.Help:AT+S.FSD=<filename>:Delete a file\r\nAT-S.OK\r\n"
