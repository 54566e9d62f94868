"""The console as packets over SPI: frames in, packets out.

What a packet carries, with its sources:

* An indication: its number and its variables, without its text (PB, F-SPI1). Firmware 1.0.0 puts CR LF where there
  are no variables (F-SPI2; F-SPI1 has two octets in WIND 7).
* The end of a reply: mark 0x00, or the code of the error, without payload (F-SPI1, F-SPI4). The free heap and the
  Wi-Fi state of ``console_verbose`` 2 come with mark 0x03 (GHI, from ST's words).
* A line: ``<word>:<fields>``, its fields alone at ``console_verbose`` 0 (GHI; XC-SPI), no line end (ROS). A line
  without fields is an empty packet (GHI's ``Skip CA``, F-SPI1's ``Clean``), and at ``console_verbose`` 0 so is a
  maskable one (XC-SPI takes what comes after it for the content).
* Content, as it is, with mark 0x03 (ROS), in pieces that an XC host can hold.

``console_errs``, ``console_winds``, ``console_echo``, ``console_delimiter`` and ``console_repeater`` shape text and
change nothing here (assumed).
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from firmware_model.console.dialect import Utterance
from firmware_model.console.rendering import PlainLine, Raw, render, render_error, render_indication, render_ok
from firmware_model.console.spi_frames import Frame, Kind, Mark, Packet
from firmware_model.events import CommandReceived
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from firmware_model.board import Board
    from firmware_model.console.declaration import Command
    from firmware_model.console.dialect import Call, Request
    from firmware_model.console.rendering import Reply
    from firmware_model.console.spi_slave import SpiSlave
    from firmware_model.radio.radio import Radio
    from firmware_model.tables.indications import Indication
    from firmware_model.tables.replies import Line

_PIECE: Final = 1024
"""Octets of content in a packet at most (XC-SPI's buffer)."""
_LEAVE_PROMPT: Final = b"\x04"
"""Ctrl-D."""
_FULL: Final = 2
"""A detail that shows everything."""


class SpiDialect:
    """Takes frames from an SPI slave and gives it packets."""

    def __init__(
        self,
        board: Board,
        radio: Radio,
        commands: Mapping[int, Command],
        slave: SpiSlave,
        while_awake: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
    ) -> None:
        """Look commands up in ``commands`` by their id; wait for the host by way of ``while_awake`` (it may sleep)."""
        self._board = board
        self._radio = radio
        self._commands = commands
        self._slave = slave
        self._while_awake = while_awake
        self._habits = board.profile.spi
        self._has_left_prompt = False
        self.holds_indications = self._habits.holds_indications
        self.listen = slave.listen
        self.take_data = slave.take_data
        self.write = slave.send
        self.drain = slave.drain
        self.flushed = slave.flushed

    @property
    def command_begun(self) -> bool:
        """Whether a command is on its way to the console."""
        return self._slave.command_begun

    async def fill(self) -> None:
        """Wait for a frame or data that arrives while the module is awake."""
        await self._while_awake(self._slave.wait)

    def next_request(self) -> Request | None:
        """Take the frame that has arrived."""
        frame = self._slave.take_frame()
        if frame is None:
            return None
        self._has_left_prompt = False
        self._board.outside.timeline.record(CommandReceived(self._as_line(frame)))
        return lambda: self._resolve(frame)

    @contextmanager
    def data_phase(self, length: int) -> Iterator[None]:
        """Pull the interrupt line until the data are there."""
        self._slave.ask_for_data(length)
        try:
            yield
        finally:
            self._slave.ask_for_data(0)

    async def converse(self) -> bytes:
        """Leave a prompt at once, then be silent: nobody can type on SPI (M3p4 has Python on the UART alone)."""
        if self._has_left_prompt:
            await asyncio.get_running_loop().create_future()
        self._has_left_prompt = True
        return _LEAVE_PROMPT

    def reply(self, reply: Reply) -> Iterator[Utterance]:
        """Render a line as one packet, content as one or several."""
        if isinstance(reply, Raw):
            for start in range(0, len(reply.content), _PIECE):
                piece = reply.content[start : start + _PIECE]
                yield Utterance(self._packet(Mark.CONTENT, piece), piece)
        elif isinstance(reply, PlainLine):
            text = reply.text.encode("latin-1") + self._habits.line_end
            yield Utterance(self._packet(Mark.CONTENT, text), render(reply, _FULL))
        else:
            yield Utterance(self._line(reply), render(reply, self._verbose or 1))

    def success(self) -> Utterance:
        """Render the end of a reply."""
        fields = (self._board.heap.free, self._radio.state)[: self._board.profile.success_fields[self._verbose]]
        payload = ":".join(map(str, fields)).encode()
        meaning = render_ok(self._verbose, self._board.heap.free, self._radio.state)
        return Utterance(self._packet(Mark.CONTENT if payload else Mark.OK, payload), meaning)

    def failure(self, error: Error) -> Utterance:
        """Render an error: its code says everything."""
        return Utterance(self._packet(error.code, b""), render_error(error, _FULL))

    def indication(self, indication: Indication, fields: tuple[str, ...]) -> Utterance:
        """Render an indication: its number, and its variables."""
        payload = ":".join(fields).encode("latin-1") if fields else self._habits.no_variables
        packet = Packet(Kind.INDICATION, self._radio.state, indication.number, payload)
        return Utterance(packet.encode(), render_indication(indication, fields, _FULL))

    def farewell(self) -> Utterance:
        """What answers RESET: ROS waits for it."""
        return self.success()

    @property
    def _verbose(self) -> int:
        """``console_verbose``; some firmware leaves words away whatever it says."""
        return 0 if self._habits.bare_replies else self._board.configuration.integer("console_verbose")

    def _line(self, line: Line) -> bytes:
        is_masked = line.maskable and not self._verbose
        fields = ":".join(line.fields)
        text = fields if not self._verbose else f"{line.word}:{fields}"
        payload = b"" if is_masked or not line.fields else text.encode("latin-1") + self._habits.line_end
        return self._packet(Mark.MASKABLE_LINE if line.maskable else Mark.LINE, payload)

    def _packet(self, mark: int, payload: bytes) -> bytes:
        return Packet(Kind.REPLY, self._radio.state, mark, payload).encode()

    def _resolve(self, frame: Frame) -> Call:
        if frame.is_cut_short:
            self._board.note(
                f"a frame is cut short: it ends after {frame.declared} octets, but has fewer parameters than it says; "
                "its length counts everything behind it (error 5)"
            )
            raise AtError(Error.MALFORMED_COMMAND)
        if frame.is_too_long:
            raise AtError(Error.TOO_MANY_ARGUMENTS)
        command = self._commands.get(frame.command_id)
        if command is None:
            raise AtError(Error.COMMAND_NOT_FOUND)
        return command, [parameter.decode("latin-1") for parameter in frame.parameters] or [""]

    def _as_line(self, frame: Frame) -> bytes:
        """The command line that says the same, for the log."""
        command = self._commands.get(frame.command_id)
        head = f"SPI command 0x{frame.command_id:02X}" if command is None else command.spelling
        return head.encode() + (b"=" + b",".join(frame.parameters) if frame.parameters else b"")
