"""A flash that fails on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.doubles import MemoryFlash

if TYPE_CHECKING:
    from collections.abc import Mapping


class FallibleFlash(MemoryFlash):
    """While ``broken`` every access fails and changes nothing; ``stores`` counts the good writes."""

    def __init__(self, areas: Mapping[str, bytes] | None = None) -> None:
        super().__init__(areas)
        self.broken = False
        self.stores = 0

    def load(self, area: str) -> bytes | None:
        self._check()
        return super().load(area)

    def store(self, area: str, content: bytes) -> None:
        self._check()
        super().store(area, content)
        self.stores += 1

    def erase(self, area: str) -> None:
        self._check()
        super().erase(area)

    def _check(self) -> None:
        if self.broken:
            raise OSError("flash failure")
