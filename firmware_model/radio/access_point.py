"""The miniAP: announces itself, lets stations join and gives them addresses."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from firmware_model.air import Beacon, Hindrance, Security
from firmware_model.radio.settings import IBSS, WEP, WPA
from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.radio.stations import Stations
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.settings import WifiSettings


async def serve_access_point(radio: Radio) -> None:
    """Run the miniAP until cancelled: WIND 26 and 24, then 28, 29 and 72 as stations come and go; or WIND 27.

    Raises ValueError when ``ip_ipaddr`` and ``ip_netmask`` make no network.
    """
    board, settings = radio.board, radio.settings
    await board.pass_time(board.profile.durations.access_point_start)
    if settings.channel not in settings.tuning.channels:
        board.note(f"channel {settings.channel} is not for use in {settings.tuning.country}: see wifi_region")
        board.indicate(Indication.AP_START_FAILED)
        return
    if board.outside.air.hinders(Hindrance.ACCESS_POINT_START):
        board.indicate(Indication.AP_START_FAILED)
        return
    board.indicate(Indication.STARTED_AP, settings.ssid)
    radio.state = WifiState.ACCESS_POINT_STARTED
    interface = IPv4Interface(f"{settings.address}/{settings.netmask}")
    own = str(interface.ip)
    radio.go_up(NetworkAddress(interface, own, False, settings.mac, settings.channel, own, settings.dns2))
    board.outside.air.announce(_beacon(settings, protected_by_wpa=board.profile.mini_ap_wpa))
    try:
        async with asyncio.TaskGroup() as tasks:
            await Stations(radio, interface, tasks).follow()
    finally:
        board.outside.air.announce(None)


def _beacon(settings: WifiSettings, *, protected_by_wpa: bool) -> Beacon:
    tuning, ad_hoc = settings.tuning, settings.mode == IBSS
    protections = {WEP: Security.WEP, WPA: Security.WPA2 if protected_by_wpa else Security.OPEN}
    return Beacon(
        ssid=settings.ssid,
        bssid=settings.mac,
        channel=settings.channel,
        security=protections.get(settings.privacy, Security.OPEN),
        interval=tuning.beacon_interval,
        rates=tuning.rates,
        basic_rates=tuning.basic_rates,
        country=tuning.country,
        ad_hoc=ad_hoc,
        atim_window=tuning.atim_window if ad_hoc else 0,
    )
