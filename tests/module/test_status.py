"""AT+S.STS: each variable in a situation where its value is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from firmware_model.outside import Station
from firmware_model.tables.statuses import STATUSES
from tests.module.station_host import HOME, joined_station, switch_radio_on_anew
from tests.module_host import running_module, start_mini_ap

if TYPE_CHECKING:
    from tests.module_host import ModuleHost


async def status(host: ModuleHost, name: str = "") -> dict[str, str]:
    """The variables that STS shows."""
    reply = await host.command(f"AT+S.STS={name}" if name else "AT+S.STS")
    return dict(re.findall(r"AT-S\.Var:(\w+)=(.*)\r\n", reply.decode()))


AT_THE_START = {
    "build": "171117-0328fe3-SPWF04S",
    "system_sleeptime": "0",
    "reset_reason": "4",
    "startup": "0",
    "gpio_enable": "0x00000000",
    "user_fs": "1",
    "extvol_fs": "0",
    "nv_power_cycles": "1",
    "nv_wdog_resets": "0",
    "nv_reset_cycles": "0",
    "wifi_state": "3",
    "wifi_own_macaddr": "00:80:E1:BD:00:39",
    "wifi_bssid": "00:00:00:00:00:00",
    "wifi_aid": "0",
    "wifi_channelnum": "0",
    "wifi_sup_rate_mask": "0x00003FCF",
    "wifi_bas_rate_mask": "0x0000000F",
    "wifi_chan_activity": "0x00000000",
    "wifi_max_tx_power": "18",
    "wifi_gf_mode": "0",
    "wifi_reg_country": "USI",
    "wifi_dtim_period": "3",
    "wifi_num_assoc": "0",
    "ip_from_AutoIP": "0",
    "ip_ipaddr": "0.0.0.0",
    "ip_linklocal": "0:0:0:0:0:0:0:0",
    "ip_local": "0:0:0:0:0:0:0:0",
    "ip_dns1v6": "0:0:0:0:0:0:0:0",
    "ip_dns2v6": "0:0:0:0:0:0:0:0",
}
JOINED = {
    "wifi_state": "10",
    "wifi_bssid": HOME.bssid,
    "wifi_aid": "1",
    "wifi_channelnum": str(HOME.channel),
    "wifi_chan_activity": f"0x{1 << (HOME.channel - 1):08X}",
    "wifi_num_assoc": "0",
    "ip_from_AutoIP": "0",
    "ip_ipaddr": "192.168.1.100",
    "ip_netmask": "255.255.255.0",
    "ip_gw": "192.168.1.1",
    "ip_dns1": "192.168.1.1",
    "ip_linklocal": "fe80:0:0:0:280:e1ff:febd:39",
    "ip_local": "fd00:0:0:0:0:0:0:7",
    "ip_dns1v6": "fd00:0:0:0:0:0:0:1",
    "ip_dns2v6": "fd00:0:0:0:0:0:0:2",
}
OWN_SETTINGS = {
    "wifi_max_tx_power": ("wifi_tx_power", "7"),
    "wifi_reg_country": ("wifi_reg_country", "JP"),
    "ip_local": ("ip_local", "fd00:0:0:0:0:0:0:9"),
    "ip_dns1v6": ("ip_dns1v6", "fd00:0:0:0:0:0:0:8"),
}


async def test_at_the_start() -> None:
    async with running_module() as host:
        await host.boot()
        values = await status(host)
        assert {name: values[name] for name in AT_THE_START} == AT_THE_START
        assert list(values) == [row.name for row in STATUSES if row.listed]


async def test_joined() -> None:
    settings = tuple(f"{name},{JOINED[name]}" for name in ("ip_local", "ip_dns1v6", "ip_dns2v6"))
    async with joined_station(settings=settings) as host:
        values = await status(host)
        assert {name: values[name] for name in JOINED} == JOINED


async def test_with_an_address_of_its_own_choice() -> None:
    async with joined_station(settings=("ip_use_dhcpc,2",)) as host:
        assert await status(host, "ip_from_AutoIP") == {"ip_from_AutoIP": "1"}


async def test_in_the_mini_ap() -> None:
    async with running_module(stations=[Station("02:00:00:00:00:01", None, None)]) as host:
        await start_mini_ap(host)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n")
        assert await status(host, "wifi_num_assoc") == {"wifi_num_assoc": "1"}
        assert await status(host, "wifi_aid") == {"wifi_aid": "0"}
        assert await status(host, "wifi_state") == {"wifi_state": "10"}


@pytest.mark.parametrize(("name", "setting"), OWN_SETTINGS.items())
async def test_what_follows_a_setting(name: str, setting: tuple[str, str]) -> None:
    async with joined_station() as host:
        before = await status(host, name)
        await host.command(f"AT+S.SCFG={','.join(setting)}")
        assert await status(host, name) == before
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:24:WiFi Up::")
        assert await status(host, name) == {name: setting[1]}


async def test_after_a_reset() -> None:
    async with running_module() as host:
        await host.boot()
        host.module.reset()
        await host.boot()
        for name, value in (("reset_reason", "1"), ("startup", "1"), ("nv_reset_cycles", "1"), ("nv_wdog_resets", "0")):
            assert await status(host, name) == {name: value}


async def test_times_and_heap() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.TIME=1500000000")
        assert 0 <= int((await status(host, "system_time"))["system_time"]) - 1_500_000_000 <= 20
        host.module.started_at -= 3600
        assert 3600 <= int((await status(host, "system_uptime"))["system_uptime"]) <= 3620
        free = int((await status(host, "free_heap"))["free_heap"])
        with host.module.heap.allocated(1_000):
            assert await status(host, "free_heap") == {"free_heap": str(free - 1_000)}
        assert await status(host, "free_heap") == {"free_heap": str(free)}
        assert await status(host, "min_heap") == {"min_heap": str(free - 1_000)}


async def test_ram_disk_is_only_told_when_asked_for() -> None:
    async with running_module() as host:
        await host.boot()
        assert await status(host, "ram_fs") == {"ram_fs": "1"}
        await host.command("AT+S.FSU=2")
        assert await status(host, "ram_fs") == {"ram_fs": "0"}


async def test_random_numbers_differ() -> None:
    async with running_module() as host:
        await host.boot()
        numbers = [(await status(host, "random_number"))["random_number"] for _ in range(2)]
        drawn = re.search(rb"AT-S\.Random:(\d+)\r\n", await host.command("AT+S.RANDOM"))
        assert drawn is not None
        numbers.append(drawn[1].decode())
        assert len(set(numbers)) == 3
        assert all(0 <= int(number) < 2**32 for number in numbers)
