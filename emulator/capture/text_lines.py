"""The timeline as text lines, for people: what ``--verbose`` prints, under a line that describes the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.capture.log import line_of

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry
    from emulator.capture.writer import Run

BEGIN: Final = b"# spwf04sx timeline, "


class TextLines:
    """Implements :class:`emulator.capture.writer.Writer`."""

    kinds = ()
    secrets = False

    def __init__(self, run: Run) -> None:
        self._run = run

    def begin(self) -> bytes:
        """When, and how to have it again."""
        return BEGIN + f"began {self._run.date}: {self._run.command}\n".encode()

    def take(self, entry: Entry) -> bytes:
        """One event."""
        return f"{line_of(entry)}\n".encode()

    def end(self) -> bytes:
        """Nothing more."""
        return b""
