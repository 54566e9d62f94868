"""Scanning: for the radio's own search of its network, and for AT+S.SCAN; one at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

from firmware_model.air import Hindrance, Security
from firmware_model.radio.state import WifiState
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint
    from firmware_model.radio.radio import Radio

Filter = Literal["d", "s", "m"]
"""``d`` none, ``s`` one entry for each SSID, ``m`` one for each MAC."""

_WORDS: Final = {
    Security.WEP: ("WEP",),
    Security.WPA: ("WPA",),
    Security.WPA2: ("WPA2",),
    Security.WPA_WPA2: ("WPA", "WPA2"),
    # Nothing tells how an enterprise network is shown (assumed).
    Security.ENTERPRISE: ("WPA2",),
}
_ESS, _IBSS, _PRIVACY = 0x0001, 0x0002, 0x0010
_SHORT_PREAMBLE_AND_SLOT: Final = 0x0420
"""MBED skips the capabilities of an open network as ``0421``."""


class Scanner:
    """Looks around with the radio's receiver."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self._receiver = asyncio.Lock()
        self._survey: asyncio.Task[None] | None = None
        self.channels_heard = 0
        """A bit for each channel on which the last scan heard something, bit 0 for channel 1."""

    async def scan(self) -> None:
        """Look around once, after a scan that is under way: WIND 21, then 35. Raises AtError 41 (WIND 22, 23)."""
        async with self._receiver:
            await self._look_around(WifiState.SCAN_COMPLETE)

    async def survey(self, kind: Filter) -> list[AccessPoint]:
        """Look around and tell what is in the air, by channel; a miniAP then goes on, which WIND 39 says.

        Raises AtError 18 or 43 without a running radio, 42 while Wi-Fi Protected Setup has it, 40 while a scan is
        under way, 41 when the scan fails (WIND 22, 23), 99 when the radio stops meanwhile.
        """
        self._radio.require_free()
        if self._receiver.locked():
            raise AtError(Error.SCAN_IN_PROGRESS)
        async with self._receiver:
            self._survey = asyncio.create_task(self._look_around(self._radio.state), name="scan")
            await asyncio.wait((self._survey,))
            if self._survey.cancelled():
                raise AtError(Error.SCAN_ABORTED)
            self._survey.result()
        if (address := self._radio.address) is not None and not address.uplink:
            self._radio.board.indicate(Indication.HW_IN_MINIAP_MODE)
        return _filtered(sorted(self._radio.access_points(), key=lambda ap: ap.channel), kind)

    def abort(self) -> None:
        """End a survey with error 99."""
        if self._survey is not None:
            self._survey.cancel()

    async def _look_around(self, afterwards: WifiState) -> None:
        radio = self._radio
        board, air = radio.board, radio.board.outside.air
        radio.state = WifiState.SCANNING
        board.indicate(Indication.WIFI_SCANNING)
        await board.pass_time(board.profile.durations.scan)
        if air.hinders(Hindrance.SCAN):
            self._end(afterwards, Indication.SCAN_FAILED)
            raise AtError(Error.SCAN_FAILED)
        if air.hinders(Hindrance.SCAN_END):
            self._end(afterwards, Indication.SCAN_BLEW_UP)
            raise AtError(Error.SCAN_FAILED)
        self.channels_heard = 0
        for access_point in radio.access_points():
            self.channels_heard |= 1 << (access_point.channel - 1)
        self._end(afterwards, Indication.WIFI_SCAN_COMPLETE, "00")

    def _end(self, afterwards: WifiState, indication: Indication, *fields: str) -> None:
        """Say how a survey ended, still in the state of scanning (F-SPI1)."""
        radio = self._radio
        radio.board.indicate(indication, *fields)
        if radio.state is WifiState.SCANNING:
            radio.state = afterwards


def _filtered(networks: list[AccessPoint], kind: Filter) -> list[AccessPoint]:
    """The strongest network of each SSID or of each MAC, in the old order; all of them without a filter."""
    if kind == "d":
        return networks
    best: dict[str, AccessPoint] = {}
    for network in sorted(networks, key=lambda ap: ap.rssi, reverse=True):
        best.setdefault(network.ssid if kind == "s" else network.bssid, network)
    return [network for network in networks if network in best.values()]


def capabilities(access_point: AccessPoint) -> int:
    """The capability information that the network announces (IEEE 802.11)."""
    protected = access_point.security not in (Security.OPEN, Security.ANY)
    network = _IBSS if access_point.ad_hoc else _ESS
    return network | _SHORT_PREAMBLE_AND_SLOT | (_PRIVACY if protected else 0)


def network_line(number: int, access_point: AccessPoint) -> str:
    """One line of AT+S.SCAN without its line end; each word after CAPS is followed by a blank (MBED, XC-GLOB)."""
    words = [*_WORDS.get(access_point.security, ()), *(["WPS"] if access_point.wps else [])]
    return (
        f"{number}:\t BSS {access_point.bssid} CHAN: {access_point.channel} RSSI: -{abs(access_point.rssi)} "
        f"SSID: '{access_point.ssid}' CAPS: {capabilities(access_point):04X} "
    ) + "".join(f"{word} " for word in words)
