"""The miniAP: announces itself, lets stations join and gives them addresses."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from firmware_model.air import Hindrance
from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.radio.stations import Stations
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.radio.radio import Radio


async def serve_access_point(radio: Radio) -> None:
    """Run the miniAP until cancelled: WIND 26 and 24, then 28, 29 and 72 as stations come and go; or WIND 27.

    Raises ValueError when ``ip_ipaddr`` and ``ip_netmask`` make no network.
    """
    board, settings = radio.board, radio.settings
    await board.pass_time(board.profile.durations.access_point_start)
    if board.outside.air.hinders(Hindrance.ACCESS_POINT_START):
        board.indicate(Indication.AP_START_FAILED)
        return
    board.indicate(Indication.STARTED_AP, settings.ssid)
    radio.state = WifiState.ACCESS_POINT_STARTED
    interface = IPv4Interface(f"{settings.address}/{settings.netmask}")
    own = str(interface.ip)
    radio.go_up(NetworkAddress(interface, own, False, settings.mac, settings.channel, own, settings.dns2))
    async with asyncio.TaskGroup() as tasks:
        await Stations(radio, interface, tasks).follow()
