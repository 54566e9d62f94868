"""A module in station mode, for the tests of the radio."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from emulator.configuration import parse_access_point
from tests.module_host import INSTANT, ModuleHost, running_module

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from firmware_model.air import AccessPoint
    from firmware_model.outside import Clock
    from firmware_model.profile import Durations

HOME = parse_access_point("home")
SECRET = parse_access_point("home,secret12")
UP = b"+WIND:24:WiFi Up:0:192.168.1.100\r\n"
UP_V6 = b"+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39\r\n"


@asynccontextmanager
async def configured_station(
    *access_points: AccessPoint,
    settings: tuple[str, ...] = (),
    durations: Durations = INSTANT,
    clock: Clock | None = None,
) -> AsyncIterator[ModuleHost]:
    """Run a module that idles, ready to join ``home`` with WIFI=0 and WIFI=1; open unless ``settings`` say else."""
    async with running_module(access_points=access_points, durations=durations, clock=clock) as host:
        await host.boot()
        for line in ("console_echo,0", "wifi_mode,1", "wifi_priv_mode,0", *settings):
            reply = await host.command(f"AT+S.SCFG={line}")
            assert reply.endswith(b"AT-S.OK\r\n"), (line, reply)
        await host.command("AT+S.SSIDTXT=home")
        yield host


async def switch_radio_on_anew(host: ModuleHost) -> None:
    """Let the settings take effect."""
    await host.command("AT+S.WIFI=0")
    await host.until(b"Powered Down\r\n")
    assert await host.command("AT+S.WIFI=1") == b"AT-S.OK\r\n"


@asynccontextmanager
async def joined_station(
    *access_points: AccessPoint,
    settings: tuple[str, ...] = (),
    durations: Durations = INSTANT,
    clock: Clock | None = None,
) -> AsyncIterator[ModuleHost]:
    """Run a module that has joined ``home``, every indication so far read."""
    joining = configured_station(*(access_points or (HOME,)), settings=settings, durations=durations, clock=clock)
    async with joining as host:
        await switch_radio_on_anew(host)
        await host.until(UP_V6)
        yield host
