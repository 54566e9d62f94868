"""The bits of a rate mask, read from the values that hosts set (MBED, XC-IF).

::

    0x0000000F   1, 2, 5.5, 11 Mbit/s
    0x00003FC0   6 to 54 Mbit/s
    0x003FC000   MCS 0 to 7 of 802.11n

That each bit is one rate, in rising order, is inferred: the masks have as many bits as there are rates.
"""

from __future__ import annotations

from typing import Final

CCK: Final = 0x0000000F
"""Those of 802.11b, which most networks demand of everybody."""
LEGACY: Final = 0x00003FCF
HT: Final = 0x003FC000
ALL: Final = LEGACY | HT


def usable(mask: int, *, ht: bool) -> int:
    """The rates of a mask that the radio can use; those of 802.11n only when that is on."""
    return mask & (ALL if ht else LEGACY)


def highest(mask: int) -> int:
    """The bit number of the fastest rate; 0 for an empty mask."""
    return max(0, mask.bit_length() - 1)


def written(mask: int) -> str:
    """A mask as statuses and variables show it."""
    return f"0x{mask:08X}"
