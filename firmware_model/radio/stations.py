"""The stations of the miniAP: who may join, who keeps its address, who has been silent for too long.

::

    in range --may join--> joined: WIND 28, 29 --half of the lease--> 29 again
                              |
                              +--out of range, or silent for wifi_ap_idle_timeout: WIND 72

A station that was dropped for its silence joins anew when it sends again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.radio.dhcp_client import FRAMES
from firmware_model.radio.dhcp_server import DhcpServer
from firmware_model.radio.peers import Peer
from firmware_model.radio.settings import OPEN, WPA
from firmware_model.radio.waiting import comes_true
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    import asyncio
    from ipaddress import IPv4Interface

    from firmware_model.outside import Station
    from firmware_model.radio.radio import Radio

_JOIN_FRAMES: Final = 2
_STATION_CAPABILITIES: Final = 0x0421
"""What a station of today announces (IEEE 802.11; assumed)."""


class Stations:
    """Lets stations in and out for as long as :meth:`follow` runs, with ``tasks`` for what each of them does."""

    def __init__(self, radio: Radio, interface: IPv4Interface, tasks: asyncio.TaskGroup) -> None:
        self._radio = radio
        self._board = radio.board
        self._settings = radio.settings
        self._tasks = tasks
        self._dhcp = DhcpServer(interface, radio.settings.lease_time, radio.board.outside.clock)
        self._refused: dict[str, str] = {}
        """Why a station that is in range has not joined, as the log has it."""
        self._attending: dict[str, list[asyncio.Task[None]]] = {}

    async def follow(self) -> None:
        """Follow what is in range, for ever."""
        air, joined = self._board.outside.air, self._radio.stations
        self._radio.lose = self._give_up
        while True:
            version = air.version
            present = {station.mac: station for station in air.stations()}
            for mac in [mac for mac in joined if mac not in present]:
                self._part(mac)
            for station in present.values():
                if station.mac not in joined and not station.silent and self._may_join(station):
                    await self._let_join(station)
            await air.changed_since(version)

    def _may_join(self, station: Station) -> bool:
        reason = self._objection(station)
        if reason and self._refused.get(station.mac) != reason:
            self._board.note(f"station {station.mac} is refused: {reason}")
        self._refused[station.mac] = reason
        return not reason

    def _objection(self, station: Station) -> str:
        """Why a station may not join; the host does not learn of it (assumed)."""
        settings = self._settings
        if settings.only_station not in ("", station.mac):
            return f"ip_macfilter lets {settings.only_station} in alone"
        if len(self._radio.stations) >= settings.most_stations:
            return "ip_num_clients stations have joined already"
        open_instead = settings.privacy == WPA and not self._board.profile.mini_ap_wpa
        if not open_instead and not settings.may_join(station.passphrase):
            return "it presents another pass phrase than wifi_wpa_psk_text"
        return ""

    async def _let_join(self, station: Station) -> None:
        mac, radio = station.mac, self._radio
        number = radio.peers.add(self._peer(station))
        radio.peers.count_frames(mac, _JOIN_FRAMES)
        self._board.indicate(Indication.STATION_ASSOCIATED, mac, str(number))
        address = radio.stations[mac] = self._dhcp.give(mac, station.address)
        leased = self._settings.serve_dhcp and bool(address)
        if leased:
            await self._board.pass_time(self._board.profile.durations.lease)
            self._acknowledge(mac)
        self._attending[mac] = attending = []
        if self._settings.idle_timeout:
            attending.append(self._tasks.create_task(self._watch(mac)))
        if leased and self._settings.lease_time:
            attending.append(self._tasks.create_task(self._renew(station)))

    def _part(self, mac: str) -> None:
        for task in self._attending.pop(mac, ()):
            task.cancel()
        del self._radio.stations[mac]
        self._radio.peers.remove(mac)
        self._board.indicate(Indication.STATION_DISASSOCIATED, mac)

    def _give_up(self, mac: str) -> None:
        """Drop a station that has not acknowledged ``wifi_txfail_thresh`` frames in a row."""
        if mac in self._radio.stations:
            self._board.note(f"station {mac} is dropped: it acknowledges nothing any more")
            self._part(mac)

    async def _watch(self, mac: str) -> None:
        """Drop a station once it has been silent for ``wifi_ap_idle_timeout`` seconds."""
        timeout = self._settings.idle_timeout
        while True:
            await comes_true(self._board, lambda: self._is_silent(mac), None)
            if not await comes_true(self._board, lambda: not self._is_silent(mac), timeout):
                self._board.note(f"station {mac} is dropped: it has sent nothing for {timeout} s")
                self._part(mac)
                return

    async def _renew(self, station: Station) -> None:
        """Let a station that is not silent ask for its address again in the middle of each lease."""
        mac = station.mac
        while True:
            await self._board.pass_time(self._dhcp.renewal)
            await comes_true(self._board, lambda: not self._is_silent(mac), None)
            self._radio.stations[mac] = self._dhcp.give(mac, station.address)
            self._acknowledge(mac)

    def _acknowledge(self, mac: str) -> None:
        self._radio.peers.count_frames(mac, FRAMES)
        address = self._radio.stations[mac]
        shown = (address, mac) if self._board.profile.dhcp_reply_shows_mac else (address,)
        self._board.indicate(Indication.DHCP_REPLY, *shown)

    def _is_silent(self, mac: str) -> bool:
        return any(station.silent for station in self._board.outside.air.stations() if station.mac == mac)

    def _peer(self, station: Station) -> Peer:
        air, settings = self._board.outside.air, self._settings

        def signal() -> int:
            return next((now.rssi for now in air.stations() if now.mac == station.mac), station.rssi)

        return Peer(
            station.mac,
            signal=signal,
            rates=settings.tuning.rates,
            protected=settings.privacy != OPEN,
            listen_interval=settings.listen_interval,
            capabilities=_STATION_CAPABILITIES,
        )
