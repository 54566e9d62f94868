"""The DHCP server of the miniAP: who has which address, and for how long."""

from __future__ import annotations

import math
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Interface

    from firmware_model.outside import Clock

_FIRST_HOST: Final = 2
"""The first lease is host 2 of the network (log F-MAC: 192.168.0.2)."""


class _Lease(NamedTuple):
    address: str
    ends: float


class DhcpServer:
    """Keeps an address for its device until the lease ends, whether that is there or not."""

    def __init__(self, interface: IPv4Interface, lease_time: int, clock: Clock) -> None:
        """Give addresses of the network of ``interface`` for ``lease_time`` seconds; 0 is for ever (assumed)."""
        self._interface = interface
        self._lease_time = lease_time or math.inf
        self._clock = clock
        self._leases: dict[str, _Lease] = {}

    @property
    def renewal(self) -> float:
        """Seconds after which a device asks for its address again: half of the lease (RFC 2131, 4.4.5)."""
        return self._lease_time / 2

    def give(self, mac: str, wanted: str | None = None) -> str:
        """The address for a device: the one it wants, the one it had, or the lowest free one; "" when none is."""
        now = self._clock.monotonic()
        self._leases = {device: lease for device, lease in self._leases.items() if lease.ends > now}
        held = self._leases.get(mac)
        address = wanted or (held.address if held else self._free())
        if address:
            self._leases[mac] = _Lease(address, now + self._lease_time)
        return address

    def _free(self) -> str:
        network = self._interface.network
        taken = {lease.address for lease in self._leases.values()}
        for number in range(_FIRST_HOST, network.num_addresses - 1):
            address = IPv4Address(int(network.network_address) + number)
            if address != self._interface.ip and str(address) not in taken:
                return str(address)
        return ""
