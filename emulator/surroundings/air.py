"""What is in radio range: access points to join, stations that join the miniAP. It may change while running.

Methods that act on one network take its SSID or its BSSID; those that make a change take effect at once, and the
module notices them as a real one would::

    emulator.air.set_signal("home", -85)
    emulator.air.deauthenticate("home", 3)
    emulator.air.stop_dhcp("home")
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.surroundings.admission import ACCEPTED, hears, judge
from emulator.surroundings.leases import Leases
from firmware_model.air import Incident, IncidentKind, JoinAnswer, JoinOutcome, WpsNetwork

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_model.air import AccessPoint, Beacon, Credentials, Hindrance, Lease, WpsEnrollee
    from firmware_model.outside import Station

ANY_SSID: Final = "*"
"""An access point of this name answers to whatever SSID the module looks for."""
_REMEMBERED: Final = 256
"""Incidents that are kept for radios that have not looked yet."""


class Traffic(NamedTuple):
    """Frames that the module has sent to one device."""

    frames: int = 0
    guarded: int = 0
    """Those that it announced by RTS and CTS."""


class Air:
    """The devices in range."""

    def __init__(self, access_points: Iterable[AccessPoint] = (), stations: Iterable[Station] = ()) -> None:
        self._access_points = list(access_points)
        self._stations = list(stations)
        self._answers: dict[str, JoinAnswer] = {}
        self._without_dhcp: set[str] = set()
        self._deaf: set[tuple[str, str]] = set()
        self._wps: dict[str, str] = {}
        self.presented: Credentials | None = None
        """What the module presented when it last tried to join a network."""
        self.enrollee: WpsEnrollee | None = None
        """What the module last told an access point about itself in WPS."""
        self._hindrances: set[Hindrance] = set()
        self._incidents: deque[tuple[int, Incident]] = deque(maxlen=_REMEMBERED)
        self._not_acknowledging: set[str] = set()
        self._traffic: dict[str, Traffic] = {}
        self.module_network: Beacon | None = None
        """The module's own network, miniAP or IBSS, as its beacons describe it; None while there is none."""
        self._leases = Leases()
        self._host_names: dict[str, str] = {}
        self._version = 0
        self._changed = asyncio.Event()

    # What the radio asks (implements the protocol Air).

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def access_points(self, wanted: str) -> list[AccessPoint]:
        """The access points in range; a hidden one shows its name to who asks for it."""
        return [_as_seen(ap, wanted) for ap in self._access_points]

    def stations(self) -> list[Station]:
        """The devices that want to join the miniAP."""
        return list(self._stations)

    async def changed_since(self, version: int) -> None:
        """Wait for a change."""
        while self._version <= version:
            await self._changed.wait()

    def join(self, access_point: AccessPoint, credentials: Credentials) -> JoinAnswer:
        """The access point's answer: what it was told to say, else what the credentials deserve."""
        self.presented = credentials
        answer = self._answers.get(access_point.bssid) or judge(access_point, credentials)
        self._deaf.discard((access_point.bssid, credentials.mac))
        if answer == ACCEPTED and not hears(access_point, credentials):
            self._deaf.add((access_point.bssid, credentials.mac))
        return answer

    def lease(self, access_point: AccessPoint, mac: str, host_name: str) -> Lease | None:
        """An address, unless DHCP is stopped or the access point cannot read the module's frames."""
        bssid = access_point.bssid
        if bssid in self._without_dhcp or (bssid, mac) in self._deaf:
            return None
        self._host_names[mac] = host_name
        current = next((ap for ap in self._access_points if ap.bssid == bssid), access_point)
        return self._leases.give(current, mac)

    def wps_network(self, pin: str, enrollee: WpsEnrollee) -> WpsNetwork | None:
        """What the access point in WPS tells, if one is in range."""
        for ap in self._access_points:
            if self._wps.get(ap.bssid) == pin:
                self.enrollee = enrollee
                return WpsNetwork(ap.ssid, ap.security, ap.passphrase or "")
        return None

    def incidents_since(self, version: int) -> list[Incident]:
        """What happened after that version."""
        return [incident for number, incident in self._incidents if number > version]

    def hinders(self, hindrance: Hindrance) -> bool:
        """Whether something keeps the radio from this."""
        return hindrance in self._hindrances

    def announce(self, beacon: Beacon | None) -> None:
        """Take note of the module's own network."""
        self.module_network = beacon

    def transmit(self, device: str, frames: int, *, guarded: bool) -> bool:
        """Count frames to a device that is in range and acknowledges them."""
        before = self.traffic(device)
        self._traffic[device] = Traffic(before.frames + frames, before.guarded + frames * guarded)
        return device not in self._not_acknowledging and self._is_in_range(device)

    # Looking.

    def networks(self, name: str = "") -> list[AccessPoint]:
        """The access points of this SSID or BSSID, without a name all; hidden ones with theirs."""
        return [ap for ap in self._access_points if not name or _is(ap, name)]

    def answers_dhcp(self, bssid: str) -> bool:
        """Whether the DHCP server of a network answers."""
        return bssid not in self._without_dhcp

    # Coming and going.

    def station_joins(self, station: Station) -> None:
        """Bring a station into range; it takes the place of one with the same MAC."""
        self._stations = [other for other in self._stations if other.mac != station.mac] + [station]
        self._change()

    def station_falls_silent(self, mac: str) -> None:
        """Let a station send nothing any more, though it is in range: WIND 72 after ``wifi_ap_idle_timeout``."""
        self._stations = [peer._replace(silent=True) if peer.mac == mac else peer for peer in self._stations]
        self._change()

    def station_speaks(self, mac: str) -> None:
        """Let a silent station send again; one that was dropped meanwhile joins anew."""
        self._stations = [peer._replace(silent=False) if peer.mac == mac else peer for peer in self._stations]
        self._change()

    def station_leaves(self, mac: str) -> None:
        """Take a station out of range."""
        self._stations = [other for other in self._stations if other.mac != mac]
        self._change()

    def access_point_appears(self, access_point: AccessPoint) -> None:
        """Switch an access point on; it takes the place of one with the same SSID and BSSID."""
        identity = access_point[:2]
        self._access_points = [*(other for other in self._access_points if other[:2] != identity), access_point]
        self._change()

    def access_point_vanishes(self, network: str) -> None:
        """Switch every access point of this SSID or BSSID off, without a farewell."""
        self._access_points = [ap for ap in self._access_points if not _is(ap, network)]
        self._change()

    def set_signal(self, device: str, rssi: int) -> None:
        """Let the module receive a network (SSID or BSSID) or a station (MAC) with ``rssi`` dBm, -127..0.

        Raises ValueError for another level.
        """
        if not -127 <= rssi <= 0:
            raise ValueError(f"{rssi} dBm is no received power; use -127..0")
        self._access_points = [ap._replace(rssi=rssi) if _is(ap, device) else ap for ap in self._access_points]
        self._stations = [peer._replace(rssi=rssi) if peer.mac == device else peer for peer in self._stations]
        self._change()

    def renumber(self, network: str, address: str, gateway: str) -> None:
        """Let the DHCP server give other addresses from now on, from ``192.168.7.20/24`` on for example."""
        self._access_points = [
            ap._replace(address=address, gateway=gateway) if _is(ap, network) else ap for ap in self._access_points
        ]
        self._change()

    # How access points answer.

    def ignore_authentication(self, network: str) -> None:
        """Let the network leave the module's authentication unanswered."""
        self._answer(network, JoinAnswer(JoinOutcome.AUTHENTICATION_SILENT))

    def refuse_authentication(self, network: str, status: int) -> None:
        """Let the network refuse the authentication with an 802.11 status code (13: algorithm not supported)."""
        self._answer(network, JoinAnswer(JoinOutcome.AUTHENTICATION_REFUSED, status))

    def ignore_association(self, network: str) -> None:
        """Let the network leave the module's association request unanswered."""
        self._answer(network, JoinAnswer(JoinOutcome.ASSOCIATION_SILENT))

    def refuse_association(self, network: str, status: int) -> None:
        """Let the network refuse the association with an 802.11 status code (17: too many stations)."""
        self._answer(network, JoinAnswer(JoinOutcome.ASSOCIATION_REFUSED, status))

    def welcome(self, network: str) -> None:
        """Let the network answer as its credentials demand again."""
        self._answer(network, None)

    def stop_dhcp(self, network: str) -> None:
        """Let the network's DHCP server fall silent."""
        self._without_dhcp.update(self._bssids(network))
        self._change()

    def traffic(self, device: str) -> Traffic:
        """The frames that the module has sent to a network (BSSID) or a station (MAC), acknowledged or not."""
        return self._traffic.get(device, Traffic())

    def host_name(self, mac: str) -> str | None:
        """What the device called itself when it asked a DHCP server for an address; None if it never did."""
        return self._host_names.get(mac)

    def start_dhcp(self, network: str) -> None:
        """Let the network's DHCP server answer again."""
        self._without_dhcp.difference_update(self._bssids(network))
        self._change()

    def press_wps(self, network: str, pin: str = "") -> None:
        """Press the network's WPS button, or type the module's ``pin`` into it; holds until :meth:`end_wps`.

        Raises ValueError when the network does not offer WPS.
        """
        if not any(ap.wps for ap in self._access_points if _is(ap, network)):
            raise ValueError(f"'{network}' does not offer WPS; describe it with wps=True")
        self._wps.update((bssid, pin) for bssid in self._bssids(network))
        self._change()

    def end_wps(self, network: str) -> None:
        """Let the network leave WPS."""
        for bssid in self._bssids(network):
            self._wps.pop(bssid, None)
        self._change()

    # What happens to the radio.

    def deauthenticate(self, network: str, reason: int = 3) -> None:
        """Let the network throw the module out: WIND 40 with an 802.11 reason code."""
        self._happen(IncidentKind.DEAUTHENTICATION, reason, self._bssids(network))

    def disassociate(self, network: str, reason: int = 2) -> None:
        """Let the network end the module's association: WIND 41 with an 802.11 reason code."""
        self._happen(IncidentKind.DISASSOCIATION, reason, self._bssids(network))

    def stop_acknowledging(self, device: str) -> None:
        """Let a network (SSID or BSSID) or a station (MAC) leave the module's frames unacknowledged.

        They are sent again, and count as errors; ``wifi_txfail_thresh`` of them in a row end the link: WIND 33 or 72.
        """
        self._not_acknowledging |= self._devices(device)

    def acknowledge(self, device: str) -> None:
        """Let it acknowledge frames again."""
        self._not_acknowledging -= self._devices(device)

    def send_fragment(self, network: str) -> None:
        """Let the network send the first part of a frame and never the rest: PEERS counts it in ``rx_drops``."""
        self._happen(IncidentKind.FRAGMENT, 0, self._bssids(network))

    def fail_integrity(self) -> None:
        """Let the module receive a frame whose integrity check fails: WIND 78."""
        self._happen(IncidentKind.MIC_FAILURE)

    def send_odd_frame(self, kind: IncidentKind) -> None:
        """Let the module receive a frame of unknown or illegal kind: WIND 42..45."""
        self._happen(kind)

    def send_unknown_key(self, network: str) -> None:
        """Let the network hand the joined module a group key of a type it does not implement: WIND 18."""
        self._happen(IncidentKind.UNKNOWN_KEY, 0, self._bssids(network))

    def confuse_radio(self, kind: IncidentKind) -> None:
        """Let the radio's hardware report what makes no sense: EXCEPTION, UNKNOWN_EVENT, UNKNOWN_INDICATION.

        That is WIND 31, 34 or 36; the radio goes on.
        """
        self._happen(kind)

    def break_radio(self, reason: int = 1) -> None:
        """Let the radio's hardware stop: WIND 5 with this reason; WIFI=0 and WIFI=1 start it again."""
        self._happen(IncidentKind.HARDWARE_FAILURE, reason)

    def hinder(self, hindrance: Hindrance) -> None:
        """Keep the radio from something until it is lifted.

        That is starting (WIND 11), scanning (23), ending a scan (22), opening its miniAP (27), power save (12).
        """
        self._hindrances.add(hindrance)
        self._change()

    def lift(self, hindrance: Hindrance) -> None:
        """Take a hindrance away."""
        self._hindrances.discard(hindrance)
        self._change()

    def _answer(self, network: str, answer: JoinAnswer | None) -> None:
        for bssid in self._bssids(network):
            if answer is None:
                self._answers.pop(bssid, None)
            else:
                self._answers[bssid] = answer
        self._change()

    def _is_in_range(self, device: str) -> bool:
        return any(ap.bssid == device for ap in self._access_points) or any(
            station.mac == device for station in self._stations
        )

    def _devices(self, device: str) -> set[str]:
        """The MAC of a station, or the BSSIDs of a network. Raises ValueError when neither is in range."""
        return {device} if any(station.mac == device for station in self._stations) else self._bssids(device)

    def _bssids(self, network: str) -> set[str]:
        """The BSSIDs of a network. Raises ValueError when it is not in range."""
        found = {ap.bssid for ap in self._access_points if _is(ap, network)}
        if not found:
            names = ", ".join(ap.ssid for ap in self._access_points) or "none"
            raise ValueError(f"no access point '{network}' is in the air; there are: {names}")
        return found

    def _happen(self, kind: IncidentKind, code: int = 0, bssids: Iterable[str] = ("",)) -> None:
        for bssid in bssids:
            self._incidents.append((self._version + 1, Incident(kind, bssid, code)))
        self._change()

    def _change(self) -> None:
        self._version += 1
        # Whoever waits now wakes; whoever comes later sees the version.
        self._changed.set()
        self._changed = asyncio.Event()


def _is(access_point: AccessPoint, network: str) -> bool:
    # SSIDs are octets, kept as Latin-1; whoever calls writes text.
    return network == access_point.bssid or access_point.ssid in (network, network.encode().decode("latin-1"))


def _as_seen(access_point: AccessPoint, wanted: str) -> AccessPoint:
    if access_point.ssid == ANY_SSID and wanted:
        return access_point._replace(ssid=wanted)
    if access_point.hidden and access_point.ssid != wanted:
        return access_point._replace(ssid="")
    return access_point
