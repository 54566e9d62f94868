"""Access points: which are in the air, how they answer, what they do to the module."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.problem import RefusedError, refusing
from emulator.control.schema import Form, Range
from emulator.surroundings.file import read_access_point
from emulator.toml_file import Table
from firmware_model.air import Security

Network = Annotated[str, "SSID or BSSID"]
Dbm = Annotated[int, Range(-127, 0), "dBm"]
Code = Annotated[int, Range(0, 65535), "an 802.11 status or reason"]
Address = Annotated[str, Form(r"^\d{1,3}(\.\d{1,3}){3}$", "192.168.1.1")]
Subnet = Annotated[str, Form(r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$", "192.168.1.100/24")]
Mac = Annotated[str, Form(r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$", "98:DE:D0:EA:4C:62")]


class NewAccessPoint(NamedTuple):
    """An access point to switch on, in the words of the surroundings file; only the SSID must be there."""

    ssid: Annotated[str, "1..32 octets"]
    bssid: Mac | None = None
    channel: Annotated[int, Range(1, 14)] | None = None
    rssi: Dbm | None = None
    security: Security | None = None
    passphrase: str | None = None
    identity: str | None = None
    address: Subnet | None = None
    addresses: Annotated[int, Range(1, 254)] | None = None
    gateway: Address | None = None
    dns: Address | None = None
    hidden: bool = False
    wps: bool = False
    ad_hoc: bool = False


class SeenAccessPoint(NamedTuple):
    """An access point in the air; its pass phrase is not shown."""

    ssid: str
    bssid: str
    channel: int
    rssi: Annotated[int, "dBm"]
    security: Security
    address: Annotated[str, "the first address that its DHCP server gives"]
    gateway: str
    hidden: bool
    wps: bool
    ad_hoc: bool
    dhcp: Annotated[bool, "whether its DHCP server answers"]
    has_module: Annotated[bool, "whether the module has joined it"]


class Signal(NamedTuple):
    """With which power the module receives it."""

    rssi: Dbm


class Reason(NamedTuple):
    """Why, as 802.11 counts it."""

    code: Code


class Refuse(NamedTuple):
    """How an access point is to answer: refuse with a status, or stay silent without one."""

    code: Code | None = None


class Renumber(NamedTuple):
    """Which addresses a DHCP server gives."""

    address: Subnet
    gateway: Address


class Acknowledge(NamedTuple):
    """Whether a device acknowledges the module's frames."""

    acknowledges: bool


class PressWps(NamedTuple):
    """A button that is pressed, or a PIN of the module that is typed in."""

    pin: str = ""


@operation("GET", "/access-points", tag="access points")
def list_access_points(desk: Desk) -> list[SeenAccessPoint]:
    """List what is in the air."""
    air, joined = desk.emulator.air, desk.emulator.state.bssid
    return [
        SeenAccessPoint(
            ssid=ap.ssid.encode("latin-1", "replace").decode("utf-8", "replace"),
            bssid=ap.bssid,
            channel=ap.channel,
            rssi=ap.rssi,
            security=ap.security,
            address=ap.address,
            gateway=ap.gateway,
            hidden=ap.hidden,
            wps=ap.wps,
            ad_hoc=ap.ad_hoc,
            dhcp=air.answers_dhcp(ap.bssid),
            has_module=ap.bssid == joined,
        )
        for ap in air.networks()
    ]


@operation("POST", "/access-points", tag="access points", status=201)
def switch_on(desk: Desk, body: NewAccessPoint) -> list[SeenAccessPoint]:
    """Switch an access point on; it takes the place of one with the same SSID and BSSID."""
    air = desk.emulator.air
    given = {name: value for name, value in body._asdict().items() if value is not None}
    if body.security is not None:
        given["security"] = body.security.value
    with refusing(400, ValueError):
        air.access_point_appears(read_access_point(Table("", given), len(air.networks()), Path()))
    return list_access_points(desk)


@operation("DELETE", "/access-points/{network}", tag="access points")
def switch_off(desk: Desk, network: Network) -> list[SeenAccessPoint]:
    """Switch every access point of this SSID or BSSID off, without a farewell."""
    _require(desk, network)
    desk.emulator.air.access_point_vanishes(network)
    return list_access_points(desk)


@operation("PUT", "/access-points/{network}/signal", tag="access points")
def set_signal(desk: Desk, network: Network, body: Signal) -> list[SeenAccessPoint]:
    """Let the module receive a network with another power: WIND 15 and 16."""
    _require(desk, network)
    desk.emulator.air.set_signal(network, body.rssi)
    return list_access_points(desk)


