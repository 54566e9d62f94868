"""Server sockets: two of them, TCP, UDP or TLS, each with up to eight clients (RN100)."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from firmware_model.sockets.channel import Kind
from firmware_model.sockets.server import DatagramServer, Server, StreamServer
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.board import Board
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.sockets.channel import Channel
    from firmware_model.tls.client import TlsStream
    from firmware_model.tls.server import TlsServer

SERVER_SOCKETS: Final = 2
"""Ids 0 and 1 (RN100)."""


class ServerSockets:
    """The server sockets of one module, from one boot to the next."""

    def __init__(self, board: Board, radio: Radio, tls: Callable[[], TlsServer]) -> None:
        """Ask ``tls`` for the TLS server when the first secure socket is opened."""
        self._board = board
        self._radio = radio
        self._tls = tls
        self._servers: dict[int, Server] = {}
        self._secured: dict[int, ExitStack] = {}
        """What a server holds of the TLS server, by its id."""
        radio.follow(self._follow)

    def __iter__(self) -> Iterator[Server]:
        """The open servers, by id."""
        return (self._servers[number] for number in sorted(self._servers))

    def get(self, number: int) -> Server:
        """The server of that id. Raises AtError 76."""
        server = self._servers.get(number)
        if server is None:
            raise AtError(Error.ILLEGAL_SOCKET_ID)
        return server

    def client(self, number: int, client: int) -> Channel:
        """The client of that server. Raises AtError 76."""
        return self.get(number).get(client)

    async def open(self, port: int, kind: Kind) -> int:
        """Open a server and return its id.

        Raises AtError 44 while the radio is down, 75 without a free id or a free TLS server, 73 when the port is in
        use, 74 for TLS without stored credentials.
        """
        self._radio.require_address()
        number = self._free_id()
        if any(server.port == port and (server.kind is Kind.UDP) == (kind is Kind.UDP) for server in self):
            raise AtError(Error.PORT_ALREADY_OPENED)
        secure = await self._security(kind)
        with ExitStack() as held:
            if secure is not None:
                held.enter_context(self._tls().port())
            try:
                self._servers[number] = await self._begin(number, port, kind, secure)
            except OSError as failure:
                self._board.note(f"port {port} cannot be opened: {failure}")
                raise AtError(Error.PORT_ALREADY_OPENED) from failure
            self._secured[number] = held.pop_all()
        return number

    async def close_server(self, number: int) -> None:
        """Close a server with all its clients. Raises AtError 76, or 77 while octets of any wait to be read."""
        server = self.get(number)
        for channel in server:
            channel.require_nothing_pending()
        await server.close()
        del self._servers[number]
        self._secured.pop(number).close()

    async def close(self) -> None:
        """Close everything without a word, as a reset does."""
        servers = list(self._servers.values())
        self._servers.clear()
        await asyncio.gather(*(server.close() for server in servers))
        while self._secured:
            self._secured.popitem()[1].close()

    async def _begin(
        self, number: int, port: int, kind: Kind, secure: Callable[[Stream], TlsStream] | None
    ) -> StreamServer | DatagramServer:
        """Open the port. Raises OSError."""
        network = self._board.outside.network
        if kind is Kind.UDP:
            uplink = self._radio.require_address().uplink
            datagrams = await network.open_datagrams(port, uplink=uplink)
            return DatagramServer(self._board, number, port, self._radio, datagrams)
        return StreamServer(self._board, number, kind, port, await network.listen(port), secure)

    def _free_id(self) -> int:
        free = next((number for number in range(SERVER_SOCKETS) if number not in self._servers), None)
        if free is None:
            raise AtError(Error.TOO_MANY_SOCKETS)
        return free

    async def _security(self, kind: Kind) -> Callable[[Stream], TlsStream] | None:
        """How accepted connections become secure; None for plain ones. Raises AtError 74."""
        if not kind.is_tls:
            return None
        tls, mutual = self._tls(), kind is Kind.MUTUAL_TLS_SERVER
        with self._board.outside.clock.busy():
            ready = await tls.is_ready(mutual=mutual)
        if not ready:
            missing = "cert, key and ca" if mutual else "cert and key"
            self._board.note(f"a TLS server of kind {kind} needs {missing} in the store; load them with TLSCERT")
            raise AtError(Error.SOCKET_OPEN_FAILED)
        return partial(tls.accept, mutual=mutual)

    def _follow(self, address: NetworkAddress | None) -> None:
        if address is None:
            for server in self:
                server.lose_network()
