"""What passes between the radio and the air: networks, credentials, answers, leases and incidents, as values."""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import NamedTuple


class Security(StrEnum):
    """How a network is protected."""

    OPEN = "open"
    WEP = "wep"
    WPA = "wpa"
    WPA2 = "wpa2"
    WPA_WPA2 = "wpa+wpa2"
    ENTERPRISE = "enterprise"
    ANY = "any"
    """Takes the module as it comes, whatever it presents; shown as open."""


class AccessPoint(NamedTuple):
    """An access point (or an ad hoc network) that the module can see and join."""

    ssid: str
    """One character an octet; empty while a hidden network is not asked for by name."""
    bssid: str
    channel: int
    rssi: int
    """Received power in dBm, -127..0."""
    passphrase: str | None
    """What a station must know to join: pass phrase, WEP key in hex digits, or enterprise password.

    Empty for an open network, None when anything will do.
    """
    address: str
    """First address that its DHCP server gives, with prefix length: ``192.168.1.100/24``."""
    gateway: str
    security: Security = Security.OPEN
    addresses: int = 50
    """How many addresses its DHCP server has to give."""
    dns: str = ""
    """The DNS server that its DHCP server names; empty for the gateway."""
    identity: str | None = None
    """The user of an enterprise network; None when anybody will do."""
    hidden: bool = False
    """Its beacons do not tell the SSID; it answers who asks for it."""
    wps: bool = False
    """It offers Wi-Fi Protected Setup."""
    ad_hoc: bool = False
    """It is a network of equals (IBSS), without an access point."""


class Credentials(NamedTuple):
    """What the module presents when it joins; empty where the configuration says nothing."""

    mac: str
    passphrase: str = ""
    key: bytes = b""
    """The WPA key itself, 32 octets (``wifi_wpa_psk_raw``)."""
    wep_key: bytes = b""
    shared_key: bool = False
    """WEP with authentication by shared key instead of open system."""
    identity: str = ""
    password: str = ""


class JoinOutcome(Enum):
    """How far an access point lets the module come."""

    ACCEPTED = auto()
    AUTHENTICATION_SILENT = auto()
    """No answer to the 802.11 authentication."""
    AUTHENTICATION_REFUSED = auto()
    ASSOCIATION_SILENT = auto()
    """No answer to the association request."""
    ASSOCIATION_REFUSED = auto()
    KEY_REFUSED = auto()
    """Associated, but the handshake that proves the key fails: the access point deauthenticates."""


class JoinAnswer(NamedTuple):
    """The access point's answer; ``code`` is the 802.11 status, or the reason of the deauthentication."""

    outcome: JoinOutcome
    code: int = 0


class Lease(NamedTuple):
    """What a DHCP server gave: an address with prefix length, gateway and DNS server."""

    address: str
    gateway: str
    dns: str


class WpsNetwork(NamedTuple):
    """What an access point tells by Wi-Fi Protected Setup."""

    ssid: str
    security: Security
    passphrase: str


class WpsEnrollee(NamedTuple):
    """What the module tells an access point about itself in Wi-Fi Protected Setup, as the attributes of its M1."""

    mac: str
    manufacturer: str
    model: str
    serial: str


class IncidentKind(Enum):
    """Something that happens to the radio and is over at once."""

    DEAUTHENTICATION = auto()
    """From the access point; ``code`` is the 802.11 reason."""
    DISASSOCIATION = auto()
    """From the access point; ``code`` is the 802.11 reason."""
    MIC_FAILURE = auto()
    """A frame whose TKIP integrity check fails."""
    UNKNOWN_MANAGEMENT_FRAME = auto()
    UNKNOWN_DATA_FRAME = auto()
    UNKNOWN_FRAME = auto()
    ILLEGAL_FRAME = auto()
    """A frame that 802.11 forbids."""
    HARDWARE_FAILURE = auto()
    """The radio's own hardware stops; ``code`` is the reason that the module reports."""
    EXCEPTION = auto()
    """The radio's own firmware meets a condition that it cannot handle, and goes on."""
    UNKNOWN_EVENT = auto()
    """The radio reports an event that the module's firmware does not know."""
    UNKNOWN_INDICATION = auto()
    """The radio indicates something that the module's firmware does not know."""
    UNKNOWN_KEY = auto()
    """The access point hands out a group key of a type that the module does not implement."""


class Incident(NamedTuple):
    """One incident; ``bssid`` names the network it comes from, empty for the radio itself or a passer-by."""

    kind: IncidentKind
    bssid: str = ""
    code: int = 0


class Hindrance(Enum):
    """Something the radio cannot do until the hindrance is lifted."""

    RADIO_START = auto()
    SCAN = auto()
    SCAN_END = auto()
    """A scan begins, but breaks off before its end."""
    POWER_SAVE = auto()
    ACCESS_POINT_START = auto()
