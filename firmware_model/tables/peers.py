"""The peer variables that ``AT+S.PEERS`` prints as ``AT-S.Var:<n>.<name>=<value>``.

Names and order are those of ST's peers page for firmware 1.1.0 (STPKG). Only ``rx_rssi`` was ever seen with a value
(MBED, AN4965); the meaning of the others is read from their names.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from firmware_model.tables.sources import Source, assumed, driver, inferred
from firmware_model.tables.statuses import Format


class PeerVariable(NamedTuple):
    """One peer variable; ``source`` speaks of meaning and format, the names are manual (STPKG)."""

    name: str
    meaning: str
    format: Format
    source: Source


_NAME: Final = inferred("the name")
_UNIT: Final = assumed("the name; unit unknown")
_OPEN: Final = assumed("only the name is known")

PEER_VARIABLES: Final = (
    PeerVariable("link_id", "number of the link, as in front of the dot", Format.DECIMAL, _NAME),
    PeerVariable("state", "0 none, 1 associated, 2 with keys", Format.DECIMAL, _OPEN),
    PeerVariable("addr", "MAC address of the peer", Format.MAC, _NAME),
    PeerVariable("last_rx", "when the last frame came, ms since the module started", Format.DECIMAL, _UNIT),
    PeerVariable("last_tx", "when the last frame went, ms since the module started", Format.DECIMAL, _UNIT),
    PeerVariable("rx_drops", "received frames that were dropped", Format.DECIMAL, _NAME),
    PeerVariable("tx_drops", "frames to send that were dropped", Format.DECIMAL, _NAME),
    PeerVariable("rx_pkts", "frames received", Format.DECIMAL, _NAME),
    PeerVariable("tx_pkts", "frames sent", Format.DECIMAL, _NAME),
    PeerVariable("tx_errs", "frames that could not be sent", Format.DECIMAL, _NAME),
    PeerVariable("rate_mask", "rates in use with the peer", Format.HEX_WORD, _NAME),
    PeerVariable("cur_rate_idx", "rate to send with, a bit number of rate_mask", Format.DECIMAL, _OPEN),
    PeerVariable("cur_rate_ok", "frames sent well at this rate", Format.DECIMAL, _NAME),
    PeerVariable("cur_rate_fail", "frames that failed at this rate", Format.DECIMAL, _NAME),
    PeerVariable("tx_consec_fail", "failures since the last success", Format.DECIMAL, _NAME),
    PeerVariable("rx_seqnum", "sequence number of the last frame to the module, 0..4095", Format.DECIMAL, _NAME),
    PeerVariable("rx_seqnum_mc", "sequence number of the last frame to all, 0..4095", Format.DECIMAL, _NAME),
    PeerVariable("rx_rssi", "received power, dBm", Format.DECIMAL, driver("MBED")),
    PeerVariable("rx_rateidx", "rate of the last frame, a bit number of rate_mask", Format.DECIMAL, _OPEN),
    PeerVariable("setprot", "protection of slower stations", Format.FLAG, _OPEN),
    PeerVariable("listen_interval", "beacons the sleeping side may miss", Format.DECIMAL, _NAME),
    PeerVariable("capinfo", "802.11 capability information", Format.HEX_WORD, _NAME),
)
"""Every peer variable in the order of PEERS."""
