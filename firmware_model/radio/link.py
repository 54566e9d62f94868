"""What passes between the radio and its peers: frames that are acknowledged or not, and power save.

The octets themselves go through :mod:`firmware_model.radio.radio_network` and the outside; here they are frames that a
peer counts, that get lost, or that wait for the radio to wake up. Towards addresses without a link, such as those that
only the address map knows, nothing is counted and nothing is lost.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from firmware_model.outside import SEGMENT

if TYPE_CHECKING:
    from firmware_model.radio.peers import Peer
    from firmware_model.radio.radio import Radio

_AROUND: Final = 76
"""Octets of a frame around its data: MAC header and checksum 28, LLC 8, IP and TCP 40."""
_LINGER: Final = 0.1
"""Seconds that the radio goes on listening after a frame in fast power save (assumed)."""


class Link:
    """Counts, loses and delays frames for one radio."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self._awake_until = 0.0

    async def deliver(self, octets: int, host: str) -> None:
        """Send octets, again and again until they are acknowledged. Raises OSError when the link is lost first."""
        peer = self._peer_at(host)
        while peer is not None and not await self._send(peer, octets):
            if self._peer_at(host) is not peer:
                raise _lost()

    async def offer(self, octets: int, host: str) -> bool:
        """Send octets, and give them up when they are not acknowledged; whether they were.

        Raises OSError when that is the end of the link.
        """
        peer = self._peer_at(host)
        if peer is None or await self._send(peer, octets):
            return True
        peer.give_up(_frames(octets))
        return False

    async def receive(self, octets: int, host: str) -> float:
        """Let octets that wait at a peer arrive; the seconds that they had to wait for the radio."""
        radio = self._radio
        peer, began = self._peer_at(host), radio.peers.now
        if peer is None:
            return 0.0
        if radio.association is not None:
            await radio.association.is_heard()
            await self._wake_up()
        now = radio.peers.now
        peer.receive(_frames(octets), now)
        self._awake_until = now + _LINGER
        return now - began

    def _peer_at(self, host: str) -> Peer | None:
        """The peer behind which an address is: the access point, or a station of the miniAP."""
        radio = self._radio
        if radio.association is not None:
            return radio.association.peer
        mac = next((mac for mac, address in radio.stations.items() if address == host), "")
        return radio.peers.find(mac) if mac else None

    async def _send(self, peer: Peer, octets: int) -> bool:
        """Send once what fits into so many frames, until ``wifi_tx_msdu_lifetime`` is over; whether it arrived.

        Raises OSError when ``wifi_txfail_thresh`` says that the peer is gone.
        """
        radio, tuning = self._radio, self._radio.settings.tuning
        frames = _frames(octets)
        guarded = min(octets, SEGMENT) + _AROUND >= tuning.rts_threshold
        if radio.board.outside.air.transmit(peer.mac, frames, guarded=guarded):
            peer.send(frames, radio.peers.now, acknowledged=True)
            return True
        await radio.board.pass_time(tuning.tx_lifetime)
        peer.send(frames, radio.peers.now, acknowledged=False)
        if tuning.most_failures and peer.failures >= tuning.most_failures:
            radio.lose(peer.mac)
            raise _lost()
        return False

    async def _wake_up(self) -> None:
        """Wait for the beacon that tells the sleeping radio of what waits for it."""
        radio = self._radio
        period = radio.sleep_period
        if not period or (radio.settings.tuning.stays_awake and radio.peers.now < self._awake_until):
            return
        if radio.association is not None:
            await radio.board.pass_time(period - (radio.peers.now - radio.association.since) % period)


def _lost() -> OSError:
    return OSError(errno.ENETDOWN, "the link is lost")


def _frames(octets: int) -> int:
    return max(1, -(-octets // SEGMENT))
