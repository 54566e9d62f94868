"""The echo requests of PING."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.connecting import name_error
from firmware_model.outside import NameNotFoundError
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from firmware_model.board import Board
    from firmware_model.radio.radio import Radio

_PATIENCE: Final = 5.0
"""Seconds to wait for an answer (assumed)."""
_PAUSE: Final = 1.0
"""Seconds between an answer and the next request (assumed)."""


class Pinger:
    """Asks hosts for an echo."""

    def __init__(self, board: Board, radio: Radio) -> None:
        self._board = board
        self._radio = radio
        self.patience = _PATIENCE
        """Seconds to wait for an answer."""
        self.pause = _PAUSE
        """Seconds between an answer and the next request."""

    async def echoes(self, host: str, count: int, size: int) -> AsyncGenerator[float | None, None]:
        """Send ``count`` requests with ``size`` octets each; yield the seconds to each answer, None for no answer.

        Raises AtError 44 while the radio is not up, 63..65 for an unknown name, 111 for a host that is known
        to be out of reach.
        """
        uplink = self._radio.require_address().uplink
        for number in range(count):
            if number:
                await self._board.pass_time(self.pause)
            yield await self._echo(host, size, uplink=uplink)

    async def _echo(self, host: str, size: int, *, uplink: bool) -> float | None:
        try:
            async with self._board.outside.clock.timeout(self.patience):
                return await self._board.outside.network.ping(host, size, uplink=uplink)
        except TimeoutError:
            return None
        except NameNotFoundError as failure:
            self._board.note(f"no ping: {failure}")
            raise AtError(name_error(failure)) from failure
        except OSError as failure:
            self._board.note(f"no ping: {failure.strerror or failure}")
            raise AtError(Error.REQUEST_FAILED) from failure
