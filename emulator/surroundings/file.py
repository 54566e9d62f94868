"""The surroundings file: access points, stations and names in TOML, checked down to the key.

``docs/surroundings.md`` describes it with an example.
"""

from __future__ import annotations

import re
from functools import partial
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.surroundings.desk import access_point as desk_access_point
from emulator.toml_file import Table, a_flag, a_list, a_table, a_text, between, read_toml
from firmware_model.air import AccessPoint, EapMethod, Enterprise, Security
from firmware_model.outside import Station
from firmware_model.radio import rates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_WEP_KEY: Final = re.compile(r"[0-9A-Fa-f]{10}|[0-9A-Fa-f]{26}")
_WPA_KEY: Final = re.compile(r"[0-9A-Fa-f]{64}|[\x20-\x7e]{8,63}")
_HIGHEST_CHANNEL: Final = 14
_ACCESS_POINT_KEYS: Final = (
    "ssid, bssid, channel, rssi, security, passphrase, identity, address, addresses, gateway, dns, hidden, wps, "
    "ht, ad_hoc, eap, peap_version, server_certificate, client_authority"
)


class Surroundings(NamedTuple):
    """What a file describes."""

    access_points: tuple[AccessPoint, ...]
    stations: tuple[Station, ...]
    names: Mapping[str, str]
    """What DNS answers: name in lower case -> address."""


def load_surroundings(path: Path) -> Surroundings:
    """Read a file. Raises ValueError with one line that names file, key and remedy."""
    return read_toml(path, partial(_surroundings, path.parent))


def _surroundings(folder: Path, file: Table) -> Surroundings:
    access_points = file.take("access_point", [], a_list)
    stations = file.take("station", [], a_list)
    names = file.take("names", {}, a_table)
    file.end("access_point, station, names")
    return Surroundings(
        tuple(read_access_point(Table(f"access_point[{n}]", item), n, folder) for n, item in enumerate(access_points)),
        tuple(read_station(Table(f"station[{n}]", item)) for n, item in enumerate(stations)),
        {name.lower(): Table("names", names).need(name, _an_address) for name in names},
    )


def read_access_point(table: Table, number: int, folder: Path) -> AccessPoint:
    """Read the n-th access point; files that it names are in ``folder``. Raises ValueError with key and remedy."""
    desk = desk_access_point(table.need("ssid", _an_ssid), number)
    passphrase = table.take("passphrase", None, a_text)
    security = table.take("security", Security.WPA2 if passphrase else Security.OPEN, _a_security)
    address = table.take("address", desk.address, _an_interface)
    result = desk._replace(
        bssid=table.take("bssid", desk.bssid, _a_mac),
        channel=table.take("channel", desk.channel, between(1, _HIGHEST_CHANNEL)),
        rssi=table.take("rssi", desk.rssi, between(-127, 0)),
        security=security,
        passphrase=_checked_passphrase(table, security, passphrase),
        identity=table.take("identity", None, a_text),
        address=address,
        addresses=table.take("addresses", desk.addresses, between(1, 254)),
        gateway=table.take("gateway", str(IPv4Interface(address).network[1]), _an_address),
        dns=table.take("dns", "", _an_address),
        hidden=table.take("hidden", False, a_flag),
        wps=table.take("wps", False, a_flag),
        ad_hoc=table.take("ad_hoc", False, a_flag),
        rates=rates.ALL if table.take("ht", True, a_flag) else rates.LEGACY,
        enterprise=_enterprise(table, folder),
    )
    table.end(_ACCESS_POINT_KEYS)
    if result.enterprise != Enterprise() and security is not Security.ENTERPRISE:
        raise table.wrong("security", "only an enterprise network has eap, peap_version or certificates; set it so")
    if result.identity is not None and security is not Security.ENTERPRISE:
        raise table.wrong("identity", "only an enterprise network has one; set security = 'enterprise' or remove it")
    if result.wps and security is Security.ENTERPRISE:
        raise table.wrong("wps", "an enterprise network cannot offer it; remove it")
    return result


