"""The faults that fire at one passing of a fault point, and how a value goes through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from firmware_model.tls.nonces import SEED_SIZE, HandshakeNonces

if TYPE_CHECKING:
    from firmware_model.faults import DueFault, FaultPoint, Faults
    from firmware_model.outside import Entropy, RandomSource

_Value = TypeVar("_Value")


class Circumstances(NamedTuple):
    """What a fault may need besides the value that it changes."""

    number: int
    """The number behind its name, 0 when it takes none."""
    chance: RandomSource
    """Drawn from anew each time that it fires."""
    lasting: bytes
    """32 octets of chance that stay the same for the whole run."""


Wrapper = Callable[[_Value, Circumstances], _Value]
"""What one fault does to a value; the value unchanged where it cannot do anything."""


class FiredFaults:
    """Faults that fire together; remembers which of them found something to act on."""

    def __init__(self, due: tuple[DueFault, ...] = (), seed: bytes = b"", lasting: bytes = b"") -> None:
        self._due = due
        self._chance = HandshakeNonces(seed)
        self._lasting = lasting
        self._acted: set[str] = set()

    def through(self, wrappers: Mapping[str, Wrapper[_Value]], value: _Value) -> _Value:
        """Put ``value`` through those that ``wrappers`` has, by their names, in the order in which they were armed."""
        for fault, number in self._due:
            wrapper = wrappers.get(fault.name)
            if wrapper is None:
                continue
            changed = wrapper(value, Circumstances(number or 0, self._chance, self._lasting))
            if changed != value:
                self._acted.add(fault.name)
            value = changed
        return value

    @property
    def acted(self) -> tuple[str, ...]:
        """The names of those that changed something."""
        return tuple(fault.name for fault, _ in self._due if fault.name in self._acted)

    @property
    def idle(self) -> tuple[str, ...]:
        """The names of those that found nothing to act on."""
        return tuple(fault.name for fault, _ in self._due if fault.name not in self._acted)


class FaultPoints:
    """Where TLS asks which faults fire; only on the event loop, as a handshake itself runs on a worker thread."""

    def __init__(self, faults: Faults, entropy: Entropy) -> None:
        self._faults = faults
        self._entropy = entropy
        self._lasting = b""

    def passing(self, point: FaultPoint, occasion: str) -> FiredFaults:
        """Pass ``point``; without a fault that fires no chance is drawn."""
        due = self._faults.due(point, occasion)
        if not due:
            return FiredFaults()
        if not self._lasting:
            self._lasting = self._entropy.stream("lasting fault").octets(SEED_SIZE)
        return FiredFaults(due, self._entropy.stream("fault").octets(SEED_SIZE), self._lasting)
