"""Seeded chance: the same seed gives the same octets, and no purpose disturbs another.

The generator is the Mersenne twister: made for repeatable tests, useless for secrets. The ephemeral keys of TLS come
from it too, so that a run can be repeated: whoever knows the seed can read what those connections carried.
"""

from __future__ import annotations

import random


class SeededSource:
    """One stream of repeatable random octets."""

    def __init__(self, seed: str | int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatability is the purpose

    def octets(self, count: int) -> bytes:
        """``count`` octets."""
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        """A uniform integer, 0 <= n < ``limit``."""
        return self._random.randrange(limit)


class SeededEntropy:
    """One independent stream per purpose, all from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, SeededSource] = {}

    def stream(self, purpose: str) -> SeededSource:
        """The stream of ``purpose``; the same object each time."""
        if purpose not in self._streams:
            self._streams[purpose] = SeededSource(f"{self.seed}/{purpose}")
        return self._streams[purpose]
