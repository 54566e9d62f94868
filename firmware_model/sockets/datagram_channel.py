"""Exchanges of UDP datagrams behind a socket id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.outside import SEGMENT
from firmware_model.sockets.buffers import DatagramBuffer
from firmware_model.sockets.channel import Channel, Kind, Name, buffer_size
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import ExitStack

    from firmware_model.board import Board
    from firmware_model.outside import Address, Datagram


class DatagramChannel(Channel):
    """An exchange of datagrams with one remote port."""

    def __init__(
        self,
        board: Board,
        name: Name,
        remote: Address,
        memory: ExitStack,
        send: Callable[[bytes], Awaitable[None]],
        *,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Send through ``send``, which raises OSError; ``close`` ends what belongs to this channel alone."""
        super().__init__(board, name, Kind.UDP, remote, memory)
        self._send = send
        self._close = close
        self._buffer = DatagramBuffer(buffer_size(board))
        self._dropping = False

    @property
    def pending(self) -> int:
        """Octets that wait to be read."""
        return len(self._buffer)

    def deliver(self, datagram: Datagram) -> None:
        """Take a datagram in; one that does not fit is lost, which WIND 63 says for the first of a row.

        WIND 80 comes before it when it was sent to everybody; that and its variables are assumed.
        """
        data, sender, to_all = datagram
        if not data:
            return  # nothing that SOCKR could show (assumed)
        if to_all:
            self._board.indicate(Indication.UDP_BROADCAST, sender.host, str(sender.port), *self.name)
        if self._buffer.put(data):
            self._dropping = False
            self._announce(len(data))
        elif not self._dropping:
            self._dropping = True
            self._board.indicate(Indication.SOCKD_DROPPING_DATA, *self.name)

    def read(self, limit: int) -> bytes:
        """Cut up to ``limit`` octets of one datagram."""
        return self._buffer.take(limit)

    async def write(self, data: bytes) -> None:
        """Send ``data`` in datagrams of at most 730 octets. Raises AtError 60 without an address, or 79."""
        try:
            for start in range(0, len(data), SEGMENT):
                await self._send(data[start : start + SEGMENT])
        except OSError as failure:
            raise AtError(Error.WRITE_FAILED) from failure

    def lose_network(self) -> None:
        """Nothing is connected: datagrams go again when the network is back."""

    async def close(self) -> None:
        """Close the port, if it is this channel's own."""
        await super().close()
        if self._close is not None:
            await self._close()
