"""The miniAP: announces itself, lets stations join and gives them addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Final

from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.outside import Station
    from firmware_model.radio.radio import Radio

_FIRST_HOST: Final = 2
"""The DHCP server's first lease is host 2 of the network (log F-MAC: 192.168.0.2)."""


async def serve_access_point(radio: Radio) -> None:
    """Run the miniAP until cancelled: WIND 26 and 24, then 28, 29 and 72 as stations come and go."""
    board = radio.board
    configuration = board.configuration
    await board.pass_time(board.profile.durations.access_point_start)
    board.indicate(Indication.STARTED_AP, configuration.ssid)
    radio.state = WifiState.ACCESS_POINT_STARTED
    interface = IPv4Interface(f"{configuration.get('ip_ipaddr')}/{configuration.get('ip_netmask')}")
    radio.go_up(
        NetworkAddress(
            interface=interface,
            gateway=str(interface.ip),
            uplink=False,
            bssid=configuration.get("nv_wifi_macaddr"),
            channel=configuration.integer("wifi_channelnum"),
        )
    )
    await _follow_stations(radio, interface)


async def _follow_stations(radio: Radio, interface: IPv4Interface) -> None:
    air = radio.board.outside.air
    refused: set[str] = set()
    while True:
        version = air.version
        present = {station.mac: station for station in air.stations()}
        for mac in [mac for mac in radio.stations if mac not in present]:
            del radio.stations[mac]
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
    configuration = radio.board.configuration
    if len(radio.stations) >= configuration.integer("ip_num_clients"):
        radio.board.note(f"station {station.mac} is refused: ip_num_clients stations have joined already")
        return False
    protected = configuration.integer("wifi_priv_mode") != 0
    if protected and station.passphrase not in (None, configuration.get("wifi_wpa_psk_text")):
        radio.board.note(f"station {station.mac} is refused: it presents another pass phrase than wifi_wpa_psk_text")
        return False
    return True


async def _let_join(radio: Radio, station: Station, interface: IPv4Interface) -> None:
    board = radio.board
    number = len(radio.stations)
    board.indicate(Indication.STATION_ASSOCIATED, station.mac, str(number))
    address = station.address or _free_address(interface, set(radio.stations.values()))
    radio.stations[station.mac] = address
    if board.configuration.integer("ip_use_dhcpd") and address:
        await board.pass_time(board.profile.durations.lease)
        board.indicate(Indication.DHCP_REPLY, address, station.mac)


def _free_address(interface: IPv4Interface, taken: set[str]) -> str:
    """The lowest free host address from host 2 on; empty when the network is full."""
    network = interface.network
    for number in range(_FIRST_HOST, network.num_addresses - 1):
        address = IPv4Address(int(network.network_address) + number)
        if address != interface.ip and str(address) not in taken:
            return str(address)
    return ""
