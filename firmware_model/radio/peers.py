"""The devices that the radio has a link with: the access point it joined, or the stations of its miniAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.radio.rates import highest, written
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.peers import PEER_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.outside import Clock

_SEQUENCE: Final = 4096
"""802.11 sequence numbers start again here."""


class Peer:
    """One link and what is counted of it: frames of joining and of connections, and beacons."""

    def __init__(
        self,
        mac: str,
        *,
        signal: Callable[[], int],
        rates: int,
        protected: bool,
        listen_interval: int,
        capabilities: int,
        beacon_period: float = 0,
    ) -> None:
        """Begin a link with ``mac``.

        ``signal`` reads the received power in dBm, ``rates`` is a mask, ``beacon_period`` the seconds between two
        beacons, 0 for a peer that sends none.
        """
        self.mac = mac
        self.failures = 0
        """Frames in a row that the peer has not acknowledged."""
        self._signal = signal
        self._rates = rates
        self._protected = protected
        self._listen_interval = listen_interval
        self._capabilities = capabilities
        self._beacon_period = beacon_period
        self._sent = self._received = 0
        self._lost = self._given_up = self._incomplete = 0
        self._last_sent = self._last_received = 0.0
        self._since: float | None = None

    def exchange(self, frames: int, now: float) -> None:
        """Count frames that went each way, now (seconds since the module started)."""
        self.send(frames, now, acknowledged=True)
        self.receive(frames, now)

    def send(self, frames: int, now: float, *, acknowledged: bool) -> None:
        """Count frames that went to the peer, and whether it acknowledged them."""
        self._since = now if self._since is None else self._since
        self._last_sent = now
        if acknowledged:
            self._sent += frames
            self.failures = 0
        else:
            self._lost += frames
            self.failures += frames

    def give_up(self, frames: int) -> None:
        """Count frames that are not sent again."""
        self._given_up += frames

    def receive(self, frames: int, now: float) -> None:
        """Count frames that came from the peer."""
        self._received += frames
        self._last_received = now

    def drop_fragment(self) -> None:
        """Count a received frame that was never completed."""
        self._incomplete += 1

    def values(self, link_id: int, now: float) -> dict[str, str]:
        """Every variable by its name."""
        since = self._since or 0.0
        beacons = int((now - since) / self._beacon_period) if self._beacon_period else 0
        last_beacon = since + beacons * self._beacon_period
        rate = highest(self._rates)
        values: dict[str, object] = {
            "link_id": link_id,
            "state": 2 if self._protected else 1,
            "addr": self.mac,
            "last_rx": int(max(self._last_received, last_beacon) * 1000),
            "last_tx": int(self._last_sent * 1000),
            "rx_drops": self._incomplete,
            "tx_drops": self._given_up,
            "rx_pkts": self._received + beacons,
            "tx_pkts": self._sent,
            "tx_errs": self._lost,
            "rate_mask": written(self._rates),
            "cur_rate_idx": rate,
            "cur_rate_ok": self._sent,
            "cur_rate_fail": self._lost,
            "tx_consec_fail": self.failures,
            "rx_seqnum": self._received % _SEQUENCE,
            "rx_seqnum_mc": beacons % _SEQUENCE,
            "rx_rssi": self._signal(),
            "rx_rateidx": rate,
            "setprot": 0,
            "listen_interval": self._listen_interval,
            "capinfo": written(self._capabilities),
        }
        return {name: str(value) for name, value in values.items()}


class Peers:
    """The links by their number, 0 first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._links: dict[int, Peer] = {}

    def add(self, peer: Peer) -> int:
        """Give a peer the lowest free link number."""
        number = next(number for number in range(len(self._links) + 1) if number not in self._links)
        self._links[number] = peer
        return number

    def remove(self, mac: str) -> None:
        """Forget the peer with this MAC."""
        self._links = {number: peer for number, peer in self._links.items() if peer.mac != mac}

    def clear(self) -> None:
        """Forget all."""
        self._links.clear()

    def find(self, mac: str) -> Peer | None:
        """The peer with this MAC, if there is a link with it."""
        return next((peer for peer in self._links.values() if peer.mac == mac), None)

    def count_frames(self, mac: str, frames: int) -> None:
        """Count frames that went each way just now."""
        if peer := self.find(mac):
            peer.exchange(frames, self.now)

    def select(self, number: int | None, name: str) -> Iterator[tuple[str, str]]:
        """Yield name (``0.rx_rssi``) and value of the variables of one peer or of all, in order.

        Raises AtError 4 for an unknown variable, 7 for a link that is not in use.
        """
        names = [row.name for row in PEER_VARIABLES if name.lower() in ("", row.name)]
        if not names:
            raise AtError(Error.VARIABLE_NOT_FOUND)
        if number is not None and number not in self._links:
            raise AtError(Error.INVALID_ARGUMENTS)
        for link, peer in sorted(self._links.items()):
            if number in (None, link):
                values = peer.values(link, self.now)
                yield from ((f"{link}.{each}", values[each]) for each in names)

    @property
    def now(self) -> float:
        """Seconds since the module started."""
        return self._clock.monotonic() - self._started
