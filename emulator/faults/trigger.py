"""When an armed fault fires: which passings of its point count, and which of those are hit.

Written on the command line behind an ``@``, conditions joined by commas, all of which must hold::

    @nth=3                      the third passing only
    @between=2..5               the second to the fifth
    @p=0.25                     each with this probability, drawn from the seed
    @after=+WIND:24             only passings after a line that begins so was sent or received
    @on=HTTPGET                 only passings whose occasion begins so: a command, a message, host:port, an indication
    @times=1                    at most so often

Without any it fires always. Passings are counted from one, from the moment of arming or, with ``after``, from that
event on; only those that ``on`` lets through count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RANGE: Final = re.compile(r"(\d+)\.\.(\d*)")
KNOWN: Final = "p, nth, between, after, on, times"


class Trigger(NamedTuple):
    """The conditions, all of which must hold."""

    first: int = 1
    last: int | None = None
    """Passings ``first``..``last`` count, both included; None for no end."""
    probability: float = 1.0
    after: str = ""
    """The begin of a line of the dialogue: an indication, a reply or a command."""
    on: str = ""
    """The begin of the occasion, upper and lower case alike."""
    times: int | None = None

    def includes(self, passing: int) -> bool:
        """Whether this passing, counted from one, is among those that can be hit."""
        return self.first <= passing and (self.last is None or passing <= self.last)

    def __str__(self) -> str:
        """The conditions as the command line writes them, ``""`` for always."""
        conditions = []
        if self.first == self.last:
            conditions.append(f"nth={self.first}")
        elif self.first > 1 or self.last is not None:
            conditions.append(f"between={self.first}..{'' if self.last is None else self.last}")
        if self.probability < 1:
            conditions.append(f"p={self.probability:g}")
        conditions += [f"{name}={text}" for name, text in (("after", self.after), ("on", self.on)) if text]
        if self.times is not None:
            conditions.append(f"times={self.times}")
        return ",".join(conditions)


def parse_trigger(text: str) -> Trigger:
    """Read the conditions behind an ``@``. Raises ValueError with one line."""
    conditions = {}
    for condition in text.split(","):
        name, separator, value = condition.partition("=")
        if name not in _CONDITIONS or not separator:
            raise ValueError(f"{condition!r} is no condition; known: {KNOWN}")
        conditions[name] = value
    return trigger_of(conditions)


def trigger_of(conditions: Mapping[str, object]) -> Trigger:
    """The trigger of conditions under the names that the command line has for them. Raises ValueError."""
    fields: dict[str, Any] = {}
    for name, value in conditions.items():
        fields.update(_CONDITIONS[name](value))
    return Trigger(**fields)


def _probability(value: object) -> dict[str, object]:
    """Read a probability, 0..1. Raises ValueError."""
    try:
        number = float(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ValueError(f"{value!r} is no probability; use 0..1, such as 0.25")
    return {"probability": number}


def _nth(value: object) -> dict[str, object]:
    """Read the number of one passing, from 1. Raises ValueError."""
    number = _count(value, "nth")
    return {"first": number, "last": number}


def _between(value: object) -> dict[str, object]:
    """Read ``2..5`` or ``2..``. Raises ValueError."""
    match = _RANGE.fullmatch(str(value))
    first, last = (int(match[1]), int(match[2]) if match[2] else None) if match else (0, None)
    if first < 1 or (last is not None and last < first):
        raise ValueError(f"{value!r} is no range; write it as 2..5 or 2..")
    return {"first": first, "last": last}


def _times(value: object) -> dict[str, object]:
    """Read how often, from 1. Raises ValueError."""
    return {"times": _count(value, "times")}


def _begin_of(name: str) -> Callable[[object], dict[str, object]]:
    def read(value: object) -> dict[str, object]:
        if not str(value):
            raise ValueError(f"'{name}' needs a text, such as {name}=+WIND:24")
        return {name: str(value)}

    return read


def _count(value: object, name: str) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise ValueError(f"{name + '=' + text!r} is wrong; use a number from 1")
    return int(text)


_CONDITIONS: Final[dict[str, Callable[[object], dict[str, object]]]] = {
    "p": _probability,
    "nth": _nth,
    "between": _between,
    "after": _begin_of("after"),
    "on": _begin_of("on"),
    "times": _times,
}
