"""What passes between the radio and the air: networks, credentials, answers, leases and incidents, as values.

:class:`Air` is how the radio asks for them.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol

from firmware_model.radio.rates import ALL, CCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firmware_model.outside import Station


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


class EapMethod(StrEnum):
    """The ways to log in at an enterprise network, in the order of ``wifi_eap_type`` (STPKG)."""

    TLS = "tls"
    TTLS_MD5 = "ttls-md5"
    TTLS_MSCHAP = "ttls-mschap"
    PEAP_MD5 = "peap-md5"
    PEAP_MSCHAP = "peap-mschap"


class Enterprise(NamedTuple):
    """What the authentication server of an enterprise network takes, and what it shows of itself."""

    methods: tuple[EapMethod, ...] = ()
    """Empty for any."""
    peap_version: int | None = None
    """The one version of PEAP that it speaks, 0 or 1; None for both."""
    certificates: tuple[bytes, ...] = ()
    """Its own certificate and its issuers', DER, in the order in which it sends them."""
    client_authority: bytes = b""
    """The CA, DER, that must have issued a client's certificate; empty for any."""


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
    rates: int = ALL
    """The rates that it supports, a mask as in ``wifi_opr_rate_mask``."""
    basic_rates: int = CCK
    """The rates that it demands of every station, a mask."""
    enterprise: Enterprise = Enterprise()


class EapLogin(NamedTuple):
    """How the module logs in at an enterprise network."""

    method: EapMethod
    outer_identity: str
    """What it calls itself before the tunnel is up."""
    peap_version: int | None = None
    """The one version of PEAP that it speaks; None for both."""
    certificate: bytes = b""
    """Its own certificate, DER; empty when it has none, or not the key to it."""


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
    rates: int = ALL
    """The rates that the module uses, a mask."""
    eap: EapLogin | None = None
    """Only for enterprise networks."""


class Beacon(NamedTuple):
    """What the module's own network, miniAP or IBSS, tells of itself."""

    ssid: str
    bssid: str
    channel: int
    security: Security
    interval: int
    """Time units of 1024 microseconds between two beacons."""
    rates: int
    basic_rates: int
    country: str
    ad_hoc: bool = False
    atim_window: int = 0
    """Time units; members of an IBSS stay awake for so long after each beacon."""


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
    FRAGMENT = auto()
    """The access point sends the first part of a frame, and never the rest."""
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


class Air(Protocol):
    """What is in radio range. The radio looks at it as it is now and waits for it to change."""

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        ...

    def access_points(self, wanted: str) -> Sequence[AccessPoint]:
        """The access points in range; ``wanted`` is the SSID that the module asks for.

        A hidden network of another name has an empty SSID here.
        """
        ...

    def stations(self) -> Sequence[Station]:
        """The devices that want to join the module's miniAP, in order of arrival."""
        ...

    async def changed_since(self, version: int) -> None:
        """Wait until :attr:`version` is greater than ``version``."""
        ...

    def join(self, access_point: AccessPoint, credentials: Credentials) -> JoinAnswer:
        """Ask an access point, as :meth:`access_points` showed it, to let the module in."""
        ...

    def lease(self, access_point: AccessPoint, mac: str, host_name: str) -> Lease | None:
        """Ask the network's DHCP server for an address as ``host_name``; None while it does not answer."""
        ...

    def wps_network(self, pin: str, enrollee: WpsEnrollee) -> WpsNetwork | None:
        """What an access point in WPS tells: one whose button is pressed, or one that was given ``pin``."""
        ...

    def incidents_since(self, version: int) -> Sequence[Incident]:
        """What happened after :attr:`version` was ``version``, in order."""
        ...

    def hinders(self, hindrance: Hindrance) -> bool:
        """Whether the radio cannot do this just now."""
        ...

    def announce(self, beacon: Beacon | None) -> None:
        """Begin a network of the module's own, as its beacons describe it; None ends it."""
        ...

    def transmit(self, device: str, frames: int, *, guarded: bool) -> bool:
        """Send frames to a device that the radio has a link with, by its MAC; whether it acknowledges them.

        ``guarded`` frames are announced by RTS and CTS.
        """
        ...
