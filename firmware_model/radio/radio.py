"""The radio as AT+S.WIFI switches it: off, starting, running in one of the four modes.

::

    OFF ----start()----> STARTING ----WIND 32----> RUNNING ----stop(): WIND 49, 38----> OFF
           power-on

Starting while it starts is accepted and changes nothing (F-AP: WIFI=1 between WIND 3 and WIND 32); starting while
it runs is error 17, stopping while it does not run is error 18 (F-AP, PSD). With ``etf_mode`` 1 at the start its
test firmware has it instead, and whoever wants it gets error 42 (assumed). The Wi-Fi settings are read when the
hardware is ready and hold until the radio stops; F-AP sets them after WIFI=1.

While it runs it listens: frames that nobody expects are WIND 42..45, a failed integrity check is WIND 78, what its
hardware reports without sense is WIND 31, 34 or 36, and when that hardware fails (WIND 5) everything ends until
WIFI=0 and WIFI=1.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from firmware_model.air import Hindrance, Incident, IncidentKind
from firmware_model.radio.access_point import serve_access_point
from firmware_model.radio.link import Link
from firmware_model.radio.peers import Peers
from firmware_model.radio.protected_setup import enroll
from firmware_model.radio.scanner import Scanner
from firmware_model.radio.settings import IBSS, MINI_AP, STATION, WifiSettings
from firmware_model.radio.state import NetworkAddress, WifiState, link_local
from firmware_model.radio.station import join_networks, join_once
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from firmware_model.air import AccessPoint
    from firmware_model.board import Board
    from firmware_model.radio.association import Association
    from firmware_model.radio.enterprise import EnterpriseAccess

_HEARD: Final = {
    IncidentKind.UNKNOWN_MANAGEMENT_FRAME: Indication.UNHANDLED_MANAGEMENT_FRAME,
    IncidentKind.UNKNOWN_DATA_FRAME: Indication.UNHANDLED_DATA_FRAME,
    IncidentKind.UNKNOWN_FRAME: Indication.UNHANDLED_UNKNOWN_FRAME,
    IncidentKind.ILLEGAL_FRAME: Indication.DOT11_ILLEGAL,
    IncidentKind.MIC_FAILURE: Indication.MIC_FAILURE,
    IncidentKind.EXCEPTION: Indication.WIFI_EXCEPTION,
    IncidentKind.UNKNOWN_EVENT: Indication.WIFI_UNHANDLED_EVENT,
    IncidentKind.UNKNOWN_INDICATION: Indication.WIFI_UNHANDLED_INDICATION,
}


def _keep(_mac: str) -> None:
    """Mind no lost frames: there are no peers."""


class _Power(Enum):
    UNDER_TEST = auto()
    """``etf_mode`` was 1 at the start: the test firmware has the hardware, and nobody else until the next reset."""
    OFF = auto()
    STARTING = auto()
    RUNNING = auto()


class Radio:
    """One radio; its background task ends with :meth:`close`."""

    def __init__(self, board: Board, enterprise: EnterpriseAccess, show: Callable[[WifiState], None]) -> None:
        """Tell ``show`` each new state, the first one included."""
        self.board = board
        self.enterprise = enterprise
        self._show = show
        self.state = WifiState.HARDWARE_POWER_UP
        self.address: NetworkAddress | None = None
        self.stations: dict[str, str] = {}
        """MAC -> address of the stations that joined the miniAP."""
        self.settings = WifiSettings.of(board.configuration, enterprise)
        self.scanner = Scanner(self)
        self.peers = Peers(board.outside.clock)
        self.association: Association | None = None
        """The network that station mode has joined."""
        self.link = Link(self)
        self.lose: Callable[[str], None] = _keep
        """Called with the MAC of a peer that acknowledges nothing any more; set by whoever has peers."""
        self._saves_power = False
        self._power = _Power.UNDER_TEST if board.configuration.integer("etf_mode") else _Power.OFF
        self._enrolling = False
        self._task: asyncio.Task[None] | None = None
        self._followers: list[Callable[[NetworkAddress | None], None]] = []

    @property
    def state(self) -> WifiState:
        """Status variable ``wifi_state``."""
        return self._state

    @state.setter
    def state(self, state: WifiState) -> None:
        self._state = state
        self._show(state)

    def follow(self, follower: Callable[[NetworkAddress | None], None]) -> None:
        """Call ``follower`` with the address each time the radio goes up, and with None when it goes down."""
        self._followers.append(follower)

    def start(self) -> None:
        """Switch on; WIND 32 follows when the hardware is ready. Raises AtError 17 when it is on, 42 under test."""
        if self._power is _Power.UNDER_TEST:
            raise AtError(Error.WAIT_FOR_HARDWARE_BUSY)
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
        await self._end_task()
        if not self.is_under_test:
            self._power = _Power.OFF

    @property
    def is_under_test(self) -> bool:
        """Whether the radio's test firmware runs, with which there is no Wi-Fi (assumed)."""
        return self._power is _Power.UNDER_TEST

    def require_running(self) -> None:
        """Raises AtError 18 while the radio is off, 43 while it starts, 42 under test."""
        if self._power is _Power.UNDER_TEST:
            raise AtError(Error.WAIT_FOR_HARDWARE_BUSY)
        if self._power is _Power.OFF:
            raise AtError(Error.RADIO_NOT_RUNNING)
        if self._power is _Power.STARTING:
            raise AtError(Error.WAIT_FOR_HARDWARE_STARTING)

    def require_free(self) -> None:
        """Raises AtError 18 or 43 without a running radio, 42 while Wi-Fi Protected Setup has it."""
        self.require_running()
        if self._enrolling:
            raise AtError(Error.WAIT_FOR_HARDWARE_BUSY)

    async def begin_protected_setup(self, pin: str) -> None:
        """Leave whatever network there is and look for an access point in WPS, with ``pin`` or the push button.

        Raises AtError 18 or 43 without a running radio, 42 while it looks for one already.
        """
        self.require_free()
        await self._end_task()
        self._task = asyncio.create_task(self._serve(self._run_protected_setup(pin)), name="radio")

    async def renew_address(self) -> None:
        """Ask the DHCP server anew. Raises AtError 61 without a lease to renew, 62 when no answer comes."""
        if self.association is None:
            raise AtError(Error.CANNOT_RENEW_IP)
        await self.association.renew()

    def access_points(self) -> list[AccessPoint]:
        """What is in range on the channels that the radio may use."""
        heard = self.board.outside.air.access_points(self.settings.ssid)
        return [access_point for access_point in heard if access_point.channel in self.settings.tuning.channels]

    @property
    def sleep_period(self) -> float:
        """Seconds from one wake-up to the next; 0 while the radio listens all the time, as outside of a network."""
        if self.association is None or not self._saves_power:
            return 0.0
        return self.settings.tuning.wake_up * self.board.profile.durations.beacon

    def save_power(self, on: bool) -> None:
        """Sleep between beacons, or listen all the time."""
        self._saves_power = on

    def begin_saving_power(self) -> None:
        """Do what ``wifi_powersave`` asks for in a network that was just joined: WIND 66, or 12 when that fails."""
        if not self.settings.tuning.saves_power:
            return
        self._saves_power = not self.board.outside.air.hinders(Hindrance.POWER_SAVE)
        saved = Indication.LOW_POWER_MODE_ENABLED if self._saves_power else Indication.WIFI_PS_MODE_FAILURE
        self.board.indicate(saved)

    def go_up(self, address: NetworkAddress) -> None:
        """Take an address and say so: WIND 24 for IPv4 and, unless ``ip_use_v6`` is 0, for IPv6.

        The first one comes in state 9, the second one in state 10 (PB, F-DHCP, in miniAP mode).
        """
        self.address = address
        self.state = WifiState.HANDSHAKE_COMPLETE
        self.board.indicate(Indication.WIFI_UP, "0", str(address.interface.ip))
        self.state = WifiState.READY_TO_TRANSMIT
        if self.settings.use_v6:
            self.board.indicate(Indication.WIFI_UP, "", link_local(self.settings.mac))
        self._tell(address)

    def go_down(self) -> None:
        """Lose the address."""
        was_up = self.address is not None
        self.address = None
        self.stations.clear()
        if was_up:
            self._tell(None)

    def _tell(self, address: NetworkAddress | None) -> None:
        for follower in self._followers:
            follower(address)

    def require_address(self) -> NetworkAddress:
        """The address. Raises AtError 44 while there is none."""
        if self.address is None:
            raise AtError(Error.WAIT_FOR_CONNECTION_UP)
        return self.address

    async def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.scanner.abort()
        self.peers.clear()
        self.go_down()

    async def _run(self) -> None:
        await self.board.pass_time(self.board.profile.durations.radio_start)
        if self.board.outside.air.hinders(Hindrance.RADIO_START):
            self._power = _Power.OFF
            self.state = WifiState.HARDWARE_FAILURE
            self.board.indicate(Indication.RADIO_STARTUP_ERROR)
            return
        self._power = _Power.RUNNING
        self.state = WifiState.IDLE
        self.settings = WifiSettings.of(self.board.configuration, self.enterprise)
        self.board.indicate(Indication.WIFI_HARDWARE_STARTED)
        await self._serve(self._run_mode())

    async def _serve(self, work: Coroutine[None, None, None]) -> None:
        """Do ``work`` and listen, until the hardware fails."""
        async with asyncio.TaskGroup() as both:
            working = both.create_task(work)
            failure = await self._listen()
            working.cancel()
        self.scanner.abort()
        self.peers.clear()
        self.go_down()
        self.state = WifiState.HARDWARE_FAILURE
        self.board.indicate(Indication.WIFI_HARDWARE_FAILURE, str(failure.code))

    async def _listen(self) -> Incident:
        """Tell what the radio hears; the result is the failure of its hardware."""
        air = self.board.outside.air
        version = air.version
        while True:
            await air.changed_since(version)
            incidents, version = air.incidents_since(version), air.version
            for incident in incidents:
                if incident.kind is IncidentKind.HARDWARE_FAILURE:
                    return incident
                if incident.kind in _HEARD:
                    self.board.indicate(_HEARD[incident.kind])

    async def _run_mode(self) -> None:
        mode = self.settings.mode
        try:
            if mode == STATION:
                await join_networks(self)
            elif mode == IBSS:
                await self._run_ad_hoc()
            elif mode == MINI_AP:
                await serve_access_point(self)
        except ValueError as failure:
            self.board.note(f"the radio idles: {failure}; correct ip_ipaddr and ip_netmask, then WIFI=0 and WIFI=1")

    async def _run_ad_hoc(self) -> None:
        """Join the network of equals that is there, or begin one: like a miniAP, as no log shows it (assumed)."""
        while (joined := await join_once(self, ad_hoc=True)) is not None:
            await joined.live()
        await serve_access_point(self)

    async def _run_protected_setup(self, pin: str) -> None:
        self._enrolling = True
        try:
            if await enroll(self, pin):
                self.settings = WifiSettings.of(self.board.configuration, self.enterprise)
        finally:
            self._enrolling = False
        await self._run_mode()