@operation("POST", "/access-points/{network}/deauthentication", tag="access points")
def deauthenticate(desk: Desk, network: Network, body: Reason) -> None:
    """Let the network throw the module out: WIND 40."""
    with refusing(404, ValueError):
        desk.emulator.air.deauthenticate(network, body.code)


@operation("POST", "/access-points/{network}/disassociation", tag="access points")
def disassociate(desk: Desk, network: Network, body: Reason) -> None:
    """Let the network end the module's association: WIND 41."""
    with refusing(404, ValueError):
        desk.emulator.air.disassociate(network, body.code)


@operation("PUT", "/access-points/{network}/authentication", tag="access points")
def refuse_authentication(desk: Desk, network: Network, body: Refuse) -> None:
    """Let the network refuse the module's authentication (WIND 20), or leave it unanswered (WIND 76)."""
    air = desk.emulator.air
    with refusing(404, ValueError):
        if body.code is None:
            air.ignore_authentication(network)
        else:
            air.refuse_authentication(network, body.code)


@operation("PUT", "/access-points/{network}/association", tag="access points")
def refuse_association(desk: Desk, network: Network, body: Refuse) -> None:
    """Let the network refuse the module's association (WIND 75), or leave it unanswered (WIND 77)."""
    air = desk.emulator.air
    with refusing(404, ValueError):
        if body.code is None:
            air.ignore_association(network)
        else:
            air.refuse_association(network, body.code)


@operation("POST", "/access-points/{network}/welcome", tag="access points")
def welcome(desk: Desk, network: Network) -> None:
    """Let the network answer as the module's credentials deserve again."""
    with refusing(404, ValueError):
        desk.emulator.air.welcome(network)


@operation("DELETE", "/access-points/{network}/dhcp", tag="access points")
def stop_dhcp(desk: Desk, network: Network) -> list[SeenAccessPoint]:
    """Let the network's DHCP server fall silent: WIND 85 after ip_dhcp_timeout."""
    with refusing(404, ValueError):
        desk.emulator.air.stop_dhcp(network)
    return list_access_points(desk)


@operation("POST", "/access-points/{network}/dhcp", tag="access points")
def start_dhcp(desk: Desk, network: Network) -> list[SeenAccessPoint]:
    """Let the network's DHCP server answer again."""
    with refusing(404, ValueError):
        desk.emulator.air.start_dhcp(network)
    return list_access_points(desk)


@operation("PUT", "/access-points/{network}/addresses", tag="access points")
def renumber(desk: Desk, network: Network, body: Renumber) -> list[SeenAccessPoint]:
    """Let the network's DHCP server give other addresses from now on."""
    _require(desk, network)
    given = {"ssid": "any", "address": body.address, "gateway": body.gateway}
    with refusing(400, ValueError):
        read_access_point(Table("", given), 0, Path())
    desk.emulator.air.renumber(network, body.address, body.gateway)
    return list_access_points(desk)


@operation("POST", "/access-points/{network}/wps", tag="access points")
def press_wps(desk: Desk, network: Network, body: PressWps) -> None:
    """Press the network's WPS button, or type the module's PIN into it; holds until it is ended."""
    with refusing(404, ValueError):
        desk.emulator.air.press_wps(network, body.pin)


@operation("DELETE", "/access-points/{network}/wps", tag="access points")
def end_wps(desk: Desk, network: Network) -> None:
    """Let the network leave WPS."""
    with refusing(404, ValueError):
        desk.emulator.air.end_wps(network)


@operation("POST", "/access-points/{network}/unknown-key", tag="access points")
def send_unknown_key(desk: Desk, network: Network) -> None:
    """Let the network hand the joined module a group key of a type that it does not implement: WIND 18."""
    with refusing(404, ValueError):
        desk.emulator.air.send_unknown_key(network)


@operation("POST", "/access-points/{network}/fragment", tag="access points")
def send_fragment(desk: Desk, network: Network) -> None:
    """Let the network send the first part of a frame and never the rest: PEERS counts it in rx_drops."""
    with refusing(404, ValueError):
        desk.emulator.air.send_fragment(network)


@operation("PUT", "/radio/acknowledgements/{device}", tag="radio")
def acknowledge(desk: Desk, device: Annotated[str, "SSID, BSSID, or MAC of a station"], body: Acknowledge) -> None:
    """Let a network or station leave the module's frames unacknowledged (WIND 33 or 72), or acknowledge them again."""
    air = desk.emulator.air
    with refusing(404, ValueError):
        (air.acknowledge if body.acknowledges else air.stop_acknowledging)(device)


def _require(desk: Desk, network: str) -> None:
    if not desk.emulator.air.networks(network):
        raise RefusedError(404, f"no access point {network!r} is in the air")
