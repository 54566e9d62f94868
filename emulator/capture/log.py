"""The timeline as text lines for a person: time in seconds, number, what happened."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.events import Note, SignatureMade, SocketFailed, TlsFailed

if TYPE_CHECKING:
    from typing import TextIO

    from emulator.capture.timeline import Entry

NOTABLE: Final = (Note, SignatureMade, SocketFailed, TlsFailed)
"""What a log shows that was not asked for more."""


class LogWriter:
    """Writes entries to a text stream; ``everything`` includes the serial octets and all routine events."""

    def __init__(self, stream: TextIO, *, everything: bool = False) -> None:
        self._stream = stream
        self._everything = everything

    def __call__(self, entry: Entry) -> None:
        """Write one entry if it is notable enough."""
        if self._everything or isinstance(entry.event, NOTABLE):
            # A closed or full log must not stop the module.
            with suppress(OSError, ValueError):
                self._stream.write(f"{line_of(entry)}\n")
                self._stream.flush()


def line_of(entry: Entry) -> str:
    """An entry as one line."""
    return f"{entry.time:12.6f} #{entry.number} {' '.join(str(entry.event).split())}"
