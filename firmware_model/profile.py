"""Firmware versions as data: what differs between them, and nothing else.

A version is described by its difference from an older one::

    FIRMWARE_1_1_0 = FIRMWARE_1_0_0.evolve(version="1.1.0", ...)
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from firmware_model.tls.capabilities import TlsCapabilities


class Durations(NamedTuple):
    """How long the module takes for what the host can see, in seconds. All assumed: no timed log was found."""

    power_on: float = 0.05
    """From power-on to the first indication."""
    console: float = 0.02
    """From the banner to WIND 0."""
    radio_start: float = 0.3
    """From the console to WIND 32."""
    access_point_start: float = 0.05
    scan: float = 1.0
    scan_pause: float = 4.0
    """Between two scans when no configured network is in the air."""
    join: float = 0.1
    lease: float = 0.1


class FirmwareProfile(NamedTuple):
    """One firmware version as a host can tell it from another."""

    version: str
    build: str
    boot_version: str
    """Boot loader (log F-FR)."""
    tls: TlsCapabilities
    heap: int = 60_000
    """Octets free after boot (assumed)."""
    durations: Durations = Durations()

    def evolve(self, **changes: Any) -> FirmwareProfile:
        """Describe another version by its differences."""
        return self._replace(**changes)


FIRMWARE_1_1_0: Final = FirmwareProfile(
    version="1.1.0",
    build="171117-0328fe3-SPWF04S",
    boot_version="1.0",
    tls=TlsCapabilities(),
)

PROFILES: Final = {profile.version: profile for profile in (FIRMWARE_1_1_0,)}
"""Every known firmware by its version number."""
