"""From serial octets to command lines and data, without I/O.

The rules, with their sources:

* A command ends with CR (M3p7). Hosts also send CR LF and LF CR, and both work on real modules (TD, EMB), so a
  line feed is dropped wherever it stands in a command line. It is never echoed.
* A line holds at most 512 octets (M3p7); the rest of a longer one is dropped and the line is marked (assumed).
* The octets of a data phase follow the CR directly and are taken as they are (XC-CONST, MBED, EMB).
* Back space and delete take back the last octet of the line (assumed; a terminal user expects it).

The lexer is pulled, not pushed: octets wait in it until the console asks for the next line or for data, because
only the command that is being executed knows how many octets of data follow it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MAXIMUM_LINE: Final = 512
"""Octets in a command line, terminator excluded (M3p7, M3p8)."""

_CR: Final = 0x0D
_IGNORED: Final = b"\n"
_ERASERS: Final = b"\x08\x7f"
_BEGINS: Final = (b"A", b"a")


class CommandLine(NamedTuple):
    """One complete line."""

    content: bytes
    too_long: bool


class Lexer:
    """Collects octets and cuts them into lines or data, whichever the console asks for."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._line = bytearray()
        self._too_long = False
        self._echo = bytearray()

    def feed(self, octets: bytes) -> None:
        """Append octets that arrived from the host."""
        self._input += octets

    @property
    def command_begun(self) -> bool:
        """Whether the first letter of a command has arrived but not its end."""
        return self._line.startswith(_BEGINS)

    def next_line(self) -> CommandLine | None:
        """Cut the next line that is not empty; None when more octets are needed."""
        while self._input:
            end = self._input.find(_CR)
            if end < 0:
                self._extend(bytes(self._input))
                self._input.clear()
                return None
            self._extend(bytes(self._input[:end]))
            del self._input[: end + 1]
            self._echo += b"\r\n"
            line = CommandLine(bytes(self._line), self._too_long)
            self._line.clear()
            self._too_long = False
            if line.content:
                return line
        return None

    def take_data(self, limit: int) -> bytes:
        """Cut up to ``limit`` octets of a data phase; empty when none has arrived."""
        octets = bytes(self._input[:limit])
        del self._input[:limit]
        return octets

    def take_echo(self) -> bytes:
        """Cut what the console should echo for the octets consumed as lines so far."""
        echo = bytes(self._echo)
        self._echo.clear()
        return echo

    def _extend(self, octets: bytes) -> None:
        octets = octets.translate(None, _IGNORED)
        if len(octets.translate(None, _ERASERS)) == len(octets):
            self._append(octets)
            return
        for octet in octets:
            self._type(octet)

    def _type(self, octet: int) -> None:
        if octet not in _ERASERS:
            self._append(bytes([octet]))
        elif self._line:
            del self._line[-1]
            self._too_long = False
            self._echo += b"\b \b"

    def _append(self, octets: bytes) -> None:
        self._echo += octets
        self._line += octets
        if len(self._line) > MAXIMUM_LINE:
            del self._line[MAXIMUM_LINE:]
            self._too_long = True
