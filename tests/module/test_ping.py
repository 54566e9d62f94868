"""AT+S.PING: what it prints for hosts that answer, hosts that do not, and hosts that are nowhere."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.network import MachineNetwork
from firmware_model.outside import NameNotFoundError
from tests.module_host import running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import Iterable


def answering(monkeypatch: pytest.MonkeyPatch, answers: Iterable[float | OSError | None]) -> list[tuple[str, int]]:
    """Let the network answer pings so, None by silence; returns what was asked."""
    coming = iter(answers)
    asked: list[tuple[str, int]] = []

    async def ping(_: MachineNetwork, host: str, size: int, *, uplink: bool) -> float:
        asked.append((host, size))
        answer = next(coming)
        if answer is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(answer, OSError):
            raise answer
        assert answer is not None
        return answer

    monkeypatch.setattr(MachineNetwork, "ping", ping)
    return asked


@pytest.mark.parametrize(
    ("line", "answers", "reply"),
    [
        (
            "AT+S.PING=1,56,192.168.0.2",
            [0.0123],
            b"AT-S.Ping:12:56\r\nAT-S.Ping Statistics:1:1\r\nAT-S.Ping Times:12:12:12\r\nAT-S.OK\r\n",
        ),
        (
            "AT+S.PING=3,1000,192.168.0.2",
            [0.010, None, 0.020],
            b"AT-S.Ping:10:1000\r\nAT-S.Ping Lost:1000\r\nAT-S.Ping:20:1000\r\n"
            b"AT-S.Ping Statistics:3:2\r\nAT-S.Ping Times:10:15:20\r\nAT-S.OK\r\n",
        ),
        (
            "AT+S.PING=2,,192.168.0.2",
            [None, None],
            b"AT-S.Ping Lost:56\r\nAT-S.Ping Lost:56\r\nAT-S.Ping Statistics:2:0\r\nAT-S.ERROR:111:Request failed\r\n",
        ),
        ("AT+S.PING=,,nobody", [NameNotFoundError("no such name")], b"AT-S.ERROR:65:DNS address failure\r\n"),
        ("AT+S.PING=,,192.168.0.9", [OSError(113, "No route to host")], b"AT-S.ERROR:111:Request failed\r\n"),
        ("AT+S.PING=0,56,192.168.0.2", [], b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("AT+S.PING=1,1473,192.168.0.2", [], b"AT-S.ERROR:32:Argument exceeds allowed size\r\n"),
        ("AT+S.PING=1,56", [], b"AT-S.ERROR:2:Missing argument(s)\r\n"),
    ],
)
async def test_every_ping_has_its_reply(
    monkeypatch: pytest.MonkeyPatch, line: str, answers: list[float | OSError | None], reply: bytes
) -> None:
    answering(monkeypatch, answers)
    async with running_module() as host:
        await start_mini_ap(host)
        host.module.pinger.patience, host.module.pinger.pause = 0.01, 0
        assert await host.command(line) == reply


async def test_size_and_count_have_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, [0.001])
    async with running_module() as host:
        await start_mini_ap(host)
        await host.command("AT+S.PING=,,192.168.0.2")
    assert asked == [("192.168.0.2", 56)]


async def test_this_machine_answers_for_a_mapped_host() -> None:
    async with running_module(maps=["192.168.0.2=127.0.0.1", "printer=localhost"]) as host:
        await start_mini_ap(host)
        for name in ("192.168.0.2", "printer"):
            reply = await host.command(f"AT+S.PING=1,56,{name}")
            assert re.fullmatch(
                rb"AT-S\.Ping:\d+:56\r\nAT-S\.Ping Statistics:1:1\r\nAT-S\.Ping Times:(\d+):\1:\1\r\nAT-S\.OK\r\n",
                reply,
            )
        assert await host.command("AT+S.PING=1,56,192.168.0.9") == b"AT-S.ERROR:111:Request failed\r\n"
        assert await host.command("AT+S.PING=1,56,nobody") == b"AT-S.ERROR:65:DNS address failure\r\n"


async def test_without_a_network_there_is_no_ping() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command("AT+S.PING=1,56,192.168.0.2") == b"AT-S.ERROR:44:Wait for Connection Up\r\n"
