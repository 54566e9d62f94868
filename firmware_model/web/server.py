"""The module's own web server: TCP port 80 for as long as the radio is up and ``ip_use_httpd`` is 1.

Four connections are served at a time (AN4965); whoever comes fifth waits until one of them ends (assumed). What a
request needs is loaded with the first connection, so that a module nobody visits starts fast.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from firmware_model.radio.service import Service
from firmware_model.tables.errors import AtError
from firmware_model.web.page_input import PageInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.board import Board
    from firmware_model.outside import Listener, Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.storage.files import FileSystem
    from firmware_model.web.device import Device
    from firmware_model.web.site import Site

PORT: Final = 80
CONNECTIONS: Final = 4
"""Browsers at a time (AN4965)."""
_HEAP: Final = 2_000
"""Octets of heap that a connection holds (assumed)."""


class WebServer:
    """Serves the module's pages; ``restart`` restarts the module when a form asks for it."""

    def __init__(
        self, board: Board, radio: Radio, files: FileSystem, device: Callable[[], Device], restart: Callable[[], None]
    ) -> None:
        """``device`` makes the module's side of pages and forms when the first browser comes."""
        self.input = PageInput(board)
        self._board = board
        self._files = files
        self._device = device
        self._restart = restart
        self._service = Service(radio, "web server", self._serve)

    async def close(self) -> None:
        """Stop without a word, as a reset does."""
        await self._service.close()

    async def _serve(self, address: NetworkAddress) -> None:
        if not self._board.configuration.integer("ip_use_httpd"):
            return
        try:
            listener = await self._board.outside.network.listen(PORT)
        except OSError as failure:
            self._board.note(f"the web server is not reachable: port {PORT} cannot be opened: {failure}")
            return
        connections: dict[asyncio.Task[None], Stream] = {}
        try:
            await self._accept(listener, address, connections)
        finally:
            await listener.close()
            streams = tuple(connections.values())
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)
            for stream in streams:  # a task that never began has closed nothing
                await stream.close()

    async def _accept(
        self, listener: Listener, address: NetworkAddress, connections: dict[asyncio.Task[None], Stream]
    ) -> None:
        site: Site | None = None
        places = asyncio.Semaphore(CONNECTIONS)

        def leave(connection: asyncio.Task[None]) -> None:
            del connections[connection]
            places.release()

        while True:
            await places.acquire()
            stream = await listener.accept()
            site = site or self._build_site(address)
            connection = asyncio.create_task(self._converse(stream, site), name="web connection")
            connections[connection] = stream
            connection.add_done_callback(leave)

    async def _converse(self, stream: Stream, site: Site) -> None:
        from firmware_model.web.conversation import Conversation

        restart = False
        try:
            with self._board.heap.allocated(_HEAP):
                restart = await Conversation(self._board, stream, site.answer).hold()
        except AtError:
            self._board.note("a browser is turned away: too little heap is free")
        finally:
            await stream.close()
        if restart:
            self._restart()

    def _build_site(self, address: NetworkAddress) -> Site:
        from firmware_model.web.pages import Pages
        from firmware_model.web.remote import RemoteControl
        from firmware_model.web.site import Site

        device = self._device()
        configuration = self._board.configuration
        pages = Pages(self._files, device.now)
        remote = RemoteControl(self._board, device)
        return Site(configuration, self._files, pages, device, remote, self.input, address)
