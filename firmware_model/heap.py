"""The module's heap, as far as hosts can see it: free octets, the minimum so far, error 91 when it is used up.

The sizes are assumed: a host only needs them to go down under load and to come back afterwards.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOW: Final = 2048
"""Octets below which the module warns (assumed)."""


class Heap:
    """Counts octets in use; nothing is really stored in it. ``warn`` is called when few are left (WIND 4)."""

    def __init__(self, size: int, warn: Callable[[], None] = lambda: None) -> None:
        self._warn = warn
        self.free = size
        self.minimum = size

    @contextmanager
    def allocated(self, octets: int) -> Iterator[None]:
        """Hold ``octets`` for the time of the context. Raises AtError 91 when there are too few."""
        if octets > self.free:
            raise AtError(Error.LOW_MEMORY)
        gets_low = self.free >= _LOW > self.free - octets
        self.free -= octets
        self.minimum = min(self.minimum, self.free)
        if gets_low:
            self._warn()
        try:
            yield
        finally:
            self.free += octets
