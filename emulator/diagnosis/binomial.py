"""What chance allows: the exact binomial distribution, for judging a count of accepted handshakes."""

from __future__ import annotations

from math import comb, fsum
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.999
"""A correct emulator leaves the interval once in a thousand counts at most."""


class Interval(NamedTuple):
    """A range of counts, both ends included."""

    low: int
    high: int

    def __contains__(self, count: object) -> bool:
        return isinstance(count, int) and self.low <= count <= self.high

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"


def interval(trials: int, probability: float, confidence: float = CONFIDENCE) -> Interval:
    """Return the central interval of a binomial count: at most (1 - ``confidence``) / 2 lies on either side.

    With a probability of 0 or 1 it holds that one count alone. Raises ValueError for values out of range.
    """
    if trials < 0 or not 0 <= probability <= 1 or not 0 < confidence < 1:
        raise ValueError(f"no binomial interval for {trials} trials, probability {probability}, {confidence}")
    tail = (1 - confidence) / 2
    counts = range(trials + 1)
    low = next(count for count in counts if _between(trials, probability, 0, count) > tail)
    high = next(count for count in reversed(counts) if _between(trials, probability, count, trials) > tail)
    return Interval(low, high)


def _between(trials: int, probability: float, first: int, last: int) -> float:
    return fsum(
        comb(trials, count) * probability**count * (1 - probability) ** (trials - count)
        for count in range(first, last + 1)
    )
