"""What the firmware tunes its radio to: rates, channels, the beacons of its own network."""

from __future__ import annotations

import pytest

from firmware_model.air import AccessPoint, Beacon, Security
from firmware_model.events import Note
from firmware_model.profile import FIRMWARE_1_0_0
from firmware_model.radio.rates import ALL, CCK, LEGACY
from firmware_model.radio.regulation import channels
from tests.module.station_host import HOME, UP, configured_station, joined_station, switch_radio_on_anew
from tests.module_host import ModuleHost, running_module

EVERY_RATE = "wifi_opr_rate_mask,0x003FFFCF"
OLD = HOME._replace(rates=LEGACY)


async def shown(host: ModuleHost, *names: str) -> list[str]:
    """The values of variables, each asked for as ``STS=name`` or ``PEERS=0,name``."""
    replies = [await host.command(f"AT+S.{name}") for name in names]
    return [reply.partition(b"=")[2].partition(b"\r")[0].decode() for reply in replies]


@pytest.mark.parametrize(
    ("access_point", "settings", "used", "fastest", "supported"),
    [
        (HOME, (), "0x00003FCF", "13", "0x003FFFCF"),
        (HOME, (EVERY_RATE,), "0x00003FCF", "13", "0x003FFFCF"),
        (HOME, (EVERY_RATE, "wifi_ht_mode,1"), "0x003FFFCF", "21", "0x003FFFCF"),
        (OLD, (EVERY_RATE, "wifi_ht_mode,1"), "0x00003FCF", "13", "0x00003FCF"),
        (HOME, ("wifi_opr_rate_mask,0x0000000F",), "0x0000000F", "3", "0x003FFFCF"),
    ],
)
async def test_the_rates_are_those_that_both_sides_know(
    access_point: AccessPoint, settings: tuple[str, ...], used: str, fastest: str, supported: str
) -> None:
    async with joined_station(access_point, settings=settings) as host:
        names = ("PEERS=0,rate_mask", "PEERS=0,cur_rate_idx", "STS=wifi_sup_rate_mask", "STS=wifi_bas_rate_mask")
        assert await shown(host, *names) == [used, fastest, supported, "0x0000000F"]


async def test_without_a_network_the_masks_are_the_modules_own() -> None:
    settings = ("wifi_mode,0", EVERY_RATE, "wifi_ht_mode,1", "wifi_bas_rate_mask,0x00000003")
    async with configured_station(settings=settings) as host:
        await switch_radio_on_anew(host)
        await host.boot()
        assert await shown(host, "STS=wifi_sup_rate_mask", "STS=wifi_bas_rate_mask") == ["0x003FFFCF", "0x00000003"]


async def test_an_access_point_refuses_who_does_not_know_its_basic_rates() -> None:
    async with configured_station(HOME, settings=("wifi_opr_rate_mask,0x00003FC0",)) as host:
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:75:Rejected Association:18\r\n")


@pytest.mark.parametrize(
    ("region", "country", "highest"),
    [
        (0, "USI", 11),
        (0, "ca", 11),
        (0, "JPI", 14),
        (0, "EUI", 13),
        (0, "", 13),
        (1, "JP", 11),
        (2, "US", 13),
        (3, "US", 14),
    ],
)
def test_region_and_country_decide_on_the_channels(region: int, country: str, highest: int) -> None:
    assert channels(region, country) == range(1, highest + 1)


@pytest.mark.parametrize(
    ("channel", "settings", "heard"),
    [
        (11, (), True),
        (12, (), False),
        (13, ("wifi_reg_country,EUI",), True),
        (13, ("wifi_reg_country,EUI", "wifi_region,1"), False),
        (14, ("wifi_region,2",), False),
        (14, ("wifi_region,3",), True),
    ],
)
async def test_a_network_on_a_forbidden_channel_is_not_heard(
    channel: int, settings: tuple[str, ...], heard: bool
) -> None:
    async with configured_station(HOME._replace(channel=channel), settings=settings) as host:
        await switch_radio_on_anew(host)
        await host.until(UP if heard else b"Complete:00\r\n")
        found = await host.command("AT+S.SCAN")
        assert (b"Parsing Networks:1\r\n" in found) is heard
        explained = [str(note) for note in host.events(Note) if f"is on channel {channel}" in str(note)]
        assert len(explained) == (not heard)


@pytest.mark.parametrize(("settings", "starts"), [((), False), (("wifi_region,2",), True)])
async def test_a_mini_ap_does_not_start_on_a_forbidden_channel(settings: tuple[str, ...], starts: bool) -> None:
    async with configured_station(settings=("wifi_mode,3", "wifi_channelnum,13", *settings)) as host:
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:26:Started AP:home\r\n" if starts else b"+WIND:27:AP Start Failed\r\n")
        assert any("channel 13 is not for use in USI" in str(note) for note in host.events(Note)) is not starts


async def test_the_beacons_of_the_mini_ap_say_what_is_configured() -> None:
    settings = (
        *("wifi_mode,3", "wifi_channelnum,9", "wifi_beacon_interval,250", "wifi_bas_rate_mask,0x00000003"),
        *("wifi_atim_window,20", "wifi_priv_mode,2", "wifi_wpa_psk_text,secret12", "wifi_reg_country,EUI"),
    )
    async with configured_station(settings=settings) as host:
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:24:")
        assert host.air.module_network == Beacon(
            ssid="home",
            bssid="00:80:E1:BD:00:39",
            channel=9,
            security=Security.WPA2,
            interval=250,
            rates=LEGACY,
            basic_rates=0x3,
            country="EUI",
        )
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        assert host.air.module_network is None


async def test_an_ibss_announces_its_atim_window() -> None:
    settings = ("wifi_mode,2", "wifi_atim_window,20", "wifi_ht_mode,1", EVERY_RATE)
    async with configured_station(settings=settings) as host:
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:26:Started AP:home\r\n+WIND:24:")
        beacon = host.air.module_network
        assert beacon is not None
        assert (beacon.ad_hoc, beacon.atim_window, beacon.interval) == (True, 20, 100)
        assert (beacon.rates, beacon.basic_rates, beacon.security) == (ALL, CCK, Security.OPEN)


async def test_firmware_1_0_0_announces_an_open_network_in_place_of_wpa() -> None:
    async with running_module(profile=FIRMWARE_1_0_0) as host:
        await host.boot()
        for line in ("SCFG=wifi_mode,3", "SCFG=wifi_priv_mode,2", "SSIDTXT=home", "WIFI=0", "WIFI=1"):
            await host.command(f"AT+S.{line}")
        await host.until(b"+WIND:24:")
        assert host.air.module_network is not None
        assert host.air.module_network.security is Security.OPEN
