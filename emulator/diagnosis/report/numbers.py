"""Numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fractions import Fraction

_TINY: Final = 0.0005


def percent(share: float | Fraction) -> str:
    """Write a probability as ``24.8 %``, without decimals where there are none, and tiny ones as a power of ten."""
    value = float(share)
    if 0 < value < _TINY:
        return f"{value:.1e}"
    value *= 100
    return f"{value:.0f} %" if value in (0, 100) else f"{value:.1f} %"
