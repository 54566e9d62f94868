"""The console loop: reads command lines, runs one command at a time, writes replies, and holds indications back.

An indication never lands between the first letter of a command and the end of its reply (M3p7; the predecessor's
manual says it outright and GHI-U relies on it): it waits until the reply is complete. One whose bit is set in
``console_wind_off_*`` is lost, not queued (MBED).
"""

from __future__ import annotations

import inspect
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from firmware_model.console.lexer import CommandLine, Lexer
from firmware_model.console.rendering import Raw, render_error, render_indication, render_line, render_ok
from firmware_model.events import CommandReceived, DataReceived, Indicated, Replied
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.board import Board
    from firmware_model.console.declaration import Command, Replies
    from firmware_model.radio.radio import Radio
    from firmware_model.tables.indications import Indication

_CONVERSATION: Final = 4096
"""Octets that a conversation takes at a time."""
_PATIENCE: Final = 10.0
"""Seconds without a data octet after which the log explains what the module is waiting for."""


class Console:
    """The UART console of one module, from WIND 0 until the next reset."""

    def __init__(self, board: Board, radio: Radio, module: object, commands: Mapping[str, Command]) -> None:
        """Serve ``commands``, which act on ``module``."""
        self._board = board
        self._radio = radio
        self._module = module
        self._commands = commands
        self._profile = board.profile
        self._uart = board.outside.uart
        self._timeline = board.outside.timeline
        self._variable = board.configuration.integer
        self._lexer = Lexer()
        self._held: list[bytes] = []
        self._serving = False
        self._executing = False
        self._last_line = b""

    @property
    def at_rest(self) -> bool:
        """Whether the host could send a command: none is under way, and none has begun."""
        return self._serving and not self._executing and not self._lexer.command_begun

    async def run(self) -> None:
        """Serve the host until cancelled."""
        self._serving = True
        while True:
            self._lexer.feed(await self._uart.read())
            while (line := self._next_line()) is not None:
                await self._execute(line)
            self._release_held()

    def indicate(self, indication: Indication, *fields: str) -> None:
        """Raise an indication: at once, or after the reply that is under way; masked ones are lost."""
        octets = self._rendered(indication, fields)
        if self._executing or self._lexer.command_begun:
            self._held.append(octets)
        else:
            self._uart.write(octets)

    def cry_out(self, indication: Indication) -> None:
        """Raise an indication at once, as a fault handler does that waits for no reply's end."""
        self._uart.write(self._rendered(indication, ()))

    def _rendered(self, indication: Indication, fields: tuple[str, ...]) -> bytes:
        """Note an indication in the log; its octets, none when it is masked."""
        masked = bool(self._variable(indication.mask_variable) >> indication.mask_bit & 1)
        text = ":".join((indication.text, *fields))
        self._timeline.record(Indicated(indication.number, text, masked))
        return b"" if masked else render_indication(indication, fields, self._variable("console_winds"))

    async def read(self, length: int) -> bytes:
        """Read the data phase of the command that is being executed (implements ``Data``)."""
        content = bytearray(self._lexer.take_data(length))
        while len(content) < length:
            try:
                async with self._board.outside.clock.timeout(_PATIENCE):
                    octets = await self._uart.read()
            except TimeoutError:
                self._board.note(
                    f"the module waits for {length - len(content)} more octets of data; until they come it "
                    "takes everything as data (check the length that the command named)"
                )
                octets = await self._uart.read()
            self._lexer.feed(octets)
            content += self._lexer.take_data(length - len(content))
        self._timeline.record(DataReceived(length))
        return bytes(content)

    async def read_some(self) -> bytes:
        """Read what the host types at a program that the command runs (implements ``Data``)."""
        octets = self._lexer.take_data(_CONVERSATION) or await self._uart.read()
        self._timeline.record(DataReceived(len(octets)))
        return octets

    def _next_line(self) -> CommandLine | None:
        line = self._lexer.next_line()
        if line is not None:
            self._timeline.record(CommandReceived(line.content))
        echo = self._lexer.take_echo()
        if echo and self._variable("console_echo"):
            self._uart.write(echo)
        return line

    async def _execute(self, line: CommandLine) -> None:
        self._executing = True
        try:
            await self._run_command(line)
        except AtError as failure:
            error = self._profile.errors.get(failure.error, failure.error)
            self._send(render_error(error, self._variable("console_errs")))
        else:
            verbose = self._variable("console_verbose")
            shown = self._profile.success_fields
            self._send(render_ok(verbose, self._board.heap.free, self._radio.state, shown))
        finally:
            self._executing = False
        await self._uart.drain()
        if not self._lexer.command_begun:
            self._release_held()

    async def _run_command(self, line: CommandLine) -> None:
        if line.too_long:
            raise AtError(Error.TOO_MANY_ARGUMENTS)
        command, texts = self._parse(self._repeated(line.content).decode("latin-1"))
        outcome = command.call(self._module, command.bind(texts), self)
        if inspect.isawaitable(outcome):
            await outcome
        else:
            await self._answer(outcome)
        latency = self._profile.latencies.get(command.name)
        if latency:
            await self._board.pass_time(latency)

    async def _answer(self, outcome: Replies) -> None:
        async with aclosing(outcome) as replies:
            async for reply in replies:
                if isinstance(reply, Raw):
                    self._send(reply.content)
                    await self._uart.drain()
                else:
                    word = self._profile.reply_words.get(reply.word, reply.word)
                    self._send(render_line(reply._replace(word=word), self._variable("console_verbose")))

    def _repeated(self, content: bytes) -> bytes:
        """Replace the repeater character alone on a line by the last command (inferred)."""
        if content == bytes([self._variable("console_repeater") & 0xFF]):
            return self._last_line
        self._last_line = content
        return content

    def _parse(self, line: str) -> tuple[Command, list[str]]:
        head, _, tail = line.partition("=")
        command = self._commands.get(head.upper())
        if command is None:
            raise AtError(Error.COMMAND_NOT_FOUND)
        return command, tail.split(chr(self._variable("console_delimiter") & 0xFF))

    def _send(self, octets: bytes) -> None:
        if octets:
            self._timeline.record(Replied(octets))
            self._uart.write(octets)

    def _release_held(self) -> None:
        if self._lexer.command_begun:
            return
        for octets in self._held:
            self._uart.write(octets)
        self._held.clear()
