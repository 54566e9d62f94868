"""The two ids that web sockets and the MQTT client share (RN100: two instances, MQTT included)."""

from __future__ import annotations

from typing import Final, NamedTuple

from firmware_model.tables.errors import AtError, Error

_COUNT: Final = 2


class Opened(NamedTuple):
    """A connection stands; ``number`` is the id in ``AT-S.On:<id>``, 0 or 1."""

    number: int


class Slots:
    """Hands out the lowest free id."""

    def __init__(self) -> None:
        self._free = set(range(_COUNT))

    def take(self) -> int:
        """Reserve an id. Raises AtError 75 when both are in use."""
        if not self._free:
            raise AtError(Error.TOO_MANY_SOCKETS)
        number = min(self._free)
        self._free.remove(number)
        return number

    def release(self, number: int) -> None:
        """Give an id back."""
        self._free.add(number)
