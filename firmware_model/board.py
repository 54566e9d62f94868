"""What every part of the module shares: the outside, the firmware's data, the configuration, heap and voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from firmware_model.events import Note
from firmware_model.faults import NoFaults

if TYPE_CHECKING:
    from firmware_model.faults import Faults
    from firmware_model.heap import Heap
    from firmware_model.outside import Outside
    from firmware_model.profile import FirmwareProfile
    from firmware_model.storage.configuration import Configuration
    from firmware_model.tables.indications import Indication


class Indicate(Protocol):
    """Raises an indication towards the host."""

    def __call__(self, indication: Indication, *fields: str) -> None:
        """Raise it, with its variables in order."""
        ...


class Board(NamedTuple):
    """The ground that the parts stand on, from one boot to the next."""

    outside: Outside
    profile: FirmwareProfile
    configuration: Configuration
    heap: Heap
    indicate: Indicate
    faults: Faults = NoFaults()

    def note(self, text: str) -> None:
        """Explain something in the log; the host sees nothing."""
        self.outside.timeline.record(Note(text))

    async def pass_time(self, seconds: float) -> None:
        """Let some of the module's time pass."""
        await self.outside.clock.sleep(seconds)
