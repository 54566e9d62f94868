from __future__ import annotations

import pytest

from emulator.configuration import parse_access_point
from firmware_model.events import Indicated, Note
from firmware_model.outside import Station
from firmware_model.radio.state import link_local
from firmware_model.tables.errors import AtError, Error
from tests.module_host import ModuleHost, running_module, start_mini_ap

FIRST = Station("02:00:00:00:00:01", None, None)
SECOND = Station("02:00:00:00:00:02", None, None)


async def indicated(host: ModuleHost, *numbers: int) -> list[int]:
    """Wait until as many indications as named have come; return their numbers."""
    while len(host.events(Indicated)) < len(numbers):
        await host.module.outside.clock.sleep(0.001)
    return [event.number for event in host.events(Indicated) if isinstance(event, Indicated)][: len(numbers)]


@pytest.mark.parametrize(
    ("wifi_mode", "numbers"),
    [
        (0, [1, 13, 0, 3, 32]),
        (1, [1, 13, 0, 3, 32, 21, 35, 21, 35]),
        (2, [1, 13, 0, 3, 32, 21, 35, 26, 24, 24]),
        (3, [1, 13, 0, 3, 32, 26, 24, 24]),
    ],
)
async def test_boot_indications_of_each_mode(wifi_mode: int, numbers: list[int]) -> None:
    async with running_module(wifi_mode=wifi_mode) as host:
        assert await indicated(host, *numbers) == numbers


async def test_station_mode_joins_an_open_network() -> None:
    async with running_module(access_points=[parse_access_point("home")]) as host:
        await host.boot()
        for line in ("AT+S.SCFG=wifi_mode,1", "AT+S.SCFG=wifi_priv_mode,0", "AT+S.SSIDTXT=home", "AT+S.WIFI=0"):
            await host.command(line)
        host.face.take()
        await host.command("AT+S.WIFI=1")
        assert await host.until(b"febd:39\r\n") == (
            b"+WIND:32:WiFi Hardware Started\r\n"
            b"+WIND:21:WiFi Scanning\r\n"
            b"+WIND:35:WiFi Scan Complete:00\r\n"
            b"+WIND:19:WiFi Join:98:DE:D0:EA:4C:62\r\n"
            b"+WIND:25:WiFi Association successful:home\r\n"
            b"+WIND:24:WiFi Up:0:192.168.1.100\r\n"
            b"+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39\r\n"
        )
        assert b"ip_gw=192.168.1.1\r\n" in await host.command("AT+S.STS=ip_gw")
        assert b"wifi_state=10\r\n" in await host.command("AT+S.STS=wifi_state")
        host.air.access_point_vanishes("home")
        assert await host.until(b"Network Lost\r\n") == b"+WIND:30:WiFi BSS Lost\r\n+WIND:33:WiFi Network Lost\r\n"
        host.air.access_point_appears(parse_access_point("home"))
        await host.until(b"+WIND:24:WiFi Up:0:192.168.1.100\r\n")


async def join_protected(host: ModuleHost, passphrase: str) -> None:
    await host.boot()
    for line in (
        "AT+S.SCFG=wifi_mode,1",
        f"AT+S.SCFG=wifi_wpa_psk_text,{passphrase}",
        "AT+S.SSIDTXT=home",
        "AT+S.WIFI=0",
        "AT+S.WIFI=1",
    ):
        await host.command(line)


async def test_station_mode_joins_a_protected_network() -> None:
    async with running_module(access_points=[parse_access_point("home,secret12")]) as host:
        await join_protected(host, "secret12")
        joined = await host.until(b"+WIND:24:WiFi Up:0:192.168.1.100\r\n")
        for number in (b"46:WPA Crunching PSK:home", b"19:", b"25:", b"51:WPA Handshake Complete"):
            assert b"+WIND:" + number in joined


async def test_a_wrong_pass_phrase_ends_in_deauthentication_again_and_again() -> None:
    async with running_module(access_points=[parse_access_point("home,secret12")]) as host:
        await join_protected(host, "wrong")
        for _ in range(3):
            await host.until(b"+WIND:40:WiFi Deauthentication:15\r\n")
        assert host.module.radio.address is None


async def test_static_address_and_auto_ip() -> None:
    async with running_module(access_points=[parse_access_point("home")]) as host:
        await host.boot()
        for line in ("wifi_mode,1", "wifi_priv_mode,0", "ip_use_dhcpc,0", "ip_ipaddr,10.0.0.7"):
            await host.command(f"AT+S.SCFG={line}")
        await host.command("AT+S.SSIDTXT=home")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        await host.until(b"+WIND:24:WiFi Up:0:10.0.0.7\r\n")
        await host.command("AT+S.SCFG=ip_use_dhcpc,2")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        await host.until(b"+WIND:24:WiFi Up:0:169.254.")


