"""The radio as AT+S.WIFI switches it: off, starting, running in one of the four modes.

::

    OFF ----start()----> STARTING ----WIND 32----> RUNNING ----stop(): WIND 49, 38----> OFF
           power-on

Starting while it starts is accepted and changes nothing (F-AP: WIFI=1 between WIND 3 and WIND 32); starting while
it runs is error 17, stopping while it does not run is error 18 (F-AP, PSD).
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from firmware_model.radio.access_point import serve_access_point
from firmware_model.radio.state import NetworkAddress, WifiState, link_local
from firmware_model.radio.station import join_networks
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.board import Board

STATION: Final = 1
IBSS: Final = 2
MINI_AP: Final = 3
"""Values of ``wifi_mode``; 0 is idle."""


class _Power(Enum):
    OFF = auto()
    STARTING = auto()
    RUNNING = auto()


class Radio:
    """One radio; its background task ends with :meth:`close`."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.state = WifiState.HARDWARE_POWER_UP
        self.address: NetworkAddress | None = None
        self.stations: dict[str, str] = {}
        """MAC -> address of the stations that joined the miniAP."""
        self._power = _Power.OFF
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Switch on; WIND 32 follows when the hardware is ready. Raises AtError 17 when it is on."""
        if self._power is _Power.RUNNING:
            raise AtError(Error.RADIO_ALREADY_RUNNING)
        if self._power is _Power.OFF:
            self._power = _Power.STARTING
            self._task = asyncio.create_task(self._run(), name="radio")

    async def stop(self) -> None:
        """Switch off: WIND 49 and 38. Raises AtError 18 when it is not on."""
        if self._power is not _Power.RUNNING:
            raise AtError(Error.RADIO_NOT_RUNNING)
        await self.close()
        self.state = WifiState.TERMINATED_BY_USER
        self.board.indicate(Indication.WPA_TERMINATED, "0")
        self.board.indicate(Indication.WIFI_POWERED_DOWN)

    async def close(self) -> None:
        """Stop everything without a word, as a reset does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._power = _Power.OFF
        self.go_down()

    def go_up(self, address: NetworkAddress) -> None:
        """Take an address and say so: WIND 24 for IPv4 and, unless ``ip_use_v6`` is 0, for IPv6."""
        configuration = self.board.configuration
        self.address = address
        self.state = WifiState.READY_TO_TRANSMIT if address.uplink else WifiState.HANDSHAKE_COMPLETE
        self.board.indicate(Indication.WIFI_UP, "0", str(address.interface.ip))
        if configuration.integer("ip_use_v6"):
            self.board.indicate(Indication.WIFI_UP, "", link_local(configuration.get("nv_wifi_macaddr")))

    def go_down(self) -> None:
        """Lose the address."""
        self.address = None
        self.stations.clear()

    def require_address(self) -> NetworkAddress:
        """The address. Raises AtError 44 while there is none."""
        if self.address is None:
            raise AtError(Error.WAIT_FOR_CONNECTION_UP)
        return self.address

    async def scan(self) -> None:
        """Look around once: WIND 21, then 35."""
        self.state = WifiState.SCANNING
        self.board.indicate(Indication.WIFI_SCANNING)
        await self.board.pass_time(self.board.profile.durations.scan)
        self.state = WifiState.SCAN_COMPLETE
        self.board.indicate(Indication.WIFI_SCAN_COMPLETE, "00")

    async def _run(self) -> None:
        await self.board.pass_time(self.board.profile.durations.radio_start)
        self._power = _Power.RUNNING
        self.state = WifiState.IDLE
        self.board.indicate(Indication.WIFI_HARDWARE_STARTED)
        try:
            await self._run_mode(self.board.configuration.integer("wifi_mode"))
        except ValueError as failure:
            self.board.note(f"the radio idles: {failure}; correct ip_ipaddr and ip_netmask, then WIFI=0 and WIFI=1")

    async def _run_mode(self, mode: int) -> None:
        if mode == STATION:
            await join_networks(self)
        elif mode == IBSS:
            # What follows the scan was never logged; a network of one's own starts like a miniAP (assumed).
            await self.scan()
            await serve_access_point(self)
        elif mode == MINI_AP:
            await serve_access_point(self)
