"""Everything that can go wrong between the module and an access point, and how the host learns of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.admission import wpa_key
from emulator.surroundings.air import Air
from firmware_model.air import AccessPoint, Hindrance, IncidentKind, Security
from firmware_model.events import Indicated, Note
from tests.module.station_host import (
    HOME,
    SECRET,
    UP,
    UP_V6,
    configured_station,
    joined_station,
    switch_radio_on_anew,
)
from tests.module_host import INSTANT, ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import Callable

SCANNED = b"+WIND:21:WiFi Scanning\r\n+WIND:35:WiFi Scan Complete:00\r\n"
JOINED = b"+WIND:19:WiFi Join:98:DE:D0:EA:4C:62\r\n+WIND:25:WiFi Association successful:home\r\n"
WPA = ("wifi_priv_mode,2", "wifi_wpa_psk_text,secret12")
WEP_KEY = "76543210ab"
WEP_HOME = HOME._replace(security=Security.WEP, passphrase=WEP_KEY)
RAW_KEY = wpa_key("secret12", "home").hex()
PATIENT = INSTANT._replace(beacon_return=30)


async def start(host: ModuleHost, *expected: bytes) -> None:
    """Start the radio; the indications after WIND 32 must begin like this."""
    await switch_radio_on_anew(host)
    await host.boot()
    await follows(host, *expected)


async def follows(host: ModuleHost, *expected: bytes) -> None:
    """The next octets must be exactly these."""
    text = b"".join(expected)
    got = b""
    while len(got) < len(text):
        got += await host.until(b"\r\n")
    assert got == text


def told(host: ModuleHost, number: int) -> bool:
    return any(isinstance(event, Indicated) and event.number == number for event in host.events(Indicated))


def test_the_wpa_key_of_the_standards_test_vector() -> None:
    # IEEE 802.11, annex on pass phrase mapping: "password" and SSID "IEEE".
    assert wpa_key("password", "IEEE").hex() == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert wpa_key(RAW_KEY, "any") == bytes.fromhex(RAW_KEY)


@pytest.mark.parametrize(
    ("fail", "expected"),
    [
        (lambda air: air.ignore_authentication("home"), b"+WIND:76:WiFi Authentication Timed Out\r\n"),
        (lambda air: air.refuse_authentication("home", 13), b"+WIND:20:WiFi Join Failed:13\r\n"),
        (lambda air: air.ignore_association("home"), b"+WIND:77:WiFi Association Timed Out\r\n"),
        (lambda air: air.refuse_association("home", 17), b"+WIND:75:Rejected Association:17\r\n"),
    ],
)
async def test_an_access_point_that_does_not_let_the_module_in(fail: Callable[[Air], None], expected: bytes) -> None:
    async with configured_station(HOME) as host:
        fail(host.air)
        await start(host, SCANNED, expected, SCANNED, expected)
        host.air.welcome("home")
        await host.until(UP)


@pytest.mark.parametrize(
    ("access_point", "settings", "good"),
    [
        (SECRET, WPA, True),
        (SECRET, ("wifi_priv_mode,2", "wifi_wpa_psk_text,secret13"), False),
        (SECRET, ("wifi_priv_mode,2", f"wifi_wpa_psk_raw,{RAW_KEY}"), True),
        (SECRET, ("wifi_priv_mode,2", f"wifi_wpa_psk_raw,{'00' * 31}01"), False),
        # The text wins over the raw key.
        (SECRET, ("wifi_priv_mode,2", f"wifi_wpa_psk_raw,{RAW_KEY}", "wifi_wpa_psk_text,secret13"), False),
        (SECRET._replace(passphrase=RAW_KEY), ("wifi_priv_mode,2", f"wifi_wpa_psk_raw,{RAW_KEY}"), True),
        (SECRET._replace(passphrase=None), ("wifi_priv_mode,2", "wifi_wpa_psk_text,anything"), True),
    ],
)
async def test_wpa_keys_as_text_and_raw(access_point: AccessPoint, settings: tuple[str, ...], good: bool) -> None:
    crunching = b"+WIND:46:WPA Crunching PSK:home\r\n" if any("psk_text" in line for line in settings) else b""
    verdict = b"+WIND:51:WPA Handshake Complete\r\n" + UP if good else b"+WIND:40:WiFi Deauthentication:15\r\n"
    async with configured_station(access_point, settings=settings) as host:
        await start(host, SCANNED, crunching, JOINED, verdict)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((f"wifi_wep_keys[0],{WEP_KEY}",), JOINED + UP),
        ((f"wifi_wep_keys[0],{WEP_KEY}", "wifi_wep_key_lens,05", "wifi_auth_type,1"), JOINED + UP),
        ((f"wifi_wep_keys[1],{WEP_KEY}", "wifi_wep_default_key,1"), JOINED + UP),
        ((f"wifi_wep_keys[2],{WEP_KEY}", "wifi_wep_default_key,2"), JOINED + UP),
        ((f"wifi_wep_keys[3],{WEP_KEY}ff", "wifi_wep_default_key,3", "wifi_wep_key_lens,00000005"), JOINED + UP),
        (("wifi_wep_keys[0],0000000000", "wifi_auth_type,1"), b"+WIND:20:WiFi Join Failed:15\r\n"),
        ((), b"+WIND:50:WPA Start Failed\r\n"),
    ],
)
async def test_wep_keys(settings: tuple[str, ...], expected: bytes) -> None:
    async with configured_station(WEP_HOME, settings=("wifi_priv_mode,1", *settings)) as host:
        await start(host, SCANNED, expected)


async def test_a_wrong_wep_key_with_open_system_authentication_shows_as_missing_dhcp() -> None:
    settings = ("wifi_priv_mode,1", "wifi_wep_keys[0],0000000000", "ip_dhcp_timeout,1")
    async with configured_station(WEP_HOME, settings=settings) as host:
        await start(host, SCANNED, JOINED, b"+WIND:85:DHCP failed to get a lease\r\n")


@pytest.mark.parametrize(
    ("password", "verdict"),
    [("sesame", b"+WIND:51:WPA Handshake Complete\r\n"), ("other", b"+WIND:40:WiFi Deauthentication:23\r\n")],
)
async def test_enterprise_passwords(password: str, verdict: bytes) -> None:
    office = HOME._replace(security=Security.ENTERPRISE, identity="ali", passphrase="sesame")
    settings = ("wifi_priv_mode,3", "wifi_eap_type,4", "wifi_eap_identity,ali", f"wifi_eap_passwd,{password}")
    async with configured_station(office, settings=settings) as host:
        await start(host, SCANNED, JOINED, verdict)


async def test_a_network_of_another_security_is_rejected_and_the_log_says_what_to_set() -> None:
    async with configured_station(SECRET) as host:
        rejected = b"+WIND:74:Rejected Found Network\r\n"
        await start(host, SCANNED, rejected, SCANNED, rejected)
        assert [str(note) for note in host.events(Note) if "priv_mode" in str(note)] == [
            "note: 'home' is wpa2; it needs AT+S.SCFG=wifi_priv_mode,2"
        ]


async def test_without_any_key_wpa_does_not_start() -> None:
    async with configured_station(SECRET, settings=("wifi_priv_mode,2",)) as host:
        await start(host, SCANNED, b"+WIND:50:WPA Start Failed\r\n")


async def test_an_access_point_that_takes_anybody_needs_no_key() -> None:
    anybody = HOME._replace(ssid="*", security=Security.ANY, passphrase=None)
    async with configured_station(anybody, settings=("wifi_priv_mode,2",)) as host:
        await start(host, SCANNED, JOINED)


async def test_the_strongest_access_point_of_the_name_is_joined() -> None:
    near = HOME._replace(bssid="02:00:00:00:00:99", rssi=-20)
    async with configured_station(HOME, near) as host:
        await start(host, SCANNED, b"+WIND:19:WiFi Join:02:00:00:00:00:99\r\n")
        await host.until(UP_V6)
        host.air.access_point_vanishes("02:00:00:00:00:99")
        await host.until(b"+WIND:19:WiFi Join:98:DE:D0:EA:4C:62\r\n")


async def test_no_dhcp_answer_is_wind_85_until_the_server_is_back() -> None:
    async with configured_station(HOME, settings=("ip_dhcp_timeout,1",)) as host:
        host.air.stop_dhcp("home")
        await start(host, SCANNED, JOINED, b"+WIND:85:DHCP failed to get a lease\r\n")
        assert (await host.command("AT+S.RENEW")) == b"AT-S.ERROR:61:Cannot renew IP address\r\n"
        host.air.start_dhcp("home")
        await host.until(UP)


@pytest.mark.parametrize(
    ("happen", "expected"),
    [
        (lambda air: air.deauthenticate("home", 7), b"+WIND:40:WiFi Deauthentication:7\r\n"),
        (lambda air: air.disassociate("home"), b"+WIND:41:WiFi Disassociation:2\r\n"),
        (lambda air: air.disassociate("98:DE:D0:EA:4C:62", 8), b"+WIND:41:WiFi Disassociation:8\r\n"),
    ],
)
async def test_thrown_out_the_module_joins_again(happen: Callable[[Air], None], expected: bytes) -> None:
    async with joined_station() as host:
        happen(host.air)
        await follows(host, expected, SCANNED, JOINED, UP)


async def test_another_networks_farewell_does_not_concern_the_module() -> None:
    other = HOME._replace(ssid="other", bssid="02:00:00:00:00:99")
    async with joined_station(HOME, other) as host:
        host.air.deauthenticate("other")
        host.air.fail_integrity()
        await follows(host, b"+WIND:78:MIC Failure\r\n")
        assert host.module.radio.address is not None


async def test_lost_beacons_and_their_return() -> None:
    async with joined_station(durations=PATIENT) as host:
        host.air.access_point_vanishes("home")
        await follows(host, b"+WIND:30:WiFi BSS Lost\r\n")
        host.air.access_point_appears(HOME)
        await follows(host, b"+WIND:14:WiFi BSS Regained\r\n")
        assert await host.command("AT+S.STS=ip_ipaddr") == b"AT-S.Var:ip_ipaddr=192.168.1.100\r\nAT-S.OK\r\n"


async def test_a_short_gap_goes_unnoticed() -> None:
    async with joined_station(durations=PATIENT._replace(beacon=3)) as host:
        host.air.access_point_vanishes("home")
        await host.command("AT")
        host.air.access_point_appears(HOME)
        host.air.deauthenticate("home")
        await follows(host, b"+WIND:40:WiFi Deauthentication:3\r\n")
        assert not told(host, 30)


async def test_a_network_that_stays_away_is_lost() -> None:
    async with joined_station() as host:
        host.air.access_point_vanishes("home")
        await follows(host, b"+WIND:30:WiFi BSS Lost\r\n+WIND:33:WiFi Network Lost\r\n", SCANNED)
        status = await host.command("AT+S.STS=ip_ipaddr")
        assert b"ip_ipaddr=0.0.0.0\r\n" in status


async def test_the_signal_crosses_threshold_and_hysteresis() -> None:
    async with joined_station(settings=("wifi_rssi_thresh,-70", "wifi_rssi_hyst,5")) as host:
        for level, expected in (
            (-70, b""),
            (-71, b"+WIND:15:WiFi Signal Low:-71\r\n"),
            (-90, b""),
            (-66, b""),
            (-65, b"+WIND:16:WiFi Signal OK:-65\r\n"),
            (-80, b"+WIND:15:WiFi Signal Low:-80\r\n"),
        ):
            host.air.set_signal("home", level)
            if expected:
                await follows(host, expected)
            else:
                assert await host.command("AT") == b"AT-S.OK\r\n"
        levels = [event.text for event in host.events(Indicated) if isinstance(event, Indicated) and event.number < 17]
        assert [text for text in levels if "Signal" in text] == [
            "WiFi Signal Low:-71",
            "WiFi Signal OK:-65",
            "WiFi Signal Low:-80",
        ]


async def test_without_a_threshold_the_signal_does_not_matter() -> None:
    async with joined_station() as host:
        host.air.set_signal("home", -120)
        assert b"rx_rssi=-120" in await host.command("AT+S.PEERS=0,rx_rssi")
        assert not told(host, 15)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (IncidentKind.UNKNOWN_MANAGEMENT_FRAME, b"+WIND:42:WiFi Unhandled Management Frame\r\n"),
        (IncidentKind.UNKNOWN_DATA_FRAME, b"+WIND:43:WiFi Unhandled Data Frame\r\n"),
        (IncidentKind.UNKNOWN_FRAME, b"+WIND:44:WiFi Unhandled Unknown Frame\r\n"),
        (IncidentKind.ILLEGAL_FRAME, b"+WIND:45:Dot11 Illegal\r\n"),
    ],
)
async def test_frames_that_nobody_expects(kind: IncidentKind, expected: bytes) -> None:
    async with joined_station() as host:
        host.air.send_odd_frame(kind)
        await follows(host, expected)


async def test_the_radios_hardware_fails_and_is_started_again() -> None:
    async with joined_station() as host:
        host.air.break_radio(4)
        await follows(host, b"+WIND:5:WiFi Hardware Failure:4\r\n")
        status = await host.command("AT+S.STS=wifi_state")
        assert status == b"AT-S.Var:wifi_state=1\r\nAT-S.OK\r\n"
        assert b"ip_ipaddr=0.0.0.0" in await host.command("AT+S.STS=ip_ipaddr")
        await start(host, SCANNED, JOINED, UP)


async def test_a_radio_that_does_not_start() -> None:
    async with configured_station(HOME) as host:
        host.air.hinder(Hindrance.RADIO_START)
        await switch_radio_on_anew(host)
        await follows(host, b"+WIND:11:Radio Startup Error\r\n")
        assert b"wifi_state=1\r\n" in await host.command("AT+S.STS=wifi_state")
        host.air.lift(Hindrance.RADIO_START)
        await host.command("AT+S.WIFI=1")
        await host.until(UP)


async def test_a_mini_ap_that_does_not_start() -> None:
    async with running_module() as host:
        await start_mini_ap(host)
        host.air.hinder(Hindrance.ACCESS_POINT_START)
        await start(host, b"+WIND:27:AP Start Failed\r\n")
        assert host.module.radio.address is None
        host.air.lift(Hindrance.ACCESS_POINT_START)
        await start(host, b"+WIND:26:Started AP:test\r\n+WIND:24:WiFi Up:0:192.168.0.50\r\n")


async def test_a_failing_scan_is_told_and_repeated() -> None:
    async with configured_station(HOME) as host:
        host.air.hinder(Hindrance.SCAN)
        await start(host, b"+WIND:21:WiFi Scanning\r\n+WIND:23:Scan Failed\r\n" * 2)
        host.air.lift(Hindrance.SCAN)
        await host.until(UP)


async def test_settings_wait_for_the_next_start() -> None:
    async with joined_station() as host:
        for line in ("AT+S.SSIDTXT=elsewhere", "AT+S.SCFG=wifi_priv_mode,2", "AT+S.SCFG=ip_use_v6,0"):
            await host.command(line)
        host.air.deauthenticate("home")
        await follows(host, b"+WIND:40:WiFi Deauthentication:3\r\n", SCANNED, JOINED, UP, UP_V6)


async def test_renew_takes_a_new_lease() -> None:
    async with joined_station() as host:
        assert await host.command("AT+S.RENEW") == b"AT-S.OK\r\n"
        assert not [event for event in host.events(Indicated) if "192.168.7." in str(event)]
        host.air.renumber("home", "192.168.7.20/24", "192.168.7.1")
        assert await host.command("AT+S.RENEW") == b"AT-S.OK\r\n"
        await follows(host, b"+WIND:24:WiFi Up:0:192.168.7.20\r\n", UP_V6)
        for variable in (b"ip_gw", b"ip_dns1"):
            assert variable + b"=192.168.7.1\r\n" in await host.command(b"AT+S.STS=" + variable)


async def test_renew_without_an_answer_is_error_62() -> None:
    async with joined_station(settings=("ip_dhcp_timeout,1",)) as host:
        host.air.stop_dhcp("home")
        assert await host.command("AT+S.RENEW") == b"AT-S.ERROR:62:Failed to renew IP address\r\n"
        assert host.module.radio.address is not None


@pytest.mark.parametrize("settings", [("wifi_mode,0",), ("wifi_mode,3",), ("wifi_mode,1", "ip_use_dhcpc,0")])
async def test_renew_without_a_lease_is_error_61(settings: tuple[str, ...]) -> None:
    async with configured_station(HOME, settings=settings) as host:
        await switch_radio_on_anew(host)
        await host.boot()
        assert b"AT-S.ERROR:61:Cannot renew IP address\r\n" in await host.command("AT+S.RENEW")


@pytest.mark.parametrize(
    ("setting", "line", "typed"),
    [
        ("wifi_wps_pin,", "AT+S.WPS", ""),
        ("wifi_wps_pin,", "AT+S.WPS=12345670", "12345670"),
        ("wifi_wps_pin,87654325", "AT+S.WPS", "87654325"),
        ("wifi_wps_pin,87654325", "AT+S.WPS=12345670", "12345670"),
    ],
)
async def test_wps_learns_the_network_and_joins(setting: str, line: str, typed: str) -> None:
    async with configured_station(SECRET._replace(wps=True), settings=("wifi_mode,0", setting)) as host:
        await switch_radio_on_anew(host)
        await host.boot()
        assert await host.command(line) == b"AT-S.OK\r\n"
        await follows(host, b"+WIND:81:WPS Generated DH Keyset\r\n", SCANNED)
        host.air.press_wps("home", typed)
        await host.until(b"+WIND:51:WPA Handshake Complete\r\n" + UP)
        assert b"wifi_wpa_psk_text=secret12\r\n" in await host.command("AT+S.GCFG=wifi_wpa_psk_text")
        assert b"wifi_priv_mode=2\r\n" in await host.command("AT+S.GCFG=wifi_priv_mode")
        told = [(await host.command(f"AT+S.GCFG=nv_{name}")).decode() for name in ("manuf", "model", "serial")]
        assert host.air.enrollee is not None
        assert host.air.enrollee.mac == "00:80:E1:BD:00:39"
        assert [line.partition("=")[2].partition("\r")[0] for line in told] == list(host.air.enrollee[1:])


@pytest.mark.parametrize("pin", ["1", "1234567a", "-1234567"])
async def test_a_pin_in_the_configuration_has_8_digits(pin: str) -> None:
    async with configured_station() as host:
        assert await host.command(f"AT+S.SCFG=wifi_wps_pin,{pin}") == b"AT-S.ERROR:7:Invalid argument(s)\r\n"
        assert (await host.command("AT+S.SCFG=wifi_wps_pin,123456789")).startswith(b"AT-S.ERROR:32:")
        assert await host.command("AT+S.SCFG=wifi_wps_pin,12345670") == b"AT-S.OK\r\n"


@pytest.mark.parametrize(
    ("access_point", "joined"),
    [(WEP_HOME, JOINED), (HOME, JOINED), (SECRET._replace(passphrase=RAW_KEY), JOINED)],
)
async def test_wps_of_other_securities(access_point: AccessPoint, joined: bytes) -> None:
    async with configured_station(access_point._replace(wps=True), settings=("wifi_mode,0",)) as host:
        await switch_radio_on_anew(host)
        await host.boot()
        host.air.press_wps("home")
        await host.command("AT+S.WPS")
        await host.until(joined)
        await host.until(UP)


async def test_wps_without_a_pressed_button_times_out_and_the_old_mode_goes_on() -> None:
    async with configured_station(SECRET._replace(wps=True), settings=("wifi_wps_walk_time,1", "wifi_mode,3")) as host:
        await switch_radio_on_anew(host)
        await host.until(UP_V6)
        host.air.press_wps("home", "00000000")
        await host.command("AT+S.WPS")
        host.air.end_wps("home")
        await host.until(b"+WIND:82:WPS Enrollment Attempt Timed Out\r\n")
        await host.until(b"+WIND:26:Started AP:home\r\n")


@pytest.mark.parametrize("pin", ["1", "123456789", "1234567a"])
async def test_a_pin_needs_8_digits(pin: str) -> None:
    async with configured_station() as host:
        assert await host.command(f"AT+S.WPS={pin}") == b"AT-S.ERROR:39:PIN needs to be 8 digits\r\n"


async def test_wps_needs_a_running_radio() -> None:
    async with configured_station() as host:
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        assert await host.command("AT+S.WPS") == b"AT-S.ERROR:18:Radio not running\r\n"


async def test_an_ad_hoc_network_of_the_name_is_joined_else_begun() -> None:
    cell = HOME._replace(ad_hoc=True)
    async with configured_station(cell, settings=("wifi_mode,2",)) as host:
        await start(host, SCANNED, JOINED, UP)
        host.air.access_point_vanishes("home")
        await host.until(SCANNED + b"+WIND:26:Started AP:home\r\n+WIND:24:WiFi Up:0:192.168.0.50\r\n")


def test_what_the_air_does_not_know_is_refused() -> None:
    air = Air([HOME])
    with pytest.raises(ValueError, match="no access point 'nowhere' is in the air; there are: home"):
        air.deauthenticate("nowhere")
    with pytest.raises(ValueError, match="does not offer WPS"):
        air.press_wps("home")
    with pytest.raises(ValueError, match=r"use -127\.\.0"):
        air.set_signal("home", 5)


def test_a_dhcp_server_gives_each_device_its_own_address_while_it_has_any() -> None:
    access_point = HOME._replace(addresses=2)
    air = Air([access_point])
    leases = [air.lease(access_point, mac, "") for mac in ("a", "b", "a", "c")]
    assert [lease and lease.address for lease in leases] == [
        "192.168.1.100/24",
        "192.168.1.101/24",
        "192.168.1.100/24",
        None,
    ]


async def test_a_name_that_dns_does_not_answer_is_error_65() -> None:
    async with joined_station() as host:
        host.network.fail_names("localhost")
        assert await host.command("AT+S.SOCKON=localhost,9,,t") == b"AT-S.ERROR:65:DNS address failure\r\n"
