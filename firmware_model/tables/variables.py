"""The configuration variables of GCFG and SCFG.

The 101 listed names and their order are those of ST's configuration page for firmware 1.1.0 (STPKG); the first 32
defaults stand in a dump made right after FCFG (F-DHCP). Four more names are known from hosts that set them: they
can be read and set, but GCFG does not list them. No range was found anywhere: unless a row's meaning is an
enumeration from a manual, ranges and lengths are assumed.

``source`` speaks of the default. When a new value takes effect is known from drivers for what shapes the console (at
once), for the UART (after WCFG and a reset) and for ``ip_ntp_refresh`` (likewise, ROS); for all others it is assumed.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from firmware_model.tables.kinds import (
    CharacterCode,
    Digits,
    HexWord,
    Integer,
    Ipv4,
    Ipv6,
    KeyDigits,
    Kind,
    Octets,
    Text,
)
from firmware_model.tables.sources import Source, assumed, inferred, log, predecessor


class Effect(Enum):
    """When a changed variable takes effect."""

    AT_ONCE = "at once"
    NEXT_USE = "when it is used next"
    WIFI_START = "at the next WIFI=1 or reset"
    RESET = "after WCFG and a reset"
    NEVER = "never: read only"


class Variable(NamedTuple):
    """One configuration variable; ``default`` is the factory value in its canonical form."""

    name: str
    kind: Kind
    default: str
    meaning: str
    source: Source
    effect: Effect
    read_only: bool = False
    listed: bool = True
    since: str = "1.0.0"
    """The first firmware that has it; an older one works with the default."""


_NOW: Final = Effect.AT_ONCE
_USE: Final = Effect.NEXT_USE
_WIFI: Final = Effect.WIFI_START
_RESET: Final = Effect.RESET
_NEVER: Final = Effect.NEVER

_DUMP: Final = log("F-DHCP")
_SPWF01: Final = predecessor()
_NEUTRAL: Final = assumed("nothing known; a value that should trouble no host")

_FLAG: Final = Integer(0, 1)
_OCTET: Final = Integer(0, 0xFF)
_SHORT: Final = Integer(0, 0xFFFF)
_LONG: Final = Integer(0, 0xFFFFFFFF)
_DECIBEL: Final = Integer(-128, 127)
_WORD: Final = HexWord()
_MODE: Final = HexWord(bare=16)
"""XC-IF sets 11 and 12, and the default reads 0x11: so these digits are hexadecimal (inferred)."""
_CODE: Final = CharacterCode()
_IPV4: Final = Ipv4()
_IPV6: Final = Ipv6()
_NAME: Final = Text(64)
_LABELS: Final = Text(128)
_KEY: Final = KeyDigits(13)
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - means "none" here, nothing is bound
_NO_ADDRESS6: Final = "0:0:0:0:0:0:0:0"


def _zeros(count: int) -> str:
    return ":".join(["00"] * count)


VARIABLES: Final = (
    Variable("nv_manuf", _NAME, "STMicroelectronics Inc.", "manufacturer", _DUMP, _NEVER, read_only=True),
    Variable("nv_model", _NAME, "SPWF04SA", "model, as in WIND 13", _DUMP, _NEVER, read_only=True),
    Variable("nv_serial", _NAME, "17111984", "serial number", _DUMP, _NEVER, read_only=True),
    Variable("nv_wifi_macaddr", Octets(6), "00:80:E1:BD:00:39", "MAC address", _DUMP, _NEVER, read_only=True),
    Variable("standby_time", _LONG, "10", "seconds to stay in standby", _DUMP, _USE),
    Variable("standby_enabled", _FLAG, "0", "allow standby", _DUMP, _NOW),
    Variable("sleep_enabled", _FLAG, "0", "allow sleep; takes GPIO6", _DUMP, _NOW),
    Variable("etf_mode", _FLAG, "0", "start the radio test firmware", _DUMP, _RESET),
    Variable("blink_led", _FLAG, "1", "show the state on the LED; takes GPIO10", _DUMP, _NOW),
    Variable("ext_volume", Integer(0, 3), "3", "kind of external memory; 1 is an SD card", _DUMP, _USE),
    Variable(
        "ramdisk_memsize",
        Integer(1, 64),
        "16",
        "size of the RAM disk, kB (unit inferred)",
        _DUMP,
        _RESET,
        since="1.1.0",  # STPKG
    ),
    Variable("aes128_key", Octets(16), _zeros(16), "key of firmware and file system images", _DUMP, _USE),
    Variable("user_desc", _NAME, "anonymous", "pass key of the remote configuration page", _DUMP, _USE),
    Variable("python_script", _NAME, "3:/uPython_test.py", "script to run at boot", _DUMP, _RESET),
    Variable("python_memsize", Integer(0, 64), "32", "heap of MicroPython, kB (unit inferred)", _DUMP, _USE),
    Variable("console_enabled", Integer(0, 3), "1", "0 SPI, 1 UART, 2 Python and AT, 3 Python", _DUMP, _RESET),
    Variable("console_speed", Integer(1200, 4_000_000), "115200", "bit/s of the UART", _DUMP, _RESET),
    Variable("console_hwfc", _FLAG, "0", "RTS/CTS flow control", _DUMP, _RESET),
    Variable("console_echo", _FLAG, "1", "echo command lines", _DUMP, _NOW),
    Variable("console_errs", Integer(0, 2), "2", "how much of an error is shown", _DUMP, _NOW),
    Variable("console_winds", Integer(0, 2), "2", "how much of an indication is shown", _DUMP, _NOW),
    Variable("console_verbose", Integer(0, 2), "1", "how much of a reply is shown", _DUMP, _NOW),
    Variable("console_repeater", _CODE, "0x21", "character that repeats the last command (inferred)", _DUMP, _NOW),
    Variable("console_delimiter", _CODE, "0x2C", "character between parameters", _DUMP, _NOW),
    Variable("console_wind_off_low", _WORD, "0x00000000", "masks WIND 0..31", _DUMP, _NOW),
    Variable("console_wind_off_medium", _WORD, "0x00000000", "masks WIND 32..63", _DUMP, _NOW),
    Variable("console_wind_off_high", _WORD, "0x00000000", "masks WIND 64..95", _DUMP, _NOW),
    Variable("wifi_tx_msdu_lifetime", _LONG, "0", "time units that a frame is sent again for", _DUMP, _WIFI),
    Variable("wifi_rx_msdu_lifetime", _LONG, "0", "time units that a fragment waits for the next", _DUMP, _WIFI),
    Variable(
        "wifi_operational_mode", _MODE, "0x00000011", "power mode of the radio: 11 doze, 12 quiescent", _DUMP, _WIFI
    ),
    Variable("wifi_beacon_wakeup", _SHORT, "1", "beacons from one wake-up to the next", _DUMP, _WIFI),
    Variable(
        "wifi_beacon_interval", Integer(1, 0xFFFF), "100", "time units between two beacons of the miniAP", _DUMP, _WIFI
    ),
    Variable("wifi_listen_interval", _SHORT, "0", "beacons to sleep through", _SPWF01, _WIFI),
    Variable("wifi_rts_threshold", Integer(0, 3000), "3000", "octets from which RTS/CTS is used", _SPWF01, _WIFI),
    Variable("wifi_ssid", Octets(32), _zeros(32), "SSID, padded with zeros", _NEUTRAL, _WIFI),
    Variable("wifi_ssid_len", Integer(0, 32), "0", "octets of the SSID", _NEUTRAL, _WIFI),
    Variable("wifi_txfail_thresh", _SHORT, "5", "lost frames that end a connection; 0 none", _NEUTRAL, _WIFI),
    Variable("wifi_region", Integer(0, 3), "0", "0 by country, 1 FCC, 2 ETSI, 3 TELEC", _NEUTRAL, _WIFI),
    Variable("wifi_ht_mode", _FLAG, "0", "802.11n", inferred("MBED and XC-IF set 1"), _WIFI),
    Variable("wifi_channelnum", Integer(1, 14), "6", "channel of miniAP or IBSS", _SPWF01, _WIFI),
    Variable("wifi_opr_rate_mask", _WORD, "0x00003FCF", "rates to use", _SPWF01, _WIFI),
    Variable("wifi_bas_rate_mask", _WORD, "0x0000000F", "rates every station must know", _SPWF01, _WIFI),
    Variable("wifi_mode", Integer(0, 3), "1", "0 idle, 1 station, 2 IBSS, 3 miniAP", log("F-GHI, F-FR"), _WIFI),
    Variable("wifi_auth_type", _FLAG, "0", "0 open system, 1 shared key", _SPWF01, _WIFI),
    Variable("wifi_atim_window", _SHORT, "0", "IBSS announcement window, time units", _SPWF01, _WIFI),
    Variable("wifi_powersave", Integer(0, 2), "0", "802.11 power save: 0 off, 1 on, 2 fast", _SPWF01, _WIFI),
    Variable("wifi_tx_power", Integer(0, 18), "18", "transmit power, dBm", _SPWF01, _WIFI),
    Variable("wifi_rssi_thresh", _DECIBEL, "0", "level of WIND 15 and 16, dBm", _SPWF01, _WIFI),
    Variable("wifi_rssi_hyst", _DECIBEL, "0", "hysteresis of WIND 15 and 16, dB", _SPWF01, _WIFI),
    Variable(
        "wifi_ap_idle_timeout",
        _SHORT,
        "120",
        "seconds until the miniAP drops a silent station, 0 for never",
        _SPWF01,
        _WIFI,
    ),
    Variable("wifi_beacon_loss_thresh", _OCTET, "10", "lost beacons that end a connection", _SPWF01, _WIFI),
    Variable("wifi_priv_mode", Integer(0, 3), "2", "0 none, 1 WEP, 2 WPA, 3 WPA enterprise", _SPWF01, _WIFI),
    Variable("wifi_wep_keys[0]", _KEY, "", "first WEP key", _NEUTRAL, _WIFI),
    Variable("wifi_wep_keys[1]", _KEY, "", "second WEP key", _NEUTRAL, _WIFI),
    Variable("wifi_wep_keys[2]", _KEY, "", "third WEP key", _NEUTRAL, _WIFI),
    Variable("wifi_wep_keys[3]", _KEY, "", "fourth WEP key", _NEUTRAL, _WIFI),
    Variable("wifi_wep_key_lens", KeyDigits(4), "00", "octets of each WEP key, two digits a key", _NEUTRAL, _WIFI),
    Variable("wifi_wep_default_key", Integer(0, 3), "0", "WEP key to send with", _SPWF01, _WIFI),
    Variable("wifi_wpa_psk_raw", Octets(32), _zeros(32), "WPA key", _NEUTRAL, _WIFI),
    Variable("wifi_wpa_psk_text", _NAME, "", "WPA passphrase", _NEUTRAL, _WIFI),
    Variable("wifi_eap_identity", _NAME, "", "WPA enterprise identity", _NEUTRAL, _WIFI),
    Variable("wifi_eap_anon_identity", _NAME, "", "WPA enterprise outer identity", _NEUTRAL, _WIFI),
    Variable("wifi_eap_passwd", _NAME, "", "WPA enterprise password", _NEUTRAL, _WIFI),
    Variable("wifi_eap_peap_options", Integer(0, 2), "0", "0 any version of PEAP, 1 only 0, 2 only 1", _NEUTRAL, _WIFI),
    Variable(
        "wifi_eap_type",
        Integer(0, 4),
        "0",
        "0 TLS, 1-2 TTLS MD5/MSCHAP, 3-4 PEAP MD5/MSCHAP",
        _NEUTRAL,
        _WIFI,
    ),
    Variable("wifi_wps_walk_time", _SHORT, "120", "seconds to wait for WPS", _NEUTRAL, _WIFI),
    Variable("wifi_wps_pin", Digits(8), "", "PIN of a WPS command that names none", _NEUTRAL, _USE),
    Variable("ip_sock_memsize", Integer(1, 64), "8", "heap of the sockets, kB (unit assumed)", _NEUTRAL, _USE),
    Variable(
        "ip_dhcp_lease_time",
        _LONG,
        "3600",
        "lease that the DHCP server gives, s, 0 for ever (assumed)",
        _NEUTRAL,
        _WIFI,
    ),
    Variable(
        "ip_macfilter",
        Octets(6),
        _zeros(6),
        "the one station that may join the miniAP, zeros for all (assumed)",
        _NEUTRAL,
        _WIFI,
    ),
    Variable("ip_num_clients", Integer(1, 8), "5", "stations that the miniAP serves", _NEUTRAL, _WIFI),
    Variable("ip_allow_port_scans", _FLAG, "0", "answer probes of closed ports", _NEUTRAL, _WIFI),
    Variable("ip_use_dhcpd", _FLAG, "1", "DHCP server of the miniAP", inferred("F-MAC: it serves"), _WIFI),
    Variable("ip_use_httpd", _FLAG, "1", "web server", inferred("F-AP switches it off"), _WIFI),
    Variable("ip_use_tftpd", _FLAG, "1", "TFTP server", inferred("F-AP switches it off"), _WIFI),
    Variable(
        "ip_use_dhcpc",
        Integer(0, 2),
        "1",
        "0 static, 1 DHCP, 2 AutoIP",
        inferred("F-MAC: it asks for a lease"),
        _WIFI,
    ),
    Variable("ip_hostname", _NAME, "", "name for DHCP; empty stands for the MAC address", inferred("F-MAC"), _WIFI),
    Variable("ip_apdomainname", _NAME, "captiveportal.net", "captive portal name", _SPWF01, _WIFI),
    Variable("ip_apredirect", _NAME, "index.html", "captive portal page", inferred("STPKG readme"), _USE),
    Variable("ip_ipaddr", _IPV4, "192.168.0.50", "address of the miniAP, or static", log("F-AP"), _WIFI),
    Variable("ip_netmask", _IPV4, "255.255.255.0", "mask", log("F-AP"), _WIFI),
    Variable("ip_gw", _IPV4, "192.168.0.50", "gateway", assumed("in its miniAP the module is the gateway"), _WIFI),
    Variable("ip_dns1", _IPV4, _NO_ADDRESS, "first DNS server", _NEUTRAL, _WIFI),
    Variable("ip_dns2", _IPV4, _NO_ADDRESS, "second DNS server", _NEUTRAL, _WIFI),
    Variable("ip_local", _IPV6, _NO_ADDRESS6, "static IPv6 address", _NEUTRAL, _WIFI),
    Variable("ip_dns1v6", _IPV6, _NO_ADDRESS6, "first DNS server, IPv6", _NEUTRAL, _WIFI),
    Variable("ip_dns2v6", _IPV6, _NO_ADDRESS6, "second DNS server, IPv6", _NEUTRAL, _WIFI),
    Variable("ip_dhcp_timeout", _SHORT, "20", "seconds until WIND 85", _SPWF01, _WIFI),
    Variable("ip_ntp_server1", _NAME, "pool.ntp.org", "first time server", _NEUTRAL, _USE),
    Variable("ip_ntp_server2", _NAME, "time.nist.gov", "second time server", _NEUTRAL, _USE),
    Variable(
        "ip_ntp_refresh",
        _LONG,
        "3600",
        "seconds between two NTP requests",
        assumed("ROS works with it"),
        _RESET,
    ),
    Variable("ip_ntp_startup", _FLAG, "1", "ask for the time when WiFi is up", inferred("F-AP sets 0"), _WIFI),
    Variable(
        "ip_mdns_domain_name", _NAME, "", "mDNS name of the module; empty stands for ip_hostname", _NEUTRAL, _WIFI
    ),
    Variable("ip_mdns_device_name_ttl", _LONG, "120", "seconds that the mDNS name may be kept", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_name", _LABELS, "", "name of the one mDNS service", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_prot", _LABELS, "", "its kind, _http._tcp; empty for no service", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_keys", _LABELS, "", "its properties, with | between them", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_vals", _LABELS, "", "their values, with | between them", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_port", _SHORT, "80", "its port", _NEUTRAL, _WIFI),
    Variable("ip_mdns_services_ttl", _LONG, "120", "seconds that it may be kept", _NEUTRAL, _WIFI),
    Variable("ip_mdns_startup", _FLAG, "0", "announce and answer by mDNS when WiFi is up", _NEUTRAL, _WIFI),
    Variable("ip_use_v6", _FLAG, "1", "use IPv6", inferred("F-AP sets 0"), _WIFI, listed=False),
    Variable(
        "wifi_reg_country",
        Text(3),
        "USI",
        "regulatory country code",
        inferred("its status on the SPWF01"),
        _WIFI,
        listed=False,
    ),
    Variable(
        "ip_http_get_recv_timeout",
        _LONG,
        "10000",
        "ms to wait for an HTTP answer",
        _NEUTRAL,
        _USE,
        listed=False,
    ),
    Variable(
        "wifi_eap_skip_datechecks",
        _FLAG,
        "0",
        "ignore dates of WPA enterprise certificates",
        _NEUTRAL,
        _WIFI,
        listed=False,
    ),
)
"""Every variable in the order of GCFG; the unlisted ones follow."""
