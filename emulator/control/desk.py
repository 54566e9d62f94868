"""What the operations of the control API act on: one emulator, and what was read from its timeline."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from emulator.control.captures import Captures
from emulator.control.console_face import ConsoleFace
from emulator.control.event_log import EventLog
from emulator.control.handshakes import Handshakes
from emulator.control.heap_history import HeapHistory
from emulator.control.private_keys import DiscreetTimeline
from emulator.control.problem import RefusedError
from emulator.dialogue import Dialogue
from firmware_model.events import CommandReceived, Indicated, PoweredOn, Replied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.capture.timeline import Entry
    from emulator.control.token import Token
    from emulator.emulator import Emulator

MOST_READERS: Final = 32
"""Event streams and terminals at a time."""


class Desk:
    """Made before the emulator is entered, so that nothing is missed; closed when its readers are to go."""

    def __init__(self, emulator: Emulator, token: Token | None = None) -> None:
        """Offer ``emulator`` to whoever shows ``token``; to everybody without one."""
        self.emulator = emulator
        self.token = token
        self.cookie = ""
        """The name of the cookie that stands for the token."""
        self.run = secrets.token_hex(4)
        """Tells this run's events from those of another one at the same address."""
        timeline = DiscreetTimeline(emulator.timeline)
        self.dialogue = Dialogue()
        timeline.subscribe(self.dialogue, CommandReceived, Replied, Indicated)
        self.log = EventLog(timeline)
        self.handshakes = Handshakes(timeline)
        self.heap = HeapHistory(timeline, lambda: emulator.heap.free)
        self.captures = Captures(timeline, emulator.describe)
        self.face = ConsoleFace(emulator.line)
        self._readers = 0
        self.is_open = False
        """Whether the faces are open, and it is not the end yet."""
        self.is_on = False
        """Whether the module has been switched on."""
        emulator.timeline.subscribe(self._note_power, PoweredOn)

    def require_power(self) -> None:
        """Raise RefusedError while the module waits for its first host."""
        if not self.is_on:
            raise RefusedError(409, "the module is off: it boots when a host opens the port, or connect the terminal")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count one more reader for the time of the context. Raises RefusedError when there are too many."""
        if self._readers >= MOST_READERS:
            raise RefusedError(503, f"{MOST_READERS} programs read events already; let one of them go")
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    def close(self) -> None:
        """Let those who read go, and forget the captures."""
        self.is_open = False
        self.log.close()
        self.captures.close()

    def _note_power(self, _: Entry) -> None:
        self.is_on = True
