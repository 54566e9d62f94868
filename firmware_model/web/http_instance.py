"""The one instance of the HTTP client that the firmware has: a request takes it, and gives it back at its end.

ST's list of errors has three about it (XC-ERR); when each comes is assumed::

    take -> 80 there is none to have        81 somebody else has it, or it was never given back
    give -> 82 it cannot be given back: it stays taken until the next reset
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class HttpHindrance(Enum):
    """What keeps the HTTP client from working until it is lifted."""

    NO_INSTANCE = auto()
    """The firmware has no instance to give to a request: error 80."""
    TAKEN = auto()
    """Another part of the firmware has it: error 81."""
    NOT_RELEASED = auto()
    """A request that ended well cannot give it back: error 82, and from then on 81."""


class HttpInstance:
    """Lets one request at a time work."""

    def __init__(self, hindrances: Collection[HttpHindrance]) -> None:
        """Look at ``hindrances``, which may change, each time."""
        self._hindrances = hindrances
        self._taken = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the instance. Raises AtError 80 or 81 at the beginning, 82 at the end of a body that ended well."""
        if HttpHindrance.NO_INSTANCE in self._hindrances:
            raise AtError(Error.NO_HTTP_CLIENT_INSTANCE)
        if self._taken or HttpHindrance.TAKEN in self._hindrances:
            raise AtError(Error.HTTP_CLIENT_BUSY)
        self._taken = True
        try:
            yield
        finally:
            self._taken = HttpHindrance.NOT_RELEASED in self._hindrances
        if self._taken:
            raise AtError(Error.HTTP_CLIENT_RELEASE_FAILED)
