"""The Wi-Fi settings as they were when the radio started; what SCFG changes later waits for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.air import Credentials, EapMethod, Security
from firmware_model.radio.tuning import Tuning

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint
    from firmware_model.radio.enterprise import EnterpriseAccess
    from firmware_model.storage.configuration import Configuration

STATION: Final = 1
IBSS: Final = 2
MINI_AP: Final = 3
"""Values of ``wifi_mode``; 0 is idle."""

OPEN: Final = 0
WEP: Final = 1
WPA: Final = 2
ENTERPRISE: Final = 3
"""Values of ``wifi_priv_mode``."""

STATIC: Final = 0
DHCP: Final = 1
AUTO_IP: Final = 2
"""Values of ``ip_use_dhcpc``."""

_FITTING: Final = {
    OPEN: {Security.OPEN},
    WEP: {Security.WEP},
    WPA: {Security.WPA, Security.WPA2, Security.WPA_WPA2},
    ENTERPRISE: {Security.ENTERPRISE},
}
PRIVACY: Final = {security: mode for mode, securities in _FITTING.items() for security in securities}
"""The ``wifi_priv_mode`` that a network needs."""


class WifiSettings(NamedTuple):
    """What the radio works with until it stops."""

    mac: str
    mode: int
    ssid: str
    channel: int
    privacy: int
    credentials: Credentials
    has_key: bool
    """Whether any key for ``privacy`` is configured."""
    tuning: Tuning
    listen_interval: int
    signal_threshold: int
    """dBm; 0 for none."""
    signal_hysteresis: int
    beacon_loss: int
    """Beacons that may be missing."""
    address_source: int
    address: str
    netmask: str
    gateway: str
    dns1: str
    dns2: str
    address_v6: str
    dns1_v6: str
    dns2_v6: str
    dhcp_timeout: int
    """Seconds; 0 waits for ever."""
    use_v6: bool
    host_name: str
    """What the module calls itself where it asks for an address."""
    serve_dhcp: bool
    lease_time: int
    """Seconds that the module's own DHCP server gives an address for; 0 for ever."""
    most_stations: int
    only_station: str
    """The MAC of the one station that may join the miniAP; empty for all."""
    idle_timeout: int
    """Seconds until the miniAP drops a silent station; 0 for never."""
    answer_probes: bool
    """Whether a closed port says that it is closed."""
    wps_walk_time: int
    """Seconds."""
    check_dates: bool
    """Whether certificates of an enterprise network have to be valid at the module's time."""

    @classmethod
    def of(cls, configuration: Configuration, enterprise: EnterpriseAccess) -> WifiSettings:
        """Read the configuration as it is now."""
        text, number = configuration.get, configuration.integer
        privacy = number("wifi_priv_mode")
        credentials = _credentials(configuration)
        if privacy == ENTERPRISE:
            credentials = credentials._replace(eap=enterprise.login(configuration))
        return cls(
            mac=text("nv_wifi_macaddr"),
            mode=number("wifi_mode"),
            ssid=configuration.ssid,
            channel=number("wifi_channelnum"),
            privacy=privacy,
            credentials=credentials,
            has_key=_has_key(privacy, credentials),
            tuning=Tuning.of(configuration),
            listen_interval=number("wifi_listen_interval"),
            signal_threshold=number("wifi_rssi_thresh"),
            signal_hysteresis=number("wifi_rssi_hyst"),
            beacon_loss=number("wifi_beacon_loss_thresh"),
            address_source=number("ip_use_dhcpc"),
            address=text("ip_ipaddr"),
            netmask=text("ip_netmask"),
            gateway=text("ip_gw"),
            dns1=text("ip_dns1"),
            dns2=text("ip_dns2"),
            address_v6=text("ip_local"),
            dns1_v6=text("ip_dns1v6"),
            dns2_v6=text("ip_dns2v6"),
            dhcp_timeout=number("ip_dhcp_timeout"),
            use_v6=bool(number("ip_use_v6")),
            host_name=text("ip_hostname") or name_of_mac(text("nv_wifi_macaddr")),
            serve_dhcp=bool(number("ip_use_dhcpd")),
            lease_time=number("ip_dhcp_lease_time"),
            most_stations=number("ip_num_clients"),
            only_station=_filtered(text("ip_macfilter")),
            idle_timeout=number("wifi_ap_idle_timeout"),
            answer_probes=bool(number("ip_allow_port_scans")),
            wps_walk_time=number("wifi_wps_walk_time"),
            check_dates=not number("wifi_eap_skip_datechecks"),
        )

    def fits(self, access_point: AccessPoint) -> bool:
        """Whether ``wifi_priv_mode`` is of the network's kind."""
        return access_point.security is Security.ANY or access_point.security in _FITTING[self.privacy]

    def may_join(self, passphrase: str | None) -> bool:
        """Whether a station that presents ``passphrase`` knows the miniAP's key; None stands for the right one."""
        if self.privacy == OPEN or passphrase is None:
            return True
        return passphrase == (self.credentials.wep_key.hex() if self.privacy == WEP else self.credentials.passphrase)


def name_of_mac(mac: str) -> str:
    """What a module without a name calls itself: ``0-80-e1-bd-dc-57`` (log F-MAC)."""
    return "-".join(f"{int(octet, 16):x}" for octet in mac.split(":"))


def _filtered(mac: str) -> str:
    """``ip_macfilter`` as the one MAC that it lets in; all zeros let everybody in (assumed)."""
    return mac if mac.strip("0:") else ""


def _credentials(configuration: Configuration) -> Credentials:
    """The raw WPA key counts while there is no pass phrase (assumed); a WEP key is cut to its configured length."""
    text, number = configuration.get, configuration.integer
    passphrase = text("wifi_wpa_psk_text")
    key = b"" if passphrase else bytes.fromhex(text("wifi_wpa_psk_raw").replace(":", ""))
    index = number("wifi_wep_default_key")
    lengths = bytes.fromhex(text("wifi_wep_key_lens"))
    # One length is given for the one key of the examples; it then counts for all (assumed).
    length = lengths[min(index, len(lengths) - 1)] if lengths else 0
    wep_key = bytes.fromhex(text(f"wifi_wep_keys[{index}]"))
    return Credentials(
        mac=text("nv_wifi_macaddr"),
        passphrase=passphrase,
        key=key if any(key) else b"",
        wep_key=wep_key[: length or None],
        shared_key=bool(number("wifi_auth_type")),
        identity=text("wifi_eap_identity"),
        password=text("wifi_eap_passwd"),
        rates=Tuning.of(configuration).rates,
    )


def _has_key(privacy: int, credentials: Credentials) -> bool:
    if privacy == WPA:
        return bool(credentials.passphrase or credentials.key)
    if privacy == WEP:
        return bool(credentials.wep_key)
    if credentials.eap is not None and credentials.eap.method is EapMethod.TLS:
        return bool(credentials.identity and credentials.eap.certificate)
    return privacy == OPEN or bool(credentials.identity)
