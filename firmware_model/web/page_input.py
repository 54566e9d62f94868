"""What a page asks the host for: WIND 56, then ``AT+S.INPUTSSI`` within half a minute (XC-IF)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from firmware_model.board import Board


class PageInput:
    """The meeting point of pages that need input and the host that gives it; one page after the other (assumed)."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[bytes] | None = None
        self._deadline = 0.0

    async def ask(self) -> bytes:
        """Raise WIND 56 and wait for the host's data; empty when it does not come in time (assumed)."""
        clock, limit = self._board.outside.clock, self._board.profile.durations.web_input
        async with self._turn:
            self._answer = asyncio.get_running_loop().create_future()
            self._deadline = clock.monotonic() + limit
            self._board.indicate(Indication.INPUT_TO_REMOTE)
            try:
                async with clock.timeout(limit):
                    return await self._answer
            except TimeoutError:
                self._board.note("no AT+S.INPUTSSI came in time: the page is sent without its input")
                return b""
            finally:
                self._answer = None

    async def give(self, reading: Awaitable[bytes]) -> None:
        """Hand what ``reading`` yields to the page that waits.

        Raises AtError 111 when the page's time runs out before the data is complete.
        """
        answer, clock = self._answer, self._board.outside.clock
        try:
            async with clock.timeout(max(0.0, self._deadline - clock.monotonic())):
                content = await reading
        except TimeoutError:
            raise AtError(Error.REQUEST_FAILED) from None
        if answer is None or answer.done():
            raise AtError(Error.REQUEST_FAILED)
        answer.set_result(content)

    def require_page(self) -> None:
        """Raise AtError 111 when no page waits."""
        if self._answer is None or self._answer.done():
            self._board.note("no page waits for input: INPUTSSI is an answer to WIND 56")
            raise AtError(Error.REQUEST_FAILED)
