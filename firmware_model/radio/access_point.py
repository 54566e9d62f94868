"""The miniAP: announces itself, lets stations join and gives them addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Final

from firmware_model.air import Hindrance
from firmware_model.radio.dhcp_client import FRAMES
from firmware_model.radio.peers import Peer
from firmware_model.radio.settings import OPEN, WPA
from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.outside import Station
    from firmware_model.radio.radio import Radio

_FIRST_HOST: Final = 2
"""The DHCP server's first lease is host 2 of the network (log F-MAC: 192.168.0.2)."""
_JOIN_FRAMES: Final = 2
_STATION_CAPABILITIES: Final = 0x0421
"""What a station of today announces (IEEE 802.11; assumed)."""


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
    await _follow_stations(radio, interface)


async def _follow_stations(radio: Radio, interface: IPv4Interface) -> None:
    air = radio.board.outside.air
    refused: set[str] = set()
    while True:
        version = air.version
        present = {station.mac: station for station in air.stations()}
        for mac in [mac for mac in radio.stations if mac not in present]:
            del radio.stations[mac]
            radio.peers.remove(mac)
            radio.board.indicate(Indication.STATION_DISASSOCIATED, mac)
        for station in present.values():
            if station.mac in radio.stations or station.mac in refused:
                continue
            if _may_join(radio, station):
                await _let_join(radio, station, interface)
            else:
                refused.add(station.mac)
        await air.changed_since(version)


def _may_join(radio: Radio, station: Station) -> bool:
    settings = radio.settings
    if len(radio.stations) >= settings.most_stations:
        radio.board.note(f"station {station.mac} is refused: ip_num_clients stations have joined already")
        return False
    open_instead = settings.privacy == WPA and not radio.board.profile.mini_ap_wpa
    if not open_instead and not settings.may_join(station.passphrase):
        radio.board.note(f"station {station.mac} is refused: it presents another pass phrase than wifi_wpa_psk_text")
        return False
    return True


async def _let_join(radio: Radio, station: Station, interface: IPv4Interface) -> None:
    board = radio.board
    number = radio.peers.add(_peer(radio, station))
    radio.peers.count_frames(station.mac, _JOIN_FRAMES)
    board.indicate(Indication.STATION_ASSOCIATED, station.mac, str(number))
    address = station.address or _free_address(interface, set(radio.stations.values()))
    radio.stations[station.mac] = address
    if radio.settings.serve_dhcp and address:
        await board.pass_time(board.profile.durations.lease)
        radio.peers.count_frames(station.mac, FRAMES)
        shown = (address, station.mac) if board.profile.dhcp_reply_shows_mac else (address,)
        board.indicate(Indication.DHCP_REPLY, *shown)


def _peer(radio: Radio, station: Station) -> Peer:
    air, settings = radio.board.outside.air, radio.settings

    def signal() -> int:
        return next((now.rssi for now in air.stations() if now.mac == station.mac), station.rssi)

    return Peer(
        station.mac,
        signal=signal,
        rates=settings.rates,
        protected=settings.privacy != OPEN,
        listen_interval=settings.listen_interval,
        capabilities=_STATION_CAPABILITIES,
    )


def _free_address(interface: IPv4Interface, taken: set[str]) -> str:
    """The lowest free host address from host 2 on; empty when the network is full."""
    network = interface.network
    for number in range(_FIRST_HOST, network.num_addresses - 1):
        address = IPv4Address(int(network.network_address) + number)
        if address != interface.ip and str(address) not in taken:
            return str(address)
    return ""
