"""The console as text over the UART: lines in, lines out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

from firmware_model.console.dialect import Utterance
from firmware_model.console.lexer import CommandLine, Lexer
from firmware_model.console.rendering import render, render_error, render_indication, render_ok
from firmware_model.events import CommandReceived
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firmware_model.board import Board
    from firmware_model.console.declaration import Command
    from firmware_model.console.dialect import Call, Request
    from firmware_model.console.rendering import Reply
    from firmware_model.radio.radio import Radio
    from firmware_model.tables.indications import Indication

_CONVERSATION: Final = 4096
"""Octets that a conversation takes at a time."""


class UartDialect:
    """Reads command lines from the UART and writes lines to it."""

    holds_indications: Final = True

    def __init__(self, board: Board, radio: Radio, commands: Mapping[str, Command]) -> None:
        """Look commands up in ``commands``, by what a host types before the equals sign."""
        self._board = board
        self._radio = radio
        self._commands = commands
        self._uart = board.outside.uart
        self._variable = board.configuration.integer
        self._lexer = Lexer()
        self._last_line = b""
        self.write = self._uart.write
        self.drain = self._uart.drain
        self.take_data = self._lexer.take_data

    @property
    def command_begun(self) -> bool:
        """Whether the first letter of a command has arrived but not its end."""
        return self._lexer.command_begun

    async def fill(self) -> None:
        """Wait for octets."""
        self._lexer.feed(await self._uart.read())

    def next_request(self) -> Request | None:
        """Cut the next line and echo what was typed."""
        line = self._lexer.next_line()
        if line is not None:
            self._board.outside.timeline.record(CommandReceived(line.content))
        echo = self._lexer.take_echo()
        if echo and self._variable("console_echo"):
            self._uart.write(echo)
        return None if line is None else lambda: self._resolve(line)

    def listen(self) -> None:
        """Nothing: the next line waits until the console takes it."""

    def data_phase(self, length: int) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing: data are what the console takes as such."""
        return nullcontext()

    async def converse(self) -> bytes:
        """Wait for what is typed."""
        while not (octets := self._lexer.take_data(_CONVERSATION)):
            await self.fill()
        return octets

    def reply(self, reply: Reply) -> Iterator[Utterance]:
        """Render a line, or content as it is."""
        yield _as_it_is(render(reply, self._variable("console_verbose")))

    def success(self) -> Utterance:
        """Render ``AT-S.OK``."""
        shown = self._board.profile.success_fields
        return _as_it_is(render_ok(self._variable("console_verbose"), self._board.heap.free, self._radio.state, shown))

    def failure(self, error: Error) -> Utterance:
        """Render ``AT-S.ERROR``."""
        return _as_it_is(render_error(error, self._variable("console_errs")))

    def indication(self, indication: Indication, fields: tuple[str, ...]) -> Utterance:
        """Render ``+WIND``."""
        return _as_it_is(render_indication(indication, fields, self._variable("console_winds")))

    def farewell(self) -> None:
        """Nothing: no driver for the UART waits for a reply to RESET (assumed); the boot sequence answers."""

    async def flushed(self) -> None:
        """Return at once: what was written is on its way."""

    def _resolve(self, line: CommandLine) -> Call:
        if line.too_long:
            raise AtError(Error.TOO_MANY_ARGUMENTS)
        text = self._repeated(line.content).decode("latin-1")
        head, _, tail = text.partition("=")
        command = self._commands.get(head.upper())
        if command is None:
            raise AtError(Error.COMMAND_NOT_FOUND)
        return command, tail.split(chr(self._variable("console_delimiter") & 0xFF))

    def _repeated(self, content: bytes) -> bytes:
        """Replace the repeater character alone on a line by the last command (inferred)."""
        if content == bytes([self._variable("console_repeater") & 0xFF]):
            return self._last_line
        self._last_line = content
        return content


def _as_it_is(octets: bytes) -> Utterance:
    return Utterance(octets, octets)
