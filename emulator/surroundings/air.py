"""What is in radio range: access points to join, stations that join the miniAP. It may change while running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_model.outside import AccessPoint, Station

ANY_SSID: Final = "*"
"""An access point of this name answers to whatever SSID the module looks for."""


class Air:
    """The devices in range."""

    def __init__(self, access_points: Iterable[AccessPoint] = (), stations: Iterable[Station] = ()) -> None:
        self._access_points = list(access_points)
        self._stations = list(stations)
        self._version = 0
        self._changed = asyncio.Event()

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def access_points(self, wanted: str) -> list[AccessPoint]:
        """The access points in range."""
        return [ap._replace(ssid=wanted) if ap.ssid == ANY_SSID and wanted else ap for ap in self._access_points]

    def stations(self) -> list[Station]:
        """The devices that want to join the miniAP."""
        return list(self._stations)

    async def changed_since(self, version: int) -> None:
        """Wait for a change."""
        while self._version <= version:
            await self._changed.wait()

    def station_joins(self, station: Station) -> None:
        """Bring a station into range; it takes the place of one with the same MAC."""
        self._stations = [other for other in self._stations if other.mac != station.mac] + [station]
        self._change()

    def station_leaves(self, mac: str) -> None:
        """Take a station out of range."""
        self._stations = [other for other in self._stations if other.mac != mac]
        self._change()

    def access_point_appears(self, access_point: AccessPoint) -> None:
        """Switch an access point on; it takes the place of one with the same SSID."""
        others = [other for other in self._access_points if other.ssid != access_point.ssid]
        self._access_points = [*others, access_point]
        self._change()

    def access_point_vanishes(self, ssid: str) -> None:
        """Switch an access point off."""
        self._access_points = [other for other in self._access_points if other.ssid != ssid]
        self._change()

    def _change(self) -> None:
        self._version += 1
        # Whoever waits now wakes; whoever comes later sees the version.
        self._changed.set()
        self._changed = asyncio.Event()
