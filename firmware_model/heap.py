"""The module's heap, as far as hosts can see it: free octets, the minimum so far, error 91 when it is used up.

The sizes are assumed: a host only needs them to go down under load and to come back afterwards.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Iterator


class Heap:
    """Counts octets in use; nothing is really stored in it."""

    def __init__(self, size: int) -> None:
        self.free = size
        self.minimum = size

    @contextmanager
    def allocated(self, octets: int) -> Iterator[None]:
        """Hold ``octets`` for the time of the context. Raises AtError 91 when there are too few."""
        if octets > self.free:
            raise AtError(Error.LOW_MEMORY)
        self.free -= octets
        self.minimum = min(self.minimum, self.free)
        try:
            yield
        finally:
            self.free += octets
