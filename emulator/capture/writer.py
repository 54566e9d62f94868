"""What all forms of a recording have in common: they turn entries into octets, and know nothing of files."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry


class Run(NamedTuple):
    """What a recording says about the run that it is of."""

    version: str
    """The emulator's own."""
    model: str
    firmware: str
    mac: str
    seed: int
    time: str
    """How time passes: ``real``, ``instant`` or a factor."""
    faults: tuple[str, ...]
    """What is armed, as the command line writes it."""
    began: float
    """When the timeline began, in seconds since 1970 UTC."""

    @property
    def date(self) -> str:
        """When the timeline began, as ISO 8601 in UTC with microseconds."""
        return datetime.fromtimestamp(self.began, UTC).isoformat(timespec="microseconds")

    @property
    def command(self) -> str:
        """The command that has such a run again, as far as it can be told."""
        flags = ("--model", self.model, "--firmware", self.firmware, "--mac", self.mac, "--time", self.time)
        faults = (word for fault in self.faults for word in ("--fault", fault))
        return shlex.join(("spwf04sx", "run", *flags, "--seed", str(self.seed), *faults))


class Writer(Protocol):
    """One recording from its begin to its end."""

    @property
    def kinds(self) -> tuple[type, ...]:
        """The events that it is about; none means all of them."""
        ...

    @property
    def secrets(self) -> bool:
        """Whether it takes the secrets of TLS too."""
        ...

    def begin(self) -> bytes:
        """What stands before everything else."""
        ...

    def take(self, entry: Entry) -> bytes:
        """What one entry adds; always something whole, so that a recording is readable wherever it breaks off."""
        ...

    def end(self) -> bytes:
        """What is left to say."""
        ...
