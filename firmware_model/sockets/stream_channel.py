"""TCP and TLS connections behind a socket id."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.outside import SEGMENT
from firmware_model.sockets.buffers import StreamBuffer
from firmware_model.sockets.channel import Channel, Kind, Name, Reason, buffer_size
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from firmware_model.board import Board
    from firmware_model.outside import Address, Stream

_WRITE_STEP: Final = 8 * SEGMENT
"""Octets that the peer must take within the write time-out; TLS makes one record of them."""


class StreamChannel(Channel):
    """A TCP or TLS connection; a task of its own fills the buffer and stops reading while it is full."""

    def __init__(
        self,
        board: Board,
        name: Name,
        kind: Kind,
        remote: Address,
        stream: Stream,
        memory: ExitStack,
        gone: Callable[[StreamChannel, Reason], None],
    ) -> None:
        """Tell ``gone`` once when the peer has gone by itself. Octets are taken in from :meth:`start` on."""
        super().__init__(board, name, kind, remote, memory)
        self._stream = stream
        self._gone = gone
        self._buffer = StreamBuffer(buffer_size(board))
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take octets in."""
        self._task = asyncio.create_task(self._run(), name=f"socket {':'.join(self.name)}")

    @property
    def pending(self) -> int:
        """Octets that wait to be read."""
        return len(self._buffer)

    def read(self, limit: int) -> bytes:
        """Cut up to ``limit`` of the octets that wait."""
        return self._buffer.take(limit)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``.

        Raises AtError 72 when the connection has ended since the command began, 79 when it fails, or when the peer
        takes nothing for too long: what it got is unknown then, so the connection is given up.
        """
        if not self.connected:
            raise AtError(Error.CLOSED_SOCKET)
        async with self._writing:
            try:
                for start in range(0, len(data), _WRITE_STEP):
                    async with self._board.outside.clock.timeout(self._patience):
                        await self._stream.write(data[start : start + _WRITE_STEP])
            except TimeoutError as failure:
                self._give_up(Reason.FAILED)
                raise AtError(Error.WRITE_FAILED) from failure
            except OSError as failure:
                raise AtError(Error.WRITE_FAILED) from failure

    def lose_network(self) -> None:
        """Stop without a word to the peer, who cannot be reached."""
        self._give_up(Reason.NETWORK_LOST)

    async def close(self) -> None:
        """Close the connection."""
        await super().close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(TimeoutError):
            async with self._board.outside.clock.timeout(self._patience):
                await self._stream.close()

    @property
    def _patience(self) -> float:
        return self._board.profile.durations.socket_write

    def _give_up(self, reason: Reason) -> None:
        if self._task is not None:
            self._task.cancel()
        self._end(reason)

    def _end(self, reason: Reason) -> None:
        if self.connected:
            self.connected = False
            self._gone(self, reason)

    async def _run(self) -> None:
        try:
            await self._fill()
        except OSError:
            self._end(Reason.FAILED)
        else:
            self._end(Reason.CLOSED_BY_PEER)
        # A write that is under way may still reach a peer that closed its own direction only.
        async with self._writing:
            await self._stream.close()

    async def _fill(self) -> None:
        while True:
            await self._buffer.has_room(SEGMENT)
            octets = await self._stream.read(SEGMENT)
            if not octets:
                return
            self._buffer.put(octets)
            self._announce(len(octets))
