from __future__ import annotations

from pathlib import Path

import pytest

from firmware_model.tables.kinds import NUMERIC
from firmware_model.tables.sources import Confidence
from firmware_model.tables.variables import VARIABLES, Effect, Variable

ROWS = {row.name: row for row in VARIABLES}
LISTED = [row for row in VARIABLES if row.listed]

# The configuration page of ST's firmware package for 1.1.0, name by name.
PAGE_TEXT = """
nv_manuf nv_model nv_serial nv_wifi_macaddr standby_time standby_enabled sleep_enabled etf_mode blink_led
ext_volume ramdisk_memsize aes128_key user_desc python_script python_memsize console_enabled
console_speed console_hwfc console_echo console_errs console_winds console_verbose console_repeater
console_delimiter console_wind_off_low console_wind_off_medium console_wind_off_high
wifi_tx_msdu_lifetime wifi_rx_msdu_lifetime wifi_operational_mode wifi_beacon_wakeup wifi_beacon_interval
wifi_listen_interval wifi_rts_threshold wifi_ssid wifi_ssid_len wifi_txfail_thresh wifi_region
wifi_ht_mode wifi_channelnum wifi_opr_rate_mask wifi_bas_rate_mask wifi_mode wifi_auth_type
wifi_atim_window wifi_powersave wifi_tx_power wifi_rssi_thresh wifi_rssi_hyst wifi_ap_idle_timeout
wifi_beacon_loss_thresh wifi_priv_mode wifi_wep_keys[0] wifi_wep_keys[1] wifi_wep_keys[2]
wifi_wep_keys[3] wifi_wep_key_lens wifi_wep_default_key wifi_wpa_psk_raw wifi_wpa_psk_text
wifi_eap_identity wifi_eap_anon_identity wifi_eap_passwd wifi_eap_peap_options wifi_eap_type
wifi_wps_walk_time wifi_wps_pin ip_sock_memsize ip_dhcp_lease_time ip_macfilter ip_num_clients
ip_allow_port_scans ip_use_dhcpd ip_use_httpd ip_use_tftpd ip_use_dhcpc ip_hostname ip_apdomainname
ip_apredirect ip_ipaddr ip_netmask ip_gw ip_dns1 ip_dns2 ip_local ip_dns1v6 ip_dns2v6 ip_dhcp_timeout
ip_ntp_server1 ip_ntp_server2 ip_ntp_refresh ip_ntp_startup ip_mdns_domain_name ip_mdns_device_name_ttl
ip_mdns_services_name ip_mdns_services_prot ip_mdns_services_keys ip_mdns_services_vals
ip_mdns_services_port ip_mdns_services_ttl ip_mdns_startup
"""
PAGE = PAGE_TEXT.split()

# What a module with firmware build 170726 printed after FCFG (F-DHCP).
DUMP = """\
nv_manuf=STMicroelectronics Inc.
nv_model=SPWF04SA
nv_serial=17111984
nv_wifi_macaddr=00:80:E1:BD:00:39
standby_time=10
standby_enabled=0
sleep_enabled=0
etf_mode=0
blink_led=1
ext_volume=3
ramdisk_memsize=16
aes128_key=00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00
user_desc=anonymous
python_script=3:/uPython_test.py
python_memsize=32
console_enabled=1
console_speed=115200
console_hwfc=0
console_echo=1
console_errs=2
console_winds=2
console_verbose=1
console_repeater=0x21
console_delimiter=0x2C
console_wind_off_low=0x00000000
console_wind_off_medium=0x00000000
console_wind_off_high=0x00000000
wifi_tx_msdu_lifetime=0
wifi_rx_msdu_lifetime=0
wifi_operational_mode=0x00000011
wifi_beacon_wakeup=1
wifi_beacon_interval=100
""".splitlines()


def test_101_variables_are_listed_in_the_order_of_the_page() -> None:
    assert len(PAGE) == 101
    assert [row.name for row in LISTED] == PAGE


def test_the_unlisted_variables_are_those_that_hosts_set() -> None:
    assert {row.name for row in VARIABLES if not row.listed} == {
        "ip_use_v6",
        "wifi_reg_country",
        "ip_http_get_recv_timeout",
        "wifi_eap_skip_datechecks",
    }


def test_names_are_unique_and_in_lower_case_as_look_up_folds_them() -> None:
    assert len(ROWS) == len(VARIABLES)
    assert all(name == name.lower() for name in ROWS)


def test_the_first_defaults_are_those_of_a_real_module() -> None:
    assert [f"{row.name}={row.default}" for row in VARIABLES[: len(DUMP)]] == DUMP
    assert {row.source.confidence for row in VARIABLES[: len(DUMP)]} == {Confidence.LOG}


@pytest.mark.parametrize("row", VARIABLES, ids=lambda row: row.name)
def test_a_default_is_the_canonical_form_of_its_own_kind(row: Variable) -> None:
    assert row.kind.parse(row.default) == row.default


@pytest.mark.parametrize("row", [row for row in VARIABLES if isinstance(row.kind, NUMERIC)], ids=lambda row: row.name)
def test_a_numeric_default_is_read_by_int(row: Variable) -> None:
    assert str(int(row.default, 0)) == row.default or row.default.startswith("0x")


def test_only_the_identity_is_read_only() -> None:
    assert [row.name for row in VARIABLES if row.read_only] == PAGE[:4]


def test_what_shapes_the_console_acts_at_once_and_the_line_after_a_reset() -> None:
    at_once = ("console_echo", "console_verbose", "console_wind_off_high", "console_delimiter")
    after_reset = ("console_speed", "console_hwfc", "console_enabled", "ramdisk_memsize")
    assert {ROWS[name].effect for name in at_once} == {Effect.AT_ONCE}
    assert {ROWS[name].effect for name in after_reset} == {Effect.RESET}
    assert ROWS["ip_ipaddr"].effect is ROWS["wifi_mode"].effect is Effect.WIFI_START


MODEL = Path(__file__).parents[2] / "firmware_model"
# Where the radio starts, and what begins each time it comes up.
AT_WIFI_START = {
    *("radio/settings.py", "radio/tuning.py", "radio/enterprise.py"),
    *("web/server.py", "web/captive.py", "tftp/server.py", "ntp.py", "mdns/responder.py", "mdns/advertisement.py"),
    "web/remote.py",  # to know where the password of a form goes
}
READ_AS_ONE = ("wifi_ssid", "wifi_ssid_len")
WAITING = [row.name for row in VARIABLES if row.effect is Effect.WIFI_START and row.name not in READ_AS_ONE]


@pytest.mark.parametrize("name", WAITING)
def test_what_waits_for_wifi_to_start_is_read_nowhere_else(name: str) -> None:
    readings = (f'("{name}")', f'(f"{name.partition("[")[0]}[{{')
    found = {
        path.relative_to(MODEL).as_posix()
        for path in MODEL.rglob("*.py")
        if any(reading in path.read_text(encoding="utf-8") for reading in readings)
    }
    assert found
    assert found <= AT_WIFI_START
