"""One captured frame, and the numbers that capture files give to link layers."""

from __future__ import annotations

from typing import Final, NamedTuple

LARGEST_FRAME: Final = 1 << 20
"""Octets; dumpcap and tcpdump keep 256 KiB of a frame at most, so a larger one means a damaged file."""


class Frame(NamedTuple):
    """A frame as captured: ``number`` counts from 1 as Wireshark does, ``time`` is in epoch seconds if known.

    ``length`` is what went over the wire; a capture with a snap length keeps fewer octets of it.
    """

    number: int
    time: float | None
    link: int
    octets: bytes
    length: int
