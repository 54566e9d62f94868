from __future__ import annotations

import pytest

from firmware_model.events import Indicated, Note
from firmware_model.outside import Station
from firmware_model.profile import Durations
from tests.module_host import running_module, start_mini_ap


async def test_boot_and_null_command_with_echo() -> None:
    async with running_module() as host:
        assert await host.boot() == (
            b"+WIND:1:Poweron:171117-0328fe3-SPWF04S\r\n"
            b"+WIND:13:Copyright (c) 2012-2017 STMicroelectronics, Inc. All rights Reserved:SPWF04SA\r\n"
            b"+WIND:0:Console active\r\n"
            b"+WIND:3:Watchdog Running:20\r\n"
            b"+WIND:32:WiFi Hardware Started\r\n"
        )
        assert await host.command("AT") == b"AT\r\nAT-S.OK\r\n"
        assert await host.command("at+s.scfg=console_echo,0") == b"at+s.scfg=console_echo,0\r\nAT-S.OK\r\n"
        assert await host.command("AT") == b"AT-S.OK\r\n"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AT+S.NONSENSE", b"AT-S.ERROR:1:Command not found\r\n"),
        ("hello", b"AT-S.ERROR:1:Command not found\r\n"),
        ("AT+S.", b"AT-S.ERROR:1:Command not found\r\n"),
        ("GCFG", b"AT-S.ERROR:1:Command not found\r\n"),
        ("AT=1", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
        ("AT+S.SCFG", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("AT+S.SCFG=console_echo", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("AT+S.GCFG=no_such_thing", b"AT-S.ERROR:4:Variable not found\r\n"),
        ("AT+S.STS=no_such_thing", b"AT-S.ERROR:4:Variable not found\r\n"),
        ("AT+S.WCFG=1", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
        ("AT+S.SCFG=a,b,c", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
        ("AT+S.SCFG=console_errs,3", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("AT+S.SCFG=nv_model,X", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("AT+S.WIFI=2", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("AT+S.SSIDTXT=" + 33 * "x", b"AT-S.ERROR:32:Argument exceeds allowed size\r\n"),
        ("AT+S.FSC=/f,0", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("AT+S.HELP=NONSENSE", b"AT-S.ERROR:1:Command not found\r\n"),
        ("AT+S.GCFG=" + 510 * "x", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
        ("AT+S.FSP=/none", b"AT-S.ERROR:51:Unable to open file\r\n"),
        ("AT+S.FSP=0:/none", b"AT-S.ERROR:29:Volume not mounted\r\n"),
        ("AT+S.FSD=/none", b"AT-S.ERROR:56:Unable to delete file\r\n"),
        ("AT+S.FSR=/none,/some", b"AT-S.ERROR:55:Unable to rename file\r\n"),
        ("AT+S.TLSCERT=other,3", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("AT+S.TLSCERT=content,3", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("AT+S.TLSCERT=ca,0", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("AT+S.TLSCERT=cert,1476", b"AT-S.ERROR:32:Argument exceeds allowed size\r\n"),
        ("AT+S.HTTPGET=192.168.0.2,conf,45061,2", b"AT-S.ERROR:44:Wait for Connection Up\r\n"),
    ],
)
async def test_errors_and_the_module_lives_on(line: str, reply: bytes) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert (await host.command(line)).endswith(reply)
        assert (await host.command("AT")).endswith(b"AT-S.OK\r\n")


async def test_commands_are_accepted_between_wind_0_and_wind_32() -> None:
    async with running_module(durations=Durations(0, 0, 0.2, 0, 0, 0, 0, 0)) as host:
        await host.until(b"+WIND:0:Console active\r\n")
        assert b"+WIND:32" not in await host.command("AT+S.FCFG")
        assert (await host.command("AT+S.WIFI=0")).endswith(b"AT-S.ERROR:18:Radio not running\r\n")
        assert (await host.command("AT+S.WIFI=1")).endswith(b"AT-S.OK\r\n")
        await host.boot()
        assert (await host.command("AT+S.WIFI=1")).split(b"\r\n")[-2].startswith(b"AT-S.ERROR:17:")


async def test_indications_wait_until_the_command_that_was_begun_is_answered() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        host.face.write(b"AT+S.ST")
        host.air.station_joins(Station("02:00:00:00:00:01", None, None))
        while not any(isinstance(event, Indicated) and event.number == 28 for event in host.events(Indicated)):
            await host.module.outside.clock.sleep(0)
        assert b"WIND:28" not in host.face.take()
        reply = await host.command("S=build")
        assert reply == b"AT-S.Var:build=171117-0328fe3-SPWF04S\r\nAT-S.OK\r\n"
        assert await host.until(b":0\r\n") == b"+WIND:28:Station Associated:02:00:00:00:00:01:0\r\n"


async def test_a_masked_indication_is_lost_not_queued() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        await host.command("AT+S.SCFG=console_wind_off_low,0x10000000")
        host.air.station_joins(Station("02:00:00:00:00:01", None, None))
        assert await host.until(b"\r\n") == b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n"
        await host.command("AT+S.SCFG=console_wind_off_low,0")
        assert host.face.take() == b""


async def test_the_repeater_repeats_the_last_command() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        first = await host.command("AT+S.STS=fw_version")
        assert await host.command("!") == first == b"AT-S.Var:fw_version=1.1.0\r\nAT-S.OK\r\n"
        assert await host.command("!") == first


async def test_the_delimiter_can_be_changed() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_delimiter,0x3B")
        assert (await host.command("AT+S.SSIDTXT=one, two")).endswith(b"AT-S.OK\r\n")
        await host.command("AT+S.SCFG=user_desc;a,b")
        assert b"AT-S.Var:user_desc=a,b\r\n" in await host.command("AT+S.GCFG=user_desc")


async def test_data_is_binary_safe_is_not_echoed_and_the_ok_follows_at_once() -> None:
    content = bytes(range(256)) + b"AT+S.RESET\r\nAT-S.OK\r\n"
    async with running_module() as host:
        await host.boot()
        assert (await host.command(f"AT+S.FSC=/f,{len(content)}", content)).endswith(b"AT+S.FSC=/f,277\r\nAT-S.OK\r\n")
        await host.command("AT+S.SCFG=console_echo,0")
        host.face.write(b"AT+S.FSP=/f\r")
        assert await host.until(b"AT-S.OK\r\nAT-S.OK\r\n") == content + b"AT-S.OK\r\n"


async def test_a_command_refused_before_its_data_leaves_the_data_to_the_console() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert (await host.command("AT+S.FSC=0:/f,3", b"AT\r")).endswith(b"AT-S.ERROR:29:Volume not mounted\r\n")
        assert await host.until(b"OK\r\n") == b"AT-S.OK\r\n"


async def test_missing_data_is_waited_for_and_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_model.console.console._PATIENCE", 0.01)
    async with running_module() as host:
        await host.boot()
        host.face.write(b"AT+S.FSC=/f,10\rAT\rA")
        while not host.events(Note):
            await host.module.outside.clock.sleep(0.005)
        assert "waits for 6 more octets" in str(host.events(Note)[0])
        host.face.write(b"T-S.OK")
        assert (await host.until(b"AT-S.OK\r\n")).endswith(b"AT-S.OK\r\n")
        assert b"AT\rAT-S.OKAT-S.OK\r\n" in await host.command("AT+S.FSP=/f")


async def test_the_console_variables_take_effect_at_once() -> None:
    async with running_module() as host:
        await host.boot()
        for setting in ("console_echo,0", "console_errs,1", "console_winds,1", "console_verbose,2"):
            await host.command(f"AT+S.SCFG={setting}")
        assert await host.command("AT+S.NONE") == b"AT-S.ERROR:1\r\n"
        assert await host.command("AT") == f"AT-S.OK:{host.module.heap.free}:{host.module.radio.state}\r\n".encode()
        await host.command("AT+S.SCFG=console_verbose,0")
        assert await host.command("AT+S.STS=fw_version") == b"AT-S.fw_version=1.1.0\r\nAT-S.OK\r\n"
