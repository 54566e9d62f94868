"""The DHCP servers of the access points: each device keeps its address as long as the pool holds it."""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from firmware_model.air import Lease

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint


class Leases:
    """Who has which address, over all networks."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}

    def give(self, access_point: AccessPoint, mac: str) -> Lease | None:
        """The address that ``mac`` has, or the first free one; None when the pool is used up."""
        pool = _pool(access_point)
        address = self._given.get((access_point.bssid, mac))
        if address not in pool:
            taken = {given for (bssid, _), given in self._given.items() if bssid == access_point.bssid}
            address = next((free for free in pool if free not in taken), None)
        if address is None:
            return None
        self._given[access_point.bssid, mac] = address
        return Lease(address, access_point.gateway, access_point.dns or access_point.gateway)


def _pool(access_point: AccessPoint) -> list[str]:
    first = IPv4Interface(access_point.address)
    last = int(first.network.broadcast_address)
    numbers = range(int(first.ip), min(int(first.ip) + access_point.addresses, max(last, int(first.ip) + 1)))
    return [str(IPv4Interface((number, first.network.prefixlen))) for number in numbers]
