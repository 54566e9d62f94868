"""The dialogue between host and module as lines, to look at and to wait for: a reader of the timeline."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from firmware_model.events import CommandReceived, Indicated, Replied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.capture.timeline import Entry
    from firmware_model.tables.indications import Indication

_KEPT: Final = 10_000
"""Lines that are kept; of a longer dialogue the oldest go first."""
_SHOWN: Final = 5
"""Lines that a failure quotes."""

Awaited: TypeAlias = "str | re.Pattern[str] | Indication"
"""What to wait for: the begin of a line, a pattern that is found in it, or an indication."""


class DialogueLine(NamedTuple):
    """One line, without its end; a piece of content (a file, a body, socket data) counts as one."""

    number: int
    """The entry of the timeline that it comes from."""
    time: float
    """Seconds since the timeline began."""
    speaker: Literal["host", "module"]
    text: str
    """Octets as Latin-1."""

    def __str__(self) -> str:
        """As a transcript writes it."""
        return f"{'>' if self.speaker == 'host' else '<'} {self.text}"


class NotSaidError(TimeoutError):
    """The module did not say in time what was waited for; the text quotes what it said last."""


class Dialogue:
    """Keeps the last lines; whoever waits gets each line once, in order.

    What it keeps are entries. Most are never looked at, so they become lines only when somebody does.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._read_up_to = 0

    def __call__(self, entry: Entry) -> None:
        """Take one entry of the timeline."""
        event = entry.event
        if isinstance(event, (CommandReceived, Replied)) or (isinstance(event, Indicated) and not event.masked):
            self._entries.append(entry)
            self._news.set()

    def __iter__(self) -> Iterator[DialogueLine]:
        """All lines that are kept, oldest first."""
        return map(_line_of, tuple(self._entries))

    def __str__(self) -> str:
        """The dialogue as a transcript."""
        return "".join(f"{line}\n" for line in self)

    async def wait_for(self, awaited: Awaited, timeout: float | None = None) -> DialogueLine:  # noqa: ASYNC109
        """Wait until the module says it, and return that line.

        Looked at are the module's lines since the one that the last call returned, those that it had said before
        this call included, so nothing is missed in between. ``timeout`` is in real seconds, None for no limit.

        Raises NotSaidError.
        """
        line: DialogueLine | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                line = await self._find(awaited)
        if line is None:
            raise NotSaidError(self._complaint(awaited, timeout))
        self._read_up_to = line.number
        return line

    async def _find(self, awaited: Awaited) -> DialogueLine:
        while True:
            self._news.clear()
            for line in self._unread():
                if line.speaker == "module" and _fits(line.text, awaited):
                    return line
            await self._news.wait()

    def _unread(self) -> Iterator[DialogueLine]:
        return (_line_of(entry) for entry in self._entries if entry.number > self._read_up_to)

    def _complaint(self, awaited: Awaited, timeout: float | None) -> str:
        last = [str(line) for line in self][-_SHOWN:]
        said = "; the last lines: " + " | ".join(last) if last else "; nothing was said so far"
        return f"the module did not say {_shown(awaited)} within {timeout:g} s{said}"


def _line_of(entry: Entry) -> DialogueLine:
    number, time, event = entry
    match event:
        case CommandReceived(line):
            return DialogueLine(number, time, "host", line.decode("latin-1"))
        case Replied(content):
            return DialogueLine(number, time, "module", content.decode("latin-1").removesuffix("\r\n"))
        case Indicated(indication, text):
            return DialogueLine(number, time, "module", f"+WIND:{indication}:{text}")
    raise TypeError(f"{event!r} is no part of the dialogue")


def _fits(text: str, awaited: Awaited) -> bool:
    if isinstance(awaited, str):
        return text.startswith(awaited)
    if isinstance(awaited, re.Pattern):
        return bool(awaited.search(text))
    return text.startswith(f"+WIND:{awaited.number}:")


def _shown(awaited: Awaited) -> str:
    if isinstance(awaited, str):
        return repr(awaited)
    if isinstance(awaited, re.Pattern):
        return f"something like {awaited.pattern!r}"
    return f"+WIND:{awaited.number}:{awaited.text}"
