"""AT+S.SCAN: the exact lines, the filters, the file, the errors."""

from __future__ import annotations

import asyncio
import re

import pytest

from emulator.configuration import parse_access_point
from firmware_model.air import AccessPoint, Hindrance, Security
from tests.module.station_host import HOME, configured_station, joined_station, switch_radio_on_anew
from tests.module_host import INSTANT, ModuleHost, running_module

# The formats that two host drivers parse. MBED: up to 4 characters, colon, TAB; then a fixed form in which the
# capabilities take 5 characters; an 8-bit RSSI with its sign. XC: "RSSI: -%d", and words with a blank after each.
MBED_LINE = re.compile(
    r".{1,4}:\t BSS ([0-9A-F]{2}(?::[0-9A-F]{2}){5}) CHAN: (\d+) RSSI: (-\d{1,3}) SSID: '(.*)' CAPS: [0-9A-F]{4} (.*)"
)
XC_LINE = re.compile(r"(\d+):\t BSS ([^ ]+) CHAN: (\d+) RSSI: -(\d+) SSID: '([^']*)' ([^\n]*)")

OTHER = parse_access_point("other,secret12", 1)._replace(channel=1, rssi=-80, wps=True)
REPEATER = HOME._replace(bssid="02:00:00:00:00:99", channel=11, rssi=-30)


def network(security: Security, **changes: object) -> AccessPoint:
    return HOME._replace(security=security, **changes)  # type: ignore[arg-type]


async def scan(host: ModuleHost, line: str = "AT+S.SCAN") -> str:
    await host.command("AT+S.SCFG=console_echo,0")
    return (await host.command(line)).decode("latin-1")


async def test_the_lines_letter_for_letter() -> None:
    async with running_module(access_points=[HOME, OTHER]) as host:
        await host.boot()
        assert await scan(host) == (
            "AT-S.Parsing Networks:2\r\n"
            "1:\t BSS 98:DE:D0:EA:4C:63 CHAN: 1 RSSI: -80 SSID: 'other' CAPS: 0431 WPA2 WPS \r\n"
            "2:\t BSS 98:DE:D0:EA:4C:62 CHAN: 6 RSSI: -50 SSID: 'home' CAPS: 0421 \r\n"
            "AT-S.OK\r\n"
        )
        assert await host.until(b"Complete:00\r\n") == b"+WIND:21:WiFi Scanning\r\n+WIND:35:WiFi Scan Complete:00\r\n"
        assert b"wifi_chan_activity=0x00000021\r\n" in await host.command("AT+S.STS=wifi_chan_activity")
        assert b"wifi_state=3\r\n" in await host.command("AT+S.STS=wifi_state")


async def test_the_lines_as_two_host_drivers_parse_them() -> None:
    strongest, weakest = HOME._replace(rssi=0), OTHER._replace(rssi=-127, channel=11)
    async with running_module(access_points=[strongest, weakest]) as host:
        await host.boot()
        head, *lines, end, empty = (await scan(host, "AT+S.SCAN=s,")).split("\r\n")
        assert (head, end, empty) == ("AT-S.Parsing Networks:2", "AT-S.OK", "")
        for number, (line, expected) in enumerate(zip(lines, (strongest, weakest), strict=True), 1):
            mbed, xc = MBED_LINE.fullmatch(line), XC_LINE.fullmatch(line)
            assert mbed is not None
            assert xc is not None
            assert mbed.group(1) == xc.group(2) == expected.bssid
            assert int(mbed.group(2)) == int(xc.group(3)) == expected.channel
            assert int(mbed.group(3)) == -int(xc.group(4)) == expected.rssi
            assert mbed.group(4) == xc.group(5) == expected.ssid
            assert ("WPA2" in mbed.group(5).split(" ")) == ("WPA2 " in xc.group(6)) == (expected is weakest)
            assert int(xc.group(1)) == number


