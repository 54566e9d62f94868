"""The devices that the radio has a link with: the access point it joined, or the stations of its miniAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.peers import PEER_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.outside import Clock

_SEQUENCE: Final = 4096
"""802.11 sequence numbers start again here."""


class Peer:
    """One link. It counts the frames of joining and the beacons; those of connections are not counted."""

    def __init__(
        self,
        mac: str,
        *,
        signal: Callable[[], int],
        rates: str,
        protected: bool,
        listen_interval: int,
        capabilities: int,
        beacon_period: float = 0,
    ) -> None:
        """Begin a link with ``mac``.

        ``signal`` reads the received power in dBm, ``rates`` is a mask (``0x00003FCF``), ``beacon_period`` the
        seconds between two beacons, 0 for a peer that sends none.
        """
        self.mac = mac
        self._signal = signal
        self._rates = rates
        self._protected = protected
        self._listen_interval = listen_interval
        self._capabilities = capabilities
        self._beacon_period = beacon_period
        self._frames = 0
        self._last_frame = 0.0
        self._since = 0.0

    def exchange(self, frames: int, now: float) -> None:
        """Count frames that went each way, now (seconds since the module started)."""
        self._since = self._since or now
        self._frames += frames
        self._last_frame = now

    def values(self, link_id: int, now: float) -> dict[str, str]:
        """Every variable by its name."""
        beacons = int((now - self._since) / self._beacon_period) if self._beacon_period else 0
        last_beacon = self._since + beacons * self._beacon_period
        rate = int(self._rates, 16).bit_length() - 1
        # Nothing gets lost between the model and its air, so what counts losses stays 0.
        values: dict[str, object] = {
            "link_id": link_id,
            "state": 2 if self._protected else 1,
            "addr": self.mac,
            "last_rx": int(max(self._last_frame, last_beacon) * 1000),
            "last_tx": int(self._last_frame * 1000),
            "rx_drops": 0,
            "tx_drops": 0,
            "rx_pkts": self._frames + beacons,
            "tx_pkts": self._frames,
            "tx_errs": 0,
            "rate_mask": self._rates,
            "cur_rate_idx": rate,
            "cur_rate_ok": self._frames,
            "cur_rate_fail": 0,
            "tx_consec_fail": 0,
            "rx_seqnum": self._frames % _SEQUENCE,
            "rx_seqnum_mc": beacons % _SEQUENCE,
            "rx_rssi": self._signal(),
            "rx_rateidx": rate,
            "setprot": 0,
            "listen_interval": self._listen_interval,
            "capinfo": f"0x{self._capabilities:08X}",
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

    def count_frames(self, mac: str, frames: int) -> None:
        """Count frames that went each way just now."""
        for peer in self._links.values():
            if peer.mac == mac:
                peer.exchange(frames, self._now())

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
                values = peer.values(link, self._now())
                yield from ((f"{link}.{each}", values[each]) for each in names)

    def _now(self) -> float:
        return self._clock.monotonic() - self._started
