from __future__ import annotations

import socket

import pytest

from firmware_model.events import Note
from tests.module_host import running_module, start_mini_ap

_OK = b"AT-S.OK\r\n"


async def test_the_tasks_tell_what_runs() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        tasks = b"AT-S.Task:Console:X\r\nAT-S.Task:WiFi:%b\r\nAT-S.Task:Python:S\r\n" + _OK
        assert await host.command("AT+S.RTOSSTS") == tasks % b"B"
        await host.command("AT+S.WIFI=0")
        assert await host.until(b"Down\r\n")
        assert await host.command("AT+S.RTOSSTS") == tasks % b"S"


async def test_connections_are_counted_from_the_start_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    async with running_module(maps=["192.168.0.2=127.0.0.1"]) as host:
        await start_mini_ap(host)
        statistics = b"AT-S.Stat:opened:0\r\nAT-S.Stat:failed:%d\r\nAT-S.Stat:closed:0\r\n" + _OK
        assert await host.command("AT+S.SSXSTS") == statistics % 0
        await host.command(f"AT+S.HTTPGET=192.168.0.2,/,{port}")
        assert await host.command("AT+S.SSXSTS") == statistics % 1


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("NVW=magic", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("MFGTEST=magic,HSI", b"AT-S.ERROR:110:Mfg test failed\r\n"),
        ("MFGTEST=magic,none", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("SELFTEST=magic,192.168.0.2,7,10,100,t", b"AT-S.ERROR:110:Mfg test failed\r\n"),
    ],
)
async def test_no_magic_word_is_known(line: str, reply: bytes) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command(f"AT+S.{line}") == reply


async def test_a_radio_request_takes_its_data_and_fails() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command("AT+S.CMDREQ=4", b"AT\r\0") == b"AT-S.ERROR:111:Request failed\r\n"
        assert "no processor" in str(host.events(Note)[-1])
        assert await host.command("AT") == _OK
