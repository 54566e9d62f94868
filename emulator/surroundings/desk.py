"""Access points as they stand on a desk: what is not said about one is filled in here."""

from __future__ import annotations

from firmware_model.air import AccessPoint


def access_point(ssid: str, number: int = 0) -> AccessPoint:
    """The n-th open access point; it gives the module the address 192.168.(n+1).100.

    Channel and signal are what a desk would have. ``ssid`` holds one character an octet.
    """
    network = f"192.168.{number % 250 + 1}"
    return AccessPoint(
        ssid=ssid,
        bssid=f"98:DE:D0:EA:4C:{0x62 + number & 0xFF:02X}",
        channel=6,
        rssi=-50,
        passphrase="",
        address=f"{network}.100/24",
        gateway=f"{network}.1",
    )
