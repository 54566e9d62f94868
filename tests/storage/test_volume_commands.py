from __future__ import annotations

import pytest

from tests.module_host import running_module

_OK = b"AT-S.OK\r\n"
_NOT_MOUNTED = b"AT-S.ERROR:29:Volume not mounted\r\n"


async def test_a_volume_is_unmounted_mounted_and_erased() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command("AT+S.FSC=1:/kept,1", b"x") == _OK
        assert await host.command("AT+S.FSU=1") == _OK
        assert await host.command("AT+S.FSP=1:/kept") == _NOT_MOUNTED
        assert b"user_fs=0" in await host.command("AT+S.STS=user_fs")
        assert await host.command("AT+S.FSM=1") == _OK
        assert b"user_fs=1" in await host.command("AT+S.STS=user_fs")
        assert await host.command("AT+S.FSP=1:/kept") == b"x" + _OK
        assert await host.command("AT+S.FSU=1,1") == _OK
        assert await host.command("AT+S.FSM=1") == _OK
        assert (await host.command("AT+S.FSP=1:/kept")).startswith(b"AT-S.ERROR:51")


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("FSU", _NOT_MOUNTED),
        ("FSM=0", _NOT_MOUNTED),
        ("FSM=4", _NOT_MOUNTED),
        ("FSM=256", _NOT_MOUNTED),
        ("FSU=3,1", b"AT-S.ERROR:59:Unable to unmount volume\r\n"),
        ("FSU=1,2", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("FSM", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
    ],
)
async def test_errors_of_the_volumes(line: str, reply: bytes) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command(f"AT+S.{line}") == reply
