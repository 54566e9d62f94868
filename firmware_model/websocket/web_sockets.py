"""The web sockets that a host opens with WSOCKON, by their ids."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from typing import TYPE_CHECKING, Final

from firmware_model.tables.errors import AtError, Error
from firmware_model.websocket.slots import Opened
from firmware_model.websocket.web_socket import WebSocket

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from firmware_model.board import Board
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.tls.progress import Progress
    from firmware_model.websocket.connection import WebSocketConnection
    from firmware_model.websocket.connector import Connector
    from firmware_model.websocket.slots import Slots
    from firmware_model.websocket.upgrade import Upgrade

_HEAP_PLAIN: Final = 4_000
_HEAP_TLS: Final = 18_000
"""Octets of heap that a web socket holds (assumed)."""
_FIRST_CLOSE_CODE: Final = 1000


class WebSockets:
    """Opens, finds and closes web sockets; an id stays in use until WSOCKC, as with sockets (assumed)."""

    def __init__(self, board: Board, radio: Radio, connector: Connector, slots: Slots) -> None:
        self._board = board
        self._connector = connector
        self._slots = slots
        self._sockets: dict[int, WebSocket] = {}
        self._losing: set[asyncio.Task[None]] = set()
        radio.follow(self._follow)

    def __iter__(self) -> Iterator[WebSocket]:
        """The web sockets, in the order of their ids."""
        return iter([self._sockets[number] for number in sorted(self._sockets)])

    def find(self, number: int) -> WebSocket:
        """The web socket with an id. Raises AtError 76."""
        if number not in self._sockets:
            raise AtError(Error.ILLEGAL_SOCKET_ID)
        return self._sockets[number]

    def find_connected(self, number: int) -> WebSocket:
        """The web socket with an id, which can still send. Raises AtError 76 or 78."""
        socket = self.find(number)
        if not socket.connected:
            raise AtError(Error.SOCKET_NOT_CONNECTED)
        return socket

    async def open(self, upgrade: Upgrade) -> AsyncGenerator[Progress | Opened, None]:
        """Open a web socket and yield what happens, its id last.

        Raises AtError 7, 44, 65, 74, 75, 91 or, with TLS, CertificateError.
        """
        number = self._slots.take()
        held = ExitStack()
        try:
            held.enter_context(self._board.heap.allocated(_HEAP_TLS if upgrade.endpoint.tls else _HEAP_PLAIN))
            stream = await self._connector.connect(upgrade.endpoint)
            held.callback(self._connector.note_end, upgrade.endpoint)
            try:
                if upgrade.endpoint.tls:
                    stream = secured = self._connector.secured(stream, upgrade.endpoint)
                    async with aclosing(self._connector.handshake(secured)) as handshake:
                        async for progress in handshake:
                            yield progress
                connection = await self._upgraded(stream, upgrade)
            except BaseException:
                await stream.close()
                raise
        except BaseException:
            held.close()
            self._slots.release(number)
            raise
        self._sockets[number] = WebSocket(number, connection, self._board, held)
        yield Opened(number)

    async def close_one(self, number: int, status: int) -> None:
        """Close a web socket with code 1000 + ``status`` and free its id. Raises AtError 76, 77."""
        socket = self.find(number)
        if socket.pending:
            raise AtError(Error.PENDING_DATA)
        await socket.close(_FIRST_CLOSE_CODE + status)
        del self._sockets[number]
        self._slots.release(number)

    async def close(self) -> None:
        """Drop everything without a word, as a reset does."""
        for task in self._losing:
            task.cancel()
        await asyncio.gather(*self._losing, return_exceptions=True)
        for socket in self:
            await socket.abandon()
            self._slots.release(socket.number)
        self._sockets.clear()

    async def _upgraded(self, stream: Stream, upgrade: Upgrade) -> WebSocketConnection:
        from firmware_model.websocket.connection import UpgradeRefusedError, WebSocketConnection

        connection = WebSocketConnection(stream, self._board.outside.entropy)
        try:
            async with self._board.outside.clock.timeout(self._connector.patience):
                await connection.open(upgrade)
        except OSError as failure:  # TimeoutError included
            if isinstance(failure, UpgradeRefusedError):
                self._board.note(f"no web socket at {upgrade.endpoint.authority}{upgrade.target}: {failure}")
            raise AtError(Error.SOCKET_OPEN_FAILED) from failure
        return connection

    def _follow(self, address: NetworkAddress | None) -> None:
        if address is None:
            for socket in self:
                task = asyncio.create_task(socket.lose(), name=f"end of web socket {socket.number}")
                self._losing.add(task)
                task.add_done_callback(self._losing.discard)