@pytest.mark.parametrize(
    ("access_point", "tail"),
    [
        (network(Security.OPEN), "0421 "),
        (network(Security.ANY), "0421 "),
        (network(Security.WEP), "0431 WEP "),
        (network(Security.WPA), "0431 WPA "),
        (network(Security.WPA2), "0431 WPA2 "),
        (network(Security.WPA_WPA2, wps=True), "0431 WPA WPA2 WPS "),
        (network(Security.ENTERPRISE), "0431 WPA2 "),
        (network(Security.OPEN, ad_hoc=True), "0422 "),
    ],
)
async def test_capabilities_and_words(access_point: AccessPoint, tail: str) -> None:
    async with running_module(access_points=[access_point]) as host:
        await host.boot()
        assert (await scan(host)).split("\r\n")[1].endswith(f" CAPS: {tail}")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("", [("home", 6), ("guest", 6), ("home", 11)]),
        ("=", [("home", 6), ("guest", 6), ("home", 11)]),
        ("=d", [("home", 6), ("guest", 6), ("home", 11)]),
        ("=s", [("guest", 6), ("home", 11)]),
        ("=M", [("home", 6), ("home", 11)]),
    ],
)
async def test_the_filters_keep_the_strongest(kind: str, seen: list[tuple[str, int]]) -> None:
    guest = HOME._replace(ssid="guest", rssi=-51)
    async with running_module(access_points=[HOME, guest, REPEATER]) as host:
        await host.boot()
        lines = (await scan(host, f"AT+S.SCAN{kind}")).split("\r\n")[1:-2]
        matches = [match for match in map(XC_LINE.fullmatch, lines) if match]
        assert [(match.group(5), int(match.group(3))) for match in matches] == seen


async def test_nothing_in_the_air() -> None:
    async with running_module() as host:
        await host.boot()
        assert await scan(host) == "AT-S.Parsing Networks:0\r\nAT-S.OK\r\n"


async def test_a_hidden_network_shows_no_name_and_is_found_by_name() -> None:
    async with configured_station(HOME._replace(hidden=True)) as host:
        assert "SSID: ''" in await scan(host)
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:25:WiFi Association successful:home\r\n")


async def test_the_list_goes_to_a_file_and_replaces_the_older_one() -> None:
    async with running_module(access_points=[HOME]) as host:
        await host.boot()
        line = "1:\t BSS 98:DE:D0:EA:4C:62 CHAN: 6 RSSI: -50 SSID: 'home' CAPS: 0421 \r\n"
        for _ in range(2):
            assert await scan(host, "AT+S.SCAN=d,/scan.txt") == "AT-S.Parsing Networks:1\r\nAT-S.OK\r\n"
            await host.until(b"Complete:00\r\n")
        assert host.module.files.read("/scan.txt").decode() == line


async def test_scanning_while_joined_keeps_the_link() -> None:
    async with joined_station() as host:
        assert "'home'" in await scan(host)
        assert b"wifi_state=10\r\n" in await host.command("AT+S.STS=wifi_state")


@pytest.mark.parametrize("line", ["AT+S.SCAN=x", "AT+S.SCAN=ss"])
async def test_an_unknown_filter_is_error_7(line: str) -> None:
    async with running_module() as host:
        await host.boot()
        assert await scan(host, line) == "AT-S.ERROR:7:Invalid argument(s)\r\n"


async def test_a_scan_needs_a_running_radio() -> None:
    async with running_module(durations=INSTANT._replace(radio_start=0.2)) as host:
        await host.until(b"+WIND:3:Watchdog Running:20\r\n")
        assert await scan(host) == "AT-S.ERROR:43:Wait for Hardware Starting\r\n"
        await host.boot()
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        assert await scan(host) == "AT-S.ERROR:18:Radio not running\r\n"


async def test_a_scan_while_station_mode_scans_is_error_40() -> None:
    async with configured_station(durations=INSTANT._replace(scan=0.2)) as host:
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:21:WiFi Scanning\r\n")
        assert await scan(host) == "AT-S.ERROR:40:Scan in Progress\r\n"


async def test_a_scan_that_fails_is_wind_23_and_error_41() -> None:
    async with running_module(access_points=[HOME]) as host:
        await host.boot()
        host.air.hinder(Hindrance.SCAN)
        assert await scan(host) == "AT-S.ERROR:41:Scan Failed\r\n"
        assert await host.until(b"Failed\r\n") == b"+WIND:21:WiFi Scanning\r\n+WIND:23:Scan Failed\r\n"
        host.air.lift(Hindrance.SCAN)
        assert "'home'" in await scan(host)


async def test_a_scan_that_the_hardware_cuts_off_is_error_99() -> None:
    async with running_module(durations=INSTANT._replace(scan=10)) as host:
        await host.boot()
        scanning = asyncio.create_task(scan(host))
        while "Scanning" not in str(host.entries[-1].event):
            await host.module.outside.clock.sleep(0.001)
        host.air.break_radio(3)
        assert await scanning == "AT-S.ERROR:99:Scan Aborted\r\n"
        await host.until(b"+WIND:5:WiFi Hardware Failure:3\r\n")
