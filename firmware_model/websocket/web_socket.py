"""One web socket of the host: a connection while it lasts, and what arrived on it and was not read yet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.sockets.channel import buffer_size
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from contextlib import ExitStack

    from firmware_model.board import Board
    from firmware_model.websocket.connection import Piece, WebSocketConnection

_ABNORMAL: Final = 1006
"""The close code of a connection that ended without one (RFC 6455, 7.4.1)."""
_CLOSE_PATIENCE: Final = 2.0
"""Seconds to wait until the server confirms a close (assumed)."""


class WebSocket:
    """Reads on its own from the moment it is made, until its buffer is full or the connection ends."""

    def __init__(self, number: int, connection: WebSocketConnection, board: Board, held: ExitStack) -> None:
        """Take over an open connection, and what is held for as long as it lasts."""
        self.number = number
        self.remote = connection.remote
        self.pending = bytearray()
        self.connected = True
        self._connection = connection
        self._board = board
        self._held = held
        self._capacity = buffer_size(board)
        self._room = asyncio.Event()
        self._reading = asyncio.create_task(self._read_on(), name=f"web socket {number}")

    def read(self, length: int) -> bytes:
        """Take up to ``length`` octets of what is pending, all of it for 0."""
        content = bytes(self.pending[: length or None])
        del self.pending[: len(content)]
        self._room.set()
        return content

    async def write(self, content: bytes, *, binary: bool, last: bool) -> None:
        """Send one frame. Raises AtError 79."""
        try:
            async with self._board.outside.clock.timeout(self._board.profile.durations.socket_write):
                await self._connection.send(content, binary=binary, last=last)
        except TimeoutError as failure:
            await self.lose()  # half a frame may have left: nothing sensible can follow it
            raise AtError(Error.WRITE_FAILED) from failure
        except OSError as failure:
            raise AtError(Error.WRITE_FAILED) from failure

    async def close(self, code: int) -> None:
        """Close the connection in agreement with the server; without an indication."""
        if not self.connected:
            return
        self.connected = False
        self._room.set()
        with suppress(OSError):  # TimeoutError included
            async with self._board.outside.clock.timeout(_CLOSE_PATIENCE):
                await self._connection.start_closing(code)
                await asyncio.wait((self._reading,))
        await self._release()

    async def lose(self) -> None:
        """Lose the connection to the network: WIND 89."""
        if self.connected:
            self.connected = False
            await self._release()
            self._indicate_end(_ABNORMAL)

    async def abandon(self) -> None:
        """Drop everything without a word, as a reset does."""
        self.connected = False
        await self._release()

    async def _release(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._held.close()
        await self._connection.close()

    async def _read_on(self) -> None:
        while (piece := await self._connection.receive()) is not None:
            if self.connected:
                self._keep(piece)
            while self.connected and len(self.pending) >= self._capacity:
                self._room.clear()
                await self._room.wait()
        if self.connected:
            self.connected = False
            self._held.close()
            await self._connection.close()
            self._indicate_end(self._connection.close_code or _ABNORMAL)

    def _keep(self, piece: Piece) -> None:
        self.pending += piece.content
        numbers = (self.number, piece.last_frame, piece.last_fragment, len(piece.content), len(self.pending))
        self._board.indicate(Indication.WEBSOCKET_DATA, *(str(int(number)) for number in numbers))

    def _indicate_end(self, code: int) -> None:
        self._board.indicate(Indication.WEBSOCKET_CLOSED, str(self.number), str(code))
