"""The surroundings file: access points, stations and names in TOML, checked down to the key.

``docs/surroundings.md`` describes it with an example.
"""

from __future__ import annotations

import re
import tomllib
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.surroundings.desk import access_point as desk_access_point
from firmware_model.air import AccessPoint, Security
from firmware_model.outside import Station

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_WEP_KEY: Final = re.compile(r"[0-9A-Fa-f]{10}|[0-9A-Fa-f]{26}")
_WPA_KEY: Final = re.compile(r"[0-9A-Fa-f]{64}|[\x20-\x7e]{8,63}")
_HIGHEST_CHANNEL: Final = 14
_ACCESS_POINT_KEYS: Final = (
    "ssid, bssid, channel, rssi, security, passphrase, identity, address, addresses, gateway, dns, hidden, wps, ad_hoc"
)


class Surroundings(NamedTuple):
    """What a file describes."""

    access_points: tuple[AccessPoint, ...]
    stations: tuple[Station, ...]
    names: Mapping[str, str]
    """What DNS answers: name in lower case -> address."""


def load_surroundings(path: Path) -> Surroundings:
    """Read a file. Raises ValueError with one line that names file, key and remedy."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as failure:
        raise ValueError(f"{path}: {failure.strerror or failure}; name a file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise ValueError(f"{path}: this is no TOML: {failure}") from None
    try:
        return _surroundings(content)
    except _KeyError as failure:
        raise ValueError(f"{path}: {failure}") from None


class _KeyError(ValueError):
    """One key is wrong; the text begins with it."""


class _Table:
    """A table of the file, whose keys are taken out one by one."""

    def __init__(self, where: str, content: object) -> None:
        self._where = where
        if not isinstance(content, dict):
            raise _KeyError(f"{where}: this must be a table")
        self._content = dict(content)

    def take(self, key: str, default: Any, check: Callable[[Any], Any]) -> Any:
        """The checked value of a key, or ``default`` as it is when the key is missing."""
        if key not in self._content:
            return default
        value = self._content.pop(key)
        try:
            return check(value)
        except (ValueError, TypeError) as failure:
            raise self.wrong(key, f"{value!r} is wrong; {failure}") from None

    def need(self, key: str, check: Callable[[Any], Any]) -> Any:
        """The checked value of a key that must be there."""
        if key not in self._content:
            raise self.wrong(key, "this key is missing")
        return self.take(key, None, check)

    def wrong(self, key: str, text: str) -> _KeyError:
        """The error for one key."""
        return _KeyError(f"{self._where + '.' if self._where else ''}{key}: {text}")

    def end(self, known: str) -> None:
        """Refuse keys that nobody took."""
        for key in self._content:
            raise self.wrong(key, f"there is no such key; known: {known}")


def _surroundings(content: Mapping[str, object]) -> Surroundings:
    file = _Table("", content)
    access_points = file.take("access_point", [], _a_list)
    stations = file.take("station", [], _a_list)
    names = file.take("names", {}, _a_table)
    file.end("access_point, station, names")
    return Surroundings(
        tuple(_access_point(_Table(f"access_point[{n}]", item), n) for n, item in enumerate(access_points)),
        tuple(_station(_Table(f"station[{n}]", item)) for n, item in enumerate(stations)),
        {name.lower(): _Table("names", names).need(name, _an_address) for name in names},
    )


def _access_point(table: _Table, number: int) -> AccessPoint:
    desk = desk_access_point(table.need("ssid", _an_ssid), number)
    passphrase = table.take("passphrase", None, _a_text)
    security = table.take("security", Security.WPA2 if passphrase else Security.OPEN, _a_security)
    address = table.take("address", desk.address, _an_interface)
    result = desk._replace(
        bssid=table.take("bssid", desk.bssid, _a_mac),
        channel=table.take("channel", desk.channel, _between(1, _HIGHEST_CHANNEL)),
        rssi=table.take("rssi", desk.rssi, _between(-127, 0)),
        security=security,
        passphrase=_checked_passphrase(table, security, passphrase),
        identity=table.take("identity", None, _a_text),
        address=address,
        addresses=table.take("addresses", desk.addresses, _between(1, 254)),
        gateway=table.take("gateway", str(IPv4Interface(address).network[1]), _an_address),
        dns=table.take("dns", "", _an_address),
        hidden=table.take("hidden", False, _a_flag),
        wps=table.take("wps", False, _a_flag),
        ad_hoc=table.take("ad_hoc", False, _a_flag),
    )
    table.end(_ACCESS_POINT_KEYS)
    if result.identity is not None and security is not Security.ENTERPRISE:
        raise table.wrong("identity", "only an enterprise network has one; set security = 'enterprise' or remove it")
    if result.wps and security is Security.ENTERPRISE:
        raise table.wrong("wps", "an enterprise network cannot offer it; remove it")
    return result


def _checked_passphrase(table: _Table, security: Security, passphrase: str | None) -> str | None:
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


def _station(table: _Table) -> Station:
    result = Station(
        mac=table.need("mac", _a_mac),
        passphrase=table.take("passphrase", None, _a_text),
        address=table.take("address", None, _an_address),
        rssi=table.take("rssi", -50, _between(-127, 0)),
    )
    table.end("mac, passphrase, address, rssi")
    return result


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("write it as [[table]]")
    return value


def _a_table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("write it as [table]")
    return value


def _a_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("use text in quotes")
    return value


def _a_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("use true or false")
    return value


def _an_ssid(value: Any) -> str:
    octets = _a_text(value).encode()
    if not 1 <= len(octets) <= 32:
        raise ValueError("use 1..32 octets")
    return octets.decode("latin-1")


def _a_mac(value: Any) -> str:
    if not _MAC.fullmatch(_a_text(value)):
        raise ValueError("write it as 98:DE:D0:EA:4C:62")
    return str(value).upper()


def _a_security(value: Any) -> Security:
    try:
        return Security(_a_text(value))
    except ValueError:
        raise ValueError(f"known: {', '.join(Security)}") from None


def _an_address(value: Any) -> str:
    try:
        return str(IPv4Address(_a_text(value)))
    except ValueError:
        raise ValueError("write it as 192.168.1.1") from None


def _an_interface(value: Any) -> str:
    if "/" not in _a_text(value):
        raise ValueError("write it with its prefix length, as 192.168.1.100/24")
    try:
        interface = IPv4Interface(value)
    except ValueError:
        raise ValueError("write it as 192.168.1.100/24") from None
    if interface.network.num_addresses < 4:
        raise ValueError("the network is too small; use a prefix length of 30 or less")
    return str(interface)


def _between(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"use {least}..{most}")
        return value

    return check
