"""The radio's states and the address it has while it is up."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Interface


class WifiState(IntEnum):
    """Status variable ``wifi_state`` (GHI, from the manual)."""

    HARDWARE_POWER_UP = 0
    HARDWARE_FAILURE = 1
    TERMINATED_BY_USER = 2
    IDLE = 3
    SCANNING = 4
    SCAN_COMPLETE = 5
    JOINING = 6
    JOINED = 7
    ACCESS_POINT_STARTED = 8
    HANDSHAKE_COMPLETE = 9
    READY_TO_TRANSMIT = 10


class NetworkAddress(NamedTuple):
    """What the module is called on the network while the radio is up."""

    interface: IPv4Interface
    gateway: str
    uplink: bool
    """True when the module joined somebody's network, false when it made its own."""
    bssid: str
    channel: int
    dns1: str = "0.0.0.0"  # noqa: S104 - an address value, nothing listens
    dns2: str = "0.0.0.0"  # noqa: S104


def link_local(mac: str) -> str:
    """The IPv6 link-local address made from a MAC, spelled as in WIND 24: ``fe80:0:0:0:280:e1ff:fec4:2d``."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 0x02
    identifier = [*octets[:3], 0xFF, 0xFE, *octets[3:]]
    groups = [identifier[index] << 8 | identifier[index + 1] for index in range(0, 8, 2)]
    return "fe80:0:0:0:" + ":".join(f"{group:x}" for group in groups)
