"""The dialogue as a transcript, in the form of :mod:`emulator.transcript`, so that it can be played again.

A command that the module echoed as a whole becomes ``> text``; whatever else the host sent is ``>| text`` and what it
heard ``< line`` or, when that is no plain line, ``<| text``. What the module said while no host listened is left out:
nobody will hear it the next time either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.capture.serial_exchange import SERIAL_KINDS, Piece, SerialExchange
from emulator.capture.timeline import Entry, HostPresent
from emulator.transcript.form import heard_lines, is_text, raw_lines
from firmware_model.events import CommandReceived

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.capture.writer import Run

BEGIN: Final = b"# spwf04sx transcript, "


class Transcript:
    """Implements :class:`emulator.capture.writer.Writer`."""

    kinds = (*SERIAL_KINDS, HostPresent)
    secrets = False

    def __init__(self, run: Run, *, host_present: bool = False) -> None:
        """``host_present`` tells whether a host is there when it begins."""
        self._run = run
        self._exchange = SerialExchange()
        self._present = host_present
        self._command: bytes | None = None
        """A command that may have been echoed: what comes next tells."""

    def begin(self) -> bytes:
        """When, and how to have it again."""
        return BEGIN + f"began {self._run.date}: {self._run.command}\n".encode()

    def take(self, entry: Entry) -> bytes:
        """What this entry completes."""
        if isinstance(entry.event, HostPresent):
            self._present = entry.event.present
            if self._present:
                self._exchange = SerialExchange()
            return _joined(self._pending())
        return _joined(self._lines(self._exchange.take(entry)))

    def end(self) -> bytes:
        """What was not complete."""
        return _joined((*self._lines(self._exchange.flush(0.0)), *self._pending()))

    def _lines(self, pieces: Iterable[Piece]) -> Iterator[str]:
        for piece in pieces:
            if piece.direction == "received":
                yield from self._pending()
                # A line feed before a command is the end of CR LF: the module drops it without an echo.
                self._command = piece.octets.lstrip(b"\n") if _is_command(piece) else piece.octets
            elif self._present:
                command, self._command = self._command, None
                if command is not None and is_text(command[:-1]) and piece.octets == command + b"\n":
                    yield f"> {command[:-1].decode('ascii')}"
                    continue
                yield from () if command is None else raw_lines(">|", command)
                yield from heard_lines(piece.octets)

    def _pending(self) -> Iterator[str]:
        command, self._command = self._command, None
        yield from () if command is None else raw_lines(">|", command)


def _is_command(piece: Piece) -> bool:
    return any(isinstance(entry.event, CommandReceived) for entry in piece.entries)


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
