"""The arithmetic: who measures when, and what the samples say."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Name = TypeVar("_Name")

MEDIAN = 50


def in_turns(contestants: Mapping[_Name, Callable[[], Sequence[float]]], rounds: int) -> dict[_Name, list[float]]:
    """Let each contestant measure once in every round, and return the samples of each.

    Every other round goes in reverse order, so that a machine that grows slower or faster does so for all alike.
    """
    samples: dict[_Name, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(rounds):
        for name in order:
            samples[name].extend(contestants[name]())
        order.reverse()
    return samples


def percentile(samples: Sequence[float], rank: int) -> float:
    """Return the value that ``rank`` percent (1..99) of the samples do not exceed, interpolated between two.

    Raises ValueError when there are no samples or the rank is out of range.
    """
    if not samples:
        raise ValueError("there are no samples; measure at least once")
    if not 1 <= rank <= 99:
        raise ValueError(f"there is no percentile {rank}; choose 1..99")
    if len(samples) == 1:
        return samples[0]
    return statistics.quantiles(samples, n=100, method="inclusive")[rank - 1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the result: ``ours`` and ``theirs`` in seconds, and the ratio that is aimed at, if any."""

    what: str
    yardstick: str
    ours: float
    theirs: float
    target: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        return None if self.target is None else self.ratio <= self.target


@dataclass(frozen=True, slots=True)
class Skipped:
    """A comparison that could not be made here, and why."""

    what: str
    yardstick: str
    reason: str


def compare(
    what: str,
    yardstick: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    rank: int = MEDIAN,
    target: float | None = None,
) -> Comparison:
    """Compare one percentile of two sets of samples in seconds. Raises ValueError when one is empty."""
    return Comparison(what, yardstick, percentile(ours, rank), percentile(theirs, rank), target)