def _enterprise(table: Table, folder: Path) -> Enterprise:
    def certificates(value: Any) -> tuple[bytes, ...]:
        return _certificates(folder / a_text(value))

    authority = table.take("client_authority", (), certificates)
    return Enterprise(
        methods=table.take("eap", (), _eap_methods),
        peap_version=table.take("peap_version", None, between(0, 1)),
        certificates=table.take("server_certificate", (), certificates),
        client_authority=authority[0] if authority else b"",
    )


def _certificates(path: Path) -> tuple[bytes, ...]:
    # Imported here because few networks have certificates, and start-up time counts.
    from firmware_model.tls.certificate import parse_certificate
    from firmware_model.tls.pem import certificates_in

    try:
        found = certificates_in(path.read_bytes())
    except OSError as failure:
        raise ValueError(f"{path}: {failure.strerror or failure}") from None
    for certificate in found:
        parse_certificate(certificate)
    return found


def _eap_methods(value: Any) -> tuple[EapMethod, ...]:
    try:
        return tuple(EapMethod(a_text(item)) for item in (value if isinstance(value, list) else [value]))
    except ValueError:
        raise ValueError(f"known: {', '.join(EapMethod)}") from None


def _checked_passphrase(table: Table, security: Security, passphrase: str | None) -> str | None:
    """The pass phrase when it suits the security; an open network's is empty."""
    suits: dict[Security, tuple[bool, str]] = {
        Security.OPEN: (not passphrase, "an open network has none; remove it or set security"),
        Security.ANY: (not passphrase, "a network that takes anybody has none; remove it or set security"),
        Security.WEP: (bool(_WEP_KEY.fullmatch(passphrase or "")), "a WEP key is 10 or 26 hex digits"),
        Security.ENTERPRISE: (True, ""),
    }
    wpa = (bool(_WPA_KEY.fullmatch(passphrase or "")), "WPA takes 8..63 printable characters or 64 hex digits")
    good, remedy = suits.get(security, wpa)
    if not good:
        raise table.wrong("passphrase", f"{passphrase!r} is wrong; {remedy}" if passphrase else f"missing; {remedy}")
    return "" if security is Security.OPEN else passphrase


def read_station(table: Table) -> Station:
    """Read a station. Raises ValueError with key and remedy."""
    result = Station(
        mac=table.need("mac", _a_mac),
        passphrase=table.take("passphrase", None, a_text),
        address=table.take("address", None, _an_address),
        rssi=table.take("rssi", -50, between(-127, 0)),
    )
    table.end("mac, passphrase, address, rssi")
    return result


def _an_ssid(value: Any) -> str:
    octets = a_text(value).encode()
    if not 1 <= len(octets) <= 32:
        raise ValueError("use 1..32 octets")
    return octets.decode("latin-1")


def _a_mac(value: Any) -> str:
    if not _MAC.fullmatch(a_text(value)):
        raise ValueError("write it as 98:DE:D0:EA:4C:62")
    return str(value).upper()


def _a_security(value: Any) -> Security:
    try:
        return Security(a_text(value))
    except ValueError:
        raise ValueError(f"known: {', '.join(Security)}") from None


def _an_address(value: Any) -> str:
    try:
        return str(IPv4Address(a_text(value)))
    except ValueError:
        raise ValueError("write it as 192.168.1.1") from None


def _an_interface(value: Any) -> str:
    if "/" not in a_text(value):
        raise ValueError("write it with its prefix length, as 192.168.1.100/24")
    try:
        interface = IPv4Interface(value)
    except ValueError:
        raise ValueError("write it as 192.168.1.100/24") from None
    if interface.network.num_addresses < 4:
        raise ValueError("the network is too small; use a prefix length of 30 or less")
    return str(interface)
