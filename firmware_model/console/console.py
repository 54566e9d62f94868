"""The console loop: takes commands, runs one at a time, says their replies, and holds indications back.

An indication never lands between the first letter of a command and the end of its reply (M3p7; the predecessor's
manual says it outright and GHI-U relies on it): it waits until the reply is complete. One whose bit is set in
``console_wind_off_*`` is lost, not queued (MBED). How a command looks and how a reply does, is the dialect's.
"""

from __future__ import annotations

import inspect
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from firmware_model.console.trial import Trial
from firmware_model.events import DataReceived, Indicated, Replied
from firmware_model.tables.errors import AtError
from firmware_model.tables.replies import Line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from firmware_model.board import Board
    from firmware_model.console.declaration import Replies
    from firmware_model.console.dialect import Dialect, Request, Utterance
    from firmware_model.tables.indications import Indication

_PATIENCE: Final = 10.0
"""Seconds without a data octet after which the log explains what the module is waiting for."""
_LEAVE: Final = 1.0
"""Seconds that the host has to fetch the last words before a restart (assumed)."""


class Console:
    """The console of one module, from WIND 0 until the next reset."""

    def __init__(self, board: Board, dialect: Dialect, module: object, hang: Callable[[], Awaitable[None]]) -> None:
        """Serve the host that speaks ``dialect``; its commands act on ``module``, which may have to ``hang``."""
        self._board = board
        self._dialect = dialect
        self._module = module
        self._hang = hang
        self._profile = board.profile
        self._timeline = board.outside.timeline
        self._variable = board.configuration.integer
        self._held: list[bytes] = []
        self._serving = False
        self._executing = False
        self._mute = False

    @property
    def at_rest(self) -> bool:
        """Whether the host could send a command: none is under way, and none has begun."""
        return self._serving and not self._executing and not self._dialect.command_begun

    async def run(self) -> None:
        """Serve the host until cancelled."""
        self._serving = True
        self._dialect.listen()
        while True:
            await self._dialect.fill()
            while (request := self._dialect.next_request()) is not None:
                await self._execute(request)
            self._release_held()

    def indicate(self, indication: Indication, *fields: str) -> None:
        """Raise an indication: at once, or after the reply that is under way; masked ones are lost."""
        if self._mute:
            return
        octets = self._rendered(indication, fields)
        if self._dialect.holds_indications and (self._executing or self._dialect.command_begun):
            self._held.append(octets)
        elif octets:
            self._dialect.write(octets)

    def cry_out(self, indication: Indication) -> None:
        """Raise an indication at once, as a fault handler does that waits for no reply's end."""
        if octets := self._rendered(indication, ()):
            self._dialect.write(octets)

    def fall_silent(self) -> None:
        """Say nothing any more: the power is gone."""
        self._mute = True

    async def take_leave(self) -> None:
        """Answer the command that restarts the module, where the host waits for that."""
        if (farewell := self._dialect.farewell()) is not None:
            self._send(farewell)
        await self.flushed()

    async def flushed(self) -> None:
        """Give the host some time to fetch what a restart would destroy."""
        with suppress(TimeoutError):
            async with self._board.outside.clock.timeout(_LEAVE):
                await self._dialect.flushed()

    def _rendered(self, indication: Indication, fields: tuple[str, ...]) -> bytes:
        """Note an indication in the log; its octets, none when it is masked."""
        masked = bool(self._variable(indication.mask_variable) >> indication.mask_bit & 1)
        text = ":".join((indication.text, *fields))
        self._timeline.record(Indicated(indication.number, text, masked))
        return b"" if masked else self._dialect.indication(indication, fields).octets

    async def read(self, length: int) -> bytes:
        """Read the data phase of the command that is being executed (implements ``Data``)."""
        with self._dialect.data_phase(length):
            content = bytearray(self._dialect.take_data(length))
            while len(content) < length:
                await self._wait_for_data(length - len(content))
                content += self._dialect.take_data(length - len(content))
        self._timeline.record(DataReceived(length))
        return bytes(content)

    async def read_some(self) -> bytes:
        """Read what the host types at a program that the command runs (implements ``Data``)."""
        octets = await self._dialect.converse()
        self._timeline.record(DataReceived(len(octets)))
        return octets

    async def _wait_for_data(self, missing: int) -> None:
        try:
            async with self._board.outside.clock.timeout(_PATIENCE):
                await self._dialect.fill()
        except TimeoutError:
            self._board.note(
                f"the module waits for {missing} more octets of data; until they come it "
                "takes everything as data (check the length that the command named)"
            )
            await self._dialect.fill()

    async def _execute(self, request: Request) -> None:
        self._executing = True
        try:
            await self._run_command(request)
        except AtError as failure:
            self._send(self._dialect.failure(self._profile.errors.get(failure.error, failure.error)))
        else:
            self._send(self._dialect.success())
        finally:
            self._executing = False
            self._dialect.listen()
        await self._dialect.drain()
        self._release_held()

    async def _run_command(self, request: Request) -> None:
        command, texts = request()
        if latency := self._profile.latencies.get(command.name):
            await self._board.pass_time(latency)
        with Trial(self._board, command.name, self._hang) as trial:
            await trial.begin()
            outcome = command.call(self._module, command.bind(texts), self)
            if inspect.isawaitable(outcome):
                await outcome
            else:
                await self._answer(outcome, trial)

    async def _answer(self, outcome: Replies, trial: Trial) -> None:
        async with aclosing(outcome) as replies:
            async for reply in replies:
                if isinstance(reply, Line):
                    reply = reply._replace(word=self._profile.reply_words.get(reply.word, reply.word))
                for utterance in self._dialect.reply(reply):
                    self._send(utterance)
                    await self._dialect.drain()
                await trial.pass_line()

    def _send(self, utterance: Utterance) -> None:
        if utterance.octets and not self._mute:
            self._timeline.record(Replied(utterance.meaning))
            self._dialect.write(utterance.octets)

    def _release_held(self) -> None:
        if not self._held or self._dialect.command_begun:
            return
        for octets in filter(None, self._held):
            self._dialect.write(octets)
        self._held.clear()