async def test_an_impossible_mask_is_explained_and_the_module_lives_on() -> None:
    async with running_module() as host:
        await host.boot()
        for line in ("wifi_mode,3", "ip_netmask,255.0.255.0"):
            await host.command(f"AT+S.SCFG={line}")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        while not host.events(Note):
            await host.module.outside.clock.sleep(0.001)
        assert "correct ip_ipaddr and ip_netmask" in str(host.events(Note)[0])
        assert (await host.command("AT")).endswith(b"AT-S.OK\r\n")


async def test_stations_come_and_go() -> None:
    async with running_module(stations=[FIRST]) as host:
        await start_mini_ap(host)
        assert await host.until(b"29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n") == (
            b"+WIND:28:Station Associated:02:00:00:00:00:01:0\r\n+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n"
        )
        host.air.station_joins(SECOND)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:02\r\n")
        assert b"wifi_num_assoc=2\r\n" in await host.command("AT+S.STS=wifi_num_assoc")
        host.air.station_leaves(FIRST.mac)
        assert await host.until(b"\r\n") == b"+WIND:72:Station Disassociated:02:00:00:00:00:01\r\n"
        host.air.station_joins(FIRST)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n")


async def test_a_station_with_a_wrong_pass_phrase_does_not_join_a_protected_mini_ap() -> None:
    async with running_module(stations=[Station(FIRST.mac, "wrong", None), SECOND]) as host:
        await host.boot()
        for line in ("wifi_mode,3", "wifi_wpa_psk_text,right one"):
            await host.command(f"AT+S.SCFG={line}")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        text = await host.until(b"+WIND:29:DHCP Reply:192.168.0.2:02:00:00:00:00:02\r\n")
        assert FIRST.mac.encode() not in text


async def test_the_mini_ap_takes_ip_num_clients_stations() -> None:
    async with running_module(stations=[FIRST, SECOND]) as host:
        await host.boot()
        await host.command("AT+S.SCFG=ip_num_clients,1")
        await host.command("AT+S.SCFG=wifi_mode,3")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        while not host.events(Note):
            await host.module.outside.clock.sleep(0.001)
        assert list(host.module.radio.stations) == [FIRST.mac]


async def test_without_dhcp_server_and_ipv6_their_indications_are_missing() -> None:
    async with running_module(stations=[FIRST]) as host:
        await host.boot()
        for line in ("wifi_mode,3", "ip_use_dhcpd,0", "ip_use_v6,0"):
            await host.command(f"AT+S.SCFG={line}")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        text = await host.until(b"+WIND:28:Station Associated:02:00:00:00:00:01:0\r\n")
        assert b"fe80" not in text
        assert b"DHCP" not in text + await host.command("AT")


async def test_switching_the_radio_off_and_on() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        assert await host.command("AT+S.WIFI=0") == b"AT-S.OK\r\n"
        assert await host.until(b"Down\r\n") == b"+WIND:49:WPA Terminated:0\r\n+WIND:38:WiFi Powered Down\r\n"
        assert await host.command("AT+S.WIFI=0") == b"AT-S.ERROR:18:Radio not running\r\n"
        assert b"ip_ipaddr=0.0.0.0\r\n" in await host.command("AT+S.STS=ip_ipaddr")
        with pytest.raises(AtError) as failure:
            host.module.radio.require_address()
        assert failure.value.error is Error.WAIT_FOR_CONNECTION_UP


def test_the_link_local_address_is_made_from_the_mac() -> None:
    assert link_local("00:80:E1:C4:00:2D") == "fe80:0:0:0:280:e1ff:fec4:2d"


async def test_the_radios_test_firmware_has_it_from_the_next_start_on() -> None:
    busy = b"AT-S.ERROR:42:Wait for Hardware Busy\r\n"
    async with running_module() as host:
        await host.boot()
        for line in ("console_echo,0", "etf_mode,1"):
            await host.command(f"AT+S.SCFG={line}")
        assert await host.command("AT+S.SCAN") != busy
        await host.command("AT+S.WCFG")
        host.module.reset()
        assert b"+WIND:32:" not in await host.until(b"+WIND:3:Watchdog Running:20\r\n")
        assert await host.command("AT+S.WIFI=1") == busy
        assert await host.command("AT+S.SCAN") == busy
        assert await host.command("AT+S.WIFI=0") == b"AT-S.ERROR:18:Radio not running\r\n"
        assert "there is no Wi-Fi until" in str(host.events(Note)[-1])
        for line in ("SCFG=etf_mode,0", "WCFG"):
            await host.command(f"AT+S.{line}")
        host.module.reset()
        await host.boot()
