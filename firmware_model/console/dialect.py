"""What the console needs of the interface that its host is wired to: commands in, replies out, in some form.

There are two: text over the UART (:mod:`firmware_model.console.uart`) and packets over SPI
(:mod:`firmware_model.console.spi`). What a command does, and when something is said, is the console's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from firmware_model.console.declaration import Command
    from firmware_model.console.rendering import Reply
    from firmware_model.tables.errors import Error
    from firmware_model.tables.indications import Indication

Call = tuple["Command", list[str]]
"""A command and the texts of its parameters."""


Request = Callable[[], Call]
"""One complete command of the host, to be looked up. Raises AtError when that cannot be done."""


class Utterance(NamedTuple):
    """Something that the module says: its octets, and what they mean in the words of the UART."""

    octets: bytes
    meaning: bytes


class Dialect(Protocol):
    """One interface between the console and its host."""

    @property
    def holds_indications(self) -> bool:
        """Whether an indication waits until the reply that is under way is complete."""
        ...

    @property
    def command_begun(self) -> bool:
        """Whether the begin of a command has arrived but not its end."""
        ...

    async def fill(self) -> None:
        """Wait until something has arrived from the host."""
        ...

    def next_request(self) -> Request | None:
        """Cut the next command, which the log then shows; None when more has to arrive."""
        ...

    def listen(self) -> None:
        """Be ready for the next command."""
        ...

    def data_phase(self, length: int) -> AbstractContextManager[None]:
        """Take what arrives as data, ``length`` octets of it, as long as the context lasts."""
        ...

    def take_data(self, limit: int) -> bytes:
        """Cut up to ``limit`` octets of data; empty when none has arrived."""
        ...

    async def converse(self) -> bytes:
        """Wait for the next octets that the host types at a program."""
        ...

    def reply(self, reply: Reply) -> Iterator[Utterance]:
        """Render one piece of a reply."""
        ...

    def success(self) -> Utterance:
        """Render the end of a reply that went well."""
        ...

    def failure(self, error: Error) -> Utterance:
        """Render the end of a reply that did not."""
        ...

    def indication(self, indication: Indication, fields: tuple[str, ...]) -> Utterance:
        """Render an indication with its variables."""
        ...

    def farewell(self) -> Utterance | None:
        """What the module says when it is told to restart."""
        ...

    def write(self, octets: bytes) -> None:
        """Send octets to the host; never blocks."""
        ...

    async def drain(self) -> None:
        """Wait until the host has taken enough to go on."""
        ...

    async def flushed(self) -> None:
        """Wait until the host has taken everything that would be lost in a restart."""
        ...
