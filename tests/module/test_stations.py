"""The miniAP's stations in the course of time: leases, silence, filter, probes of closed ports."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.surroundings.clock import ScaledClock
from emulator.surroundings.network import Knock
from firmware_model.events import Note
from firmware_model.outside import Station
from firmware_model.radio.dhcp_server import DhcpServer
from tests.module.station_host import joined_station
from tests.module_host import INSTANT, ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FIRST = Station("02:00:00:00:00:01", None, None)
SECOND = Station("02:00:00:00:00:02", None, None)
JOINED = b"+WIND:28:Station Associated:%s:0\r\n" % FIRST.mac.encode()
LEASED = b"+WIND:29:DHCP Reply:192.168.0.2:%s\r\n" % FIRST.mac.encode()
GONE = b"+WIND:72:Station Disassociated:%s\r\n" % FIRST.mac.encode()


@asynccontextmanager
async def mini_ap(*settings: str, factor: float = 1) -> AsyncIterator[ModuleHost]:
    """A miniAP that is up without stations; its time runs ``factor`` times as fast."""
    async with running_module(clock=ScaledClock(factor)) as host:
        for setting in settings:
            host.module.configuration.set(*setting.split(","))
        await start_mini_ap(host)
        yield host


async def test_a_station_renews_its_lease_in_the_middle_of_it() -> None:
    async with mini_ap("ip_dhcp_lease_time,20", factor=100) as host:
        host.air.station_joins(FIRST)
        assert await host.until(LEASED) == JOINED + LEASED
        clock = host.module.outside.clock
        joined = clock.monotonic()
        for _ in range(3):
            assert await host.until(b"\r\n") == LEASED
        assert clock.monotonic() - joined > 3 * 9.9


async def test_a_lease_for_ever_is_not_renewed() -> None:
    async with mini_ap("ip_dhcp_lease_time,0", "wifi_ap_idle_timeout,30", factor=100) as host:
        host.air.station_joins(FIRST)
        assert await host.until(LEASED) == JOINED + LEASED
        host.air.station_falls_silent(FIRST.mac)
        assert await host.until(b"\r\n") == GONE


async def test_a_silent_station_is_dropped_and_joins_when_it_sends_again() -> None:
    async with mini_ap("wifi_ap_idle_timeout,30", factor=100) as host:
        host.air.station_joins(FIRST)
        await host.until(LEASED)
        clock = host.module.outside.clock
        since = clock.monotonic()
        host.air.station_falls_silent(FIRST.mac)
        assert await host.until(b"\r\n") == GONE
        assert clock.monotonic() - since > 29.9
        assert "it has sent nothing for 30 s" in str(host.events(Note)[-1])
        assert b"wifi_num_assoc=0\r\n" in await host.command("AT+S.STS=wifi_num_assoc")
        host.air.station_speaks(FIRST.mac)
        assert await host.until(LEASED) == JOINED + LEASED


async def test_who_speaks_in_time_stays_and_renews() -> None:
    async with mini_ap("wifi_ap_idle_timeout,1000", "ip_dhcp_lease_time,20", factor=100) as host:
        host.air.station_joins(FIRST)
        await host.until(LEASED)
        host.air.station_falls_silent(FIRST.mac)
        host.air.station_joins(SECOND)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:02\r\n")
        # A silent station renews nothing: the second one does so on its own.
        assert await host.until(b"\r\n") == b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:02\r\n"
        host.air.station_speaks(FIRST.mac)
        await host.until(LEASED)
        assert b"wifi_num_assoc=2\r\n" in await host.command("AT+S.STS=wifi_num_assoc")


async def test_an_idle_timeout_of_0_drops_nobody() -> None:
    async with mini_ap("wifi_ap_idle_timeout,0", "ip_dhcp_lease_time,20", factor=100) as host:
        host.air.station_joins(FIRST._replace(silent=True))
        host.air.station_joins(SECOND)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:02\r\n")
        host.air.station_speaks(FIRST.mac)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:01\r\n")
        host.air.station_falls_silent(FIRST.mac)
        for _ in range(5):
            assert await host.until(b"\r\n") == b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:02\r\n"
        assert b"wifi_num_assoc=2\r\n" in await host.command("AT+S.STS=wifi_num_assoc")


async def test_a_station_that_leaves_keeps_its_address_as_long_as_the_lease() -> None:
    async with mini_ap() as host:
        host.air.station_joins(FIRST)
        await host.until(LEASED)
        host.air.station_leaves(FIRST.mac)
        await host.until(GONE)
        host.air.station_joins(SECOND)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:02\r\n")
        host.air.station_joins(FIRST)
        await host.until(LEASED)


def test_an_address_is_free_again_when_its_lease_is_over() -> None:
    class Hours:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

    clock = Hours()
    dhcp = DhcpServer(IPv4Interface("192.168.0.2/29"), 3600, clock)  # type: ignore[arg-type]
    assert [dhcp.give(mac) for mac in "abcdef"] == [f"192.168.0.{host}" for host in (3, 4, 5, 6)] + ["", ""]
    assert dhcp.renewal == 1800
    clock.now = 3000
    assert dhcp.give("b") == "192.168.0.4"
    clock.now = 3600
    assert [dhcp.give(mac) for mac in "ef"] == ["192.168.0.3", "192.168.0.5"]
    assert dhcp.give("b") == "192.168.0.4"
    assert dhcp.give("a") == "192.168.0.6"
    assert dhcp.give("z", wanted="192.168.0.77") == "192.168.0.77"


async def test_the_filter_lets_one_station_in() -> None:
    async with mini_ap(f"ip_macfilter,{SECOND.mac}") as host:
        host.air.station_joins(FIRST)
        host.air.station_joins(SECOND)
        assert await host.until(b"Reply:192.168.0.2:02:00:00:00:00:02\r\n") == (
            b"+WIND:28:Station Associated:02:00:00:00:00:02:0\r\n+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:02\r\n"
        )
        notes = [str(note) for note in host.events(Note)]
        assert [note for note in notes if FIRST.mac in note] == [
            f"note: station {FIRST.mac} is refused: ip_macfilter lets {SECOND.mac} in alone"
        ]


async def test_who_found_no_place_joins_when_one_is_free() -> None:
    async with mini_ap("ip_num_clients,1") as host:
        host.air.station_joins(FIRST)
        await host.until(LEASED)
        host.air.station_joins(SECOND)
        host.air.station_leaves(FIRST.mac)
        await host.until(GONE)
        assert await host.until(b"\r\n") == b"+WIND:28:Station Associated:02:00:00:00:00:02:0\r\n"


async def test_the_module_calls_itself_by_its_name_or_its_mac() -> None:
    async with joined_station(settings=("ip_hostname,kitchen",)) as host:
        assert host.air.host_name("00:80:E1:BD:00:39") == "kitchen"
    async with joined_station() as host:
        assert host.air.host_name("00:80:E1:BD:00:39") == "0-80-e1-bd-0-39"
        assert host.air.host_name(FIRST.mac) is None


@pytest.mark.parametrize(("scans", "closed"), [(0, Knock.SILENT), (1, Knock.REFUSED)])
async def test_what_a_port_scan_finds(scans: int, closed: Knock) -> None:
    async with Emulator(Settings(power_on="start")) as emulator:
        emulator.network.keep_numbers = False
        for name, value in {"wifi_mode": "3", "wifi_priv_mode": "0", "ip_allow_port_scans": str(scans)}.items():
            emulator.module.configuration.set(name, value)
        assert emulator.knock(18888) is Knock.SILENT
        await emulator.wait_for("+WIND:24:WiFi Up::")
        assert emulator.knock(18888) is closed
        listener = await emulator.network.listen(18888)
        assert emulator.knock(18888) is Knock.OPEN
        await listener.close()
        assert emulator.knock(18888) is closed


async def test_the_radio_may_stop_while_a_station_gets_its_address() -> None:
    async with running_module(stations=[FIRST], durations=INSTANT._replace(lease=1000)) as host:
        await start_mini_ap(host)
        await host.until(JOINED)
        assert await host.command("AT+S.WIFI=0") == b"AT-S.OK\r\n"
        assert await host.until(b"Down\r\n") == b"+WIND:49:WPA Terminated:0\r\n+WIND:38:WiFi Powered Down\r\n"
        gc.collect()  # a coroutine that nobody began would be noticed here
