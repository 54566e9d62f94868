"""One joined network, from the association until it is lost: address, signal, beacons, farewells."""

from __future__ import annotations

import asyncio
import errno
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Final

from firmware_model.air import IncidentKind
from firmware_model.first import first_done
from firmware_model.radio import settings as wifi
from firmware_model.radio.dhcp_client import request_lease
from firmware_model.radio.state import NetworkAddress, WifiState
from firmware_model.radio.waiting import comes_true
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint, Lease
    from firmware_model.radio.peers import Peer
    from firmware_model.radio.radio import Radio

_NONE: Final = "0.0.0.0"  # noqa: S104 - an address value, nothing listens
_FAREWELLS: Final = {
    IncidentKind.DEAUTHENTICATION: Indication.WIFI_DEAUTHENTICATION,
    IncidentKind.DISASSOCIATION: Indication.WIFI_DISASSOCIATION,
}


class Association:
    """The link to one network; :meth:`live` ends when it is lost.

    ``peer`` counts its frames; ``version`` is the air's version from before the module joined, so that nothing is
    missed. Raises ValueError when a static address and its mask make no network.
    """

    def __init__(self, radio: Radio, access_point: AccessPoint, version: int, peer: Peer) -> None:
        self.peer = peer
        self.since = radio.peers.now
        """When the module joined, seconds since it started: a beacon came then."""
        self._radio = radio
        self._access_point = access_point
        self._version = version
        self._signal_is_low = False
        self._fixed = self._fixed_address()
        self._tasks: list[asyncio.Task[None]] = []
        self._failed = asyncio.Event()
        self._over = asyncio.Event()

    async def live(self) -> None:
        """Get an address, stay, and say why it ended: WIND 33, 40 or 41."""
        radio = self._radio
        radio.association, radio.lose = self, self._give_up
        staying = asyncio.create_task(self._stay(), name="association")
        self._tasks.append(asyncio.create_task(self._get_address(), name="address"))
        try:
            await first_done(staying, self._failed.wait())
        finally:
            self._over.set()
            for task in self._tasks:
                task.cancel()
            radio.association = None
            radio.save_power(False)
            radio.peers.clear()
            radio.go_down()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        farewell, fields = (Indication.WIFI_NETWORK_LOST, ()) if staying.cancelled() else staying.result()
        # WIND 41 still comes in the state of the link (F-SPI1).
        radio.board.indicate(farewell, *fields)
        radio.state = WifiState.IDLE

    async def renew(self) -> None:
        """Ask for the address anew; another one makes the radio go down and up. Raises AtError 61, 62."""
        radio = self._radio
        if radio.address is None or self._fixed is not None:
            raise AtError(Error.CANNOT_RENEW_IP)
        lease = await request_lease(radio, self._access_point)
        if lease is None or radio.association is not self:
            raise AtError(Error.RENEW_IP_FAILED)
        if self._leased(lease) != radio.address:
            radio.go_down()
            radio.go_up(self._leased(lease))

    async def is_heard(self) -> None:
        """Wait while the network sends no beacons. Raises OSError when the link is lost meanwhile."""
        air = self._radio.board.outside.air
        while self._heard() is None and not self._over.is_set():
            await first_done(air.changed_since(air.version), self._over.wait())
        if self._over.is_set():
            raise OSError(errno.ENETDOWN, "the link is lost")

    def _give_up(self, _mac: str) -> None:
        self._failed.set()

    async def _get_address(self) -> None:
        address = self._fixed
        while address is None:
            lease = await request_lease(self._radio, self._access_point)
            if lease is None:
                self._radio.board.indicate(Indication.DHCP_FAILED)
            else:
                address = self._leased(lease)
        self._radio.go_up(address)
        self._radio.begin_saving_power()

    def _fixed_address(self) -> NetworkAddress | None:
        settings = self._radio.settings
        if settings.address_source == wifi.DHCP:
            return None
        if settings.address_source == wifi.STATIC:
            interface, gateway = IPv4Interface(f"{settings.address}/{settings.netmask}"), settings.gateway
        else:
            interface, gateway = _self_assigned(settings.mac), _NONE
        return self._address(interface, gateway, settings.dns1, settings.dns2)

    def _leased(self, lease: Lease) -> NetworkAddress:
        return self._address(IPv4Interface(lease.address), lease.gateway, lease.dns, self._radio.settings.dns2)

    def _address(self, interface: IPv4Interface, gateway: str, dns1: str, dns2: str) -> NetworkAddress:
        bssid, channel = self._access_point.bssid, self._access_point.channel
        return NetworkAddress(interface, gateway, True, bssid, channel, dns1, dns2)

    @property
    def network(self) -> AccessPoint:
        """The network as it was when the module joined it."""
        return self._access_point

    async def _stay(self) -> tuple[Indication, tuple[str, ...]]:
        """Watch the air until the link is lost; how the host learns it."""
        air = self._radio.board.outside.air
        while True:
            incidents, self._version = air.incidents_since(self._version), air.version
            for incident in incidents:
                if incident.bssid != self._access_point.bssid:
                    continue
                if incident.kind in _FAREWELLS:
                    return _FAREWELLS[incident.kind], (str(incident.code),)
                if incident.kind is IncidentKind.UNKNOWN_KEY:
                    self._radio.board.indicate(Indication.KEYTYPE_NOT_IMPLEMENTED)
                elif incident.kind is IncidentKind.FRAGMENT:
                    self._tasks.append(asyncio.create_task(self._await_rest(), name="fragment"))
            heard = self._heard()
            if heard is None:
                if not await self._beacons_return():
                    return Indication.WIFI_NETWORK_LOST, ()
                continue
            self._judge_signal(heard.rssi)
            await air.changed_since(self._version)

    async def _await_rest(self) -> None:
        """Drop the first part of a frame once ``wifi_rx_msdu_lifetime`` is over."""
        await self._radio.board.pass_time(self._radio.settings.tuning.rx_lifetime)
        self.peer.drop_fragment()

    def _heard(self) -> AccessPoint | None:
        """The network as it is in the air now; None when it left, or became another."""
        joined = self._access_point
        for current in self._radio.access_points():
            if (current.ssid, current.bssid, current.channel) == (joined.ssid, joined.bssid, joined.channel):
                return current
        return None

    async def _beacons_return(self) -> bool:
        """Wait for beacons: WIND 30 after ``wifi_beacon_loss_thresh``, then WIND 14 when they come back in time.

        A radio that sleeps misses only those for which it would wake up.
        """
        radio = self._radio
        durations, indicate = radio.board.profile.durations, radio.board.indicate
        period = radio.sleep_period or durations.beacon
        if await self._heard_within(radio.settings.beacon_loss * period):
            return True
        indicate(Indication.WIFI_BSS_LOST)
        if not await self._heard_within(durations.beacon_return):
            return False
        indicate(Indication.WIFI_BSS_REGAINED)
        return True

    async def _heard_within(self, seconds: float) -> bool:
        return await comes_true(self._radio.board, lambda: self._heard() is not None, seconds)

    def _judge_signal(self, rssi: int) -> None:
        """WIND 15 below ``wifi_rssi_thresh``, 16 once ``wifi_rssi_hyst`` above it; 0 is no threshold."""
        settings, indicate = self._radio.settings, self._radio.board.indicate
        if not settings.signal_threshold:
            return
        if not self._signal_is_low and rssi < settings.signal_threshold:
            self._signal_is_low = True
            indicate(Indication.WIFI_SIGNAL_LOW, str(rssi))
        elif self._signal_is_low and rssi >= settings.signal_threshold + settings.signal_hysteresis:
            self._signal_is_low = False
            indicate(Indication.WIFI_SIGNAL_OK, str(rssi))


def _self_assigned(mac: str) -> IPv4Interface:
    """A link-local address made from the MAC, 169.254.1.0 to 169.254.254.255 (RFC 3927; the choice is assumed)."""
    fifth, sixth = (int(octet, 16) for octet in mac.split(":")[4:])
    return IPv4Interface(f"169.254.{1 + fifth % 254}.{sixth}/16")
