"""What readers have in common: the two sides that talk, where in the input, and who listens to them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal, NamedTuple, Protocol

Side = Literal[0, 1]
"""One of two who talk; which one is the client shows when they do."""


class Place(NamedTuple):
    """Where in the input something stands: the frame of a capture, the line of a log, the entry of a timeline.

    ``time`` is in epoch seconds where it is known.
    """

    unit: Literal["frame", "line", "entry"]
    number: int
    time: float | None = None

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"


class End(Enum):
    """How a conversation ended."""

    CLOSED = "closed"
    RESET = "reset"
    INPUT_ENDS = "the input ends"
    FORGOTTEN = "too many connections at once to follow this one"


class Listener(Protocol):
    """Follows one conversation until it is ``finished``; ``held`` is how many octets it keeps meanwhile."""

    finished: bool

    @property
    def held(self) -> int:
        """Octets in memory."""
        ...

    def octets(self, side: Side, octets: bytes, place: Place) -> None:
        """Octets of one side's stream, in order."""
        ...

    def hole(self, side: Side, place: Place) -> None:
        """Octets of one side's stream are not in the input."""
        ...

    def closes(self, side: Side) -> None:
        """One side will say nothing more, having closed or reset the connection."""
        ...

    def end(self, how: End, place: Place) -> None:
        """Nothing more comes."""
        ...


Meet = Callable[[tuple[str, str]], Listener]
"""Makes the listener for a conversation between two named ends."""
