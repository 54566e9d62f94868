"""Turns what passes on a serial port into the lines of a transcript, as it comes.

A command that the module echoes as a whole becomes ``> text``; whatever else the host says ``>| text``, and what the
module says ``< line`` or, when that is no plain line, ``<| text``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.transcript.form import heard_lines, is_text, raw_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 32_768
"""Octets of the module that are held for the end of their line."""


class DialogueWriter:
    """Takes octets of both sides in order, and gives lines that are complete."""

    def __init__(self) -> None:
        self._command = bytearray()
        """What the host said and the module may be echoing."""
        self._said = bytearray()
        """What the module said since, or the begin of a line of it."""

    def host(self, octets: bytes) -> Iterator[str]:
        """Take octets of the host."""
        if self._said and not self._may_be_echo():
            yield from self._settle()
        self._command += octets

    def module(self, octets: bytes) -> Iterator[str]:
        """Take octets of the module."""
        self._said += octets
        if self._command:
            echo = self._echo
            if echo is not None and bytes(self._said).startswith(echo):
                yield from self._echoed(echo)
            elif self._may_be_echo():
                return  # an echo on its way
            else:
                yield from self._settle()
        yield from self._heard()

    def end(self) -> Iterator[str]:
        """What was not complete."""
        yield from self._settle()
        yield from heard_lines(bytes(self._said)) if self._said else ()
        self._said.clear()

    def _heard(self) -> Iterator[str]:
        """Give every line of the module that is complete."""
        while (end := self._said.find(b"\r\n") + 2) > 1 or len(self._said) > _LARGEST:
            heard = bytes(self._said[: end if end > 1 else _LARGEST])
            del self._said[: len(heard)]
            yield from heard_lines(heard)

    @property
    def _line(self) -> tuple[bytes, bytes, bytes]:
        """What the host said: its first line without line feeds before it, the end of that, and the rest."""
        return bytes(self._command).lstrip(b"\n").partition(b"\r")

    @property
    def _echo(self) -> bytes | None:
        """What the module echoes of that; None while the host's line has no end."""
        line, end, _ = self._line
        return line + b"\r\n" if end else None

    def _may_be_echo(self) -> bool:
        """Whether what the module said so far may be the begin of an echo."""
        echo, said = self._echo, bytes(self._said)
        if echo is None:
            return self._line[0].startswith(said)
        return echo.startswith(said[: len(echo)])

    def _echoed(self, echo: bytes) -> Iterator[str]:
        """Say that the host's line was echoed; what it said behind that is still open."""
        rest = self._line[2]
        del self._said[: len(echo)]
        self._command = bytearray(rest)
        line = echo.removesuffix(b"\r\n")
        if line and is_text(line):
            yield f"> {line.decode('ascii')}"
        else:
            yield from raw_lines(">|", line + b"\r")
            yield from raw_lines("<|", echo)
        if self._said and rest:
            yield from self._settle()

    def _settle(self) -> Iterator[str]:
        """Say that the host's octets were not echoed, or not all of them."""
        yield from raw_lines(">|", bytes(self._command))
        self._command.clear()
