"""Station mode: scans until the configured network is in the air, joins it, and notices when it is gone."""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Final

from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.outside import AccessPoint
    from firmware_model.radio.radio import Radio

_HANDSHAKE_TIMEOUT: Final = "15"
"""IEEE 802.11 reason code: 4-way handshake time-out, what a wrong pass phrase looks like."""
_AUTO_IP: Final = IPv4Interface("169.254.1.1/16")


async def join_networks(radio: Radio) -> None:
    """Scan and join until cancelled: WIND 21, 35 for ever, or 21, 35, 19, 25, 24 (F-FR, F-SPI1)."""
    board = radio.board
    explained = False
    while True:
        await radio.scan()
        access_point = _find(radio)
        if access_point is not None and await _join(radio, access_point):
            await _stay(radio, access_point)
            continue
        if access_point is None and not explained:
            explained = True
            radio.board.note(_explanation(board.configuration.ssid))
        await board.pass_time(board.profile.durations.scan_pause)


def _explanation(ssid: str) -> str:
    if not ssid:
        return "the radio scans for ever: no SSID is configured; set one with AT+S.SSIDTXT"
    return f"no access point with SSID '{ssid}' is in the air; put one there with --access-point"


def _find(radio: Radio) -> AccessPoint | None:
    wanted = radio.board.configuration.ssid
    return next((ap for ap in radio.board.outside.air.access_points(wanted) if ap.ssid == wanted), None)


async def _join(radio: Radio, access_point: AccessPoint) -> bool:
    board = radio.board
    configuration = board.configuration
    durations = board.profile.durations
    radio.state = WifiState.JOINING
    protected = configuration.integer("wifi_priv_mode") != 0
    if protected:
        # The position of WIND 46 and 51 is inferred from the predecessor's log.
        board.indicate(Indication.WPA_CRUNCHING_PSK, access_point.ssid)
    await board.pass_time(durations.join)
    radio.state = WifiState.JOINED
    board.indicate(Indication.WIFI_JOIN, access_point.bssid)
    board.indicate(Indication.WIFI_ASSOCIATION_SUCCESSFUL, access_point.ssid)
    presented = configuration.get("wifi_wpa_psk_text") if protected else ""
    if access_point.passphrase not in (None, presented):
        radio.board.note(f"the access point '{access_point.ssid}' refuses the pass phrase of wifi_wpa_psk_text")
        board.indicate(Indication.WIFI_DEAUTHENTICATION, _HANDSHAKE_TIMEOUT)
        return False
    if protected:
        board.indicate(Indication.WPA_HANDSHAKE_COMPLETE)
    await board.pass_time(durations.lease)
    radio.go_up(_address(radio, access_point))
    return True


def _address(radio: Radio, access_point: AccessPoint) -> NetworkAddress:
    configuration = radio.board.configuration
    source = configuration.integer("ip_use_dhcpc")
    if source == 1:
        interface, gateway = IPv4Interface(access_point.address), access_point.gateway
    elif source == 0:
        interface = IPv4Interface(f"{configuration.get('ip_ipaddr')}/{configuration.get('ip_netmask')}")
        gateway = configuration.get("ip_gw")
    else:
        interface, gateway = _AUTO_IP, "0.0.0.0"  # noqa: S104 - an address value, nothing listens
    return NetworkAddress(interface, gateway, True, access_point.bssid, access_point.channel)


async def _stay(radio: Radio, access_point: AccessPoint) -> None:
    air = radio.board.outside.air
    while True:
        version = air.version
        if _find(radio) != access_point:
            break
        await air.changed_since(version)
    radio.go_down()
    radio.state = WifiState.IDLE
    radio.board.indicate(Indication.WIFI_NETWORK_LOST)
