"""The module's own web server: TCP port 80 for as long as the radio is up and ``ip_use_httpd`` is 1, and port 443.

AN4965 says that it speaks HTTPS, up to TLS 1.2, and not when: here it does when the module has a certificate and a
key of its own and has not two other ports with TLS (assumed). Four connections are served at a time (AN4965); whoever
comes fifth waits until one of them ends (assumed). What a request needs is loaded with the first connection, so that
a module nobody visits starts fast.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

from firmware_model.radio.service import Service
from firmware_model.tables.errors import AtError
from firmware_model.tls.handshake import patient_handshake
from firmware_model.tls.slots import may_have_identity
from firmware_model.web.page_input import PageInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.board import Board
    from firmware_model.outside import Listener, Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.storage.files import FileSystem
    from firmware_model.tls.server import TlsServer
    from firmware_model.tls.stream import TlsStream
    from firmware_model.web.device import Device
    from firmware_model.web.site import Site

    Secure = Callable[[Stream], TlsStream]

PORT: Final = 80
SECURE_PORT: Final = 443
CONNECTIONS: Final = 4
"""Browsers at a time (AN4965)."""
_HEAP: Final = 2_000
_HEAP_TLS: Final = 14_000
"""Octets of heap that a connection holds, and with TLS more (assumed)."""
_PAUSE: Final = 0.1
"""Seconds before the next try when accepting failed."""


class WebServer:
    """Serves the module's pages; ``restart`` restarts the module when a form asks for it."""

    def __init__(
        self,
        board: Board,
        radio: Radio,
        files: FileSystem,
        device: Callable[[], Device],
        restart: Callable[[], None],
        tls: Callable[[], TlsServer],
    ) -> None:
        """``device`` makes the module's side of pages and forms, ``tls`` the TLS server when they are needed."""
        self.input = PageInput(board)
        self._board = board
        self._files = files
        self._device = device
        self._restart = restart
        self._tls = tls
        self._service = Service(radio, "web server", self._serve)

    async def close(self) -> None:
        """Stop without a word, as a reset does."""
        await self._service.close()

    async def _serve(self, address: NetworkAddress) -> None:
        if not self._board.configuration.integer("ip_use_httpd"):
            return
        portal = "" if address.uplink else self._board.configuration.get("ip_apdomainname").lower()
        visits = _Visits(self._board, partial(self._build_site, portal), self._restart)
        async with asyncio.TaskGroup() as doors:
            doors.create_task(self._open(PORT, visits, None))
            if await self._may_be_secure():
                doors.create_task(self._open_securely(visits))

    async def _open(self, port: int, visits: _Visits, secure: Secure | None) -> None:
        try:
            listener = await self._board.outside.network.listen(port)
        except OSError as failure:
            self._board.note(f"the web server is not reachable: port {port} cannot be opened: {failure}")
            return
        try:
            await visits.receive(listener, secure)
        finally:
            await listener.close()

    async def _may_be_secure(self) -> bool:
        try:
            if not may_have_identity(self._board.outside.flash, self._files):
                return False
        except OSError as failure:
            self._board.note(f"the web server does not speak HTTPS: {failure}")
            return False
        with self._board.outside.clock.busy():
            return await self._tls().is_ready(mutual=False)

    async def _open_securely(self, visits: _Visits) -> None:
        try:
            with self._tls().port():
                await self._open(SECURE_PORT, visits, partial(self._tls().accept, mutual=False))
        except AtError:
            self._board.note("the web server does not speak HTTPS: two other ports with TLS are open")

    def _build_site(self, portal: str) -> Site:
        from firmware_model.web.pages import Pages
        from firmware_model.web.remote import RemoteControl
        from firmware_model.web.site import Site

        device = self._device()
        configuration = self._board.configuration
        pages = Pages(self._files, device.now)
        remote = RemoteControl(self._board, device)
        return Site(configuration, self._files, pages, device, remote, self.input, portal)


class _Visits:
    """The connections of both ports, four at a time."""

    def __init__(self, board: Board, build_site: Callable[[], Site], restart: Callable[[], None]) -> None:
        self._board = board
        self._build_site = build_site
        self._restart = restart
        self._site: Site | None = None
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def receive(self, listener: Listener, secure: Secure | None) -> None:
        """Let browsers in until cancelled; then every connection that came this way ends."""
        connections: dict[asyncio.Task[None], Stream] = {}

        def leave(connection: asyncio.Task[None]) -> None:
            del connections[connection]
            self._places.release()

        try:
            while True:
                stream = await self._next(listener)
                connection = asyncio.create_task(self._visit(stream, secure), name="web connection")
                connections[connection] = stream
                connection.add_done_callback(leave)
        finally:
            streams = tuple(connections.values())
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)
            for stream in streams:  # a task that never began has closed nothing
                await stream.close()

    async def _next(self, listener: Listener) -> Stream:
        """The next connection, once there is a place for it."""
        while True:
            try:
                stream = await listener.accept()
                break
            except OSError:  # for want of file descriptors, say
                await self._board.pass_time(_PAUSE)
        try:
            await self._places.acquire()
        except BaseException:
            await stream.close()
            raise
        return stream

    async def _visit(self, stream: Stream, secure: Secure | None) -> None:
        restart = False
        try:
            with self._board.heap.allocated(_HEAP if secure is None else _HEAP + _HEAP_TLS):
                if secure is None:
                    restart = await self._converse(stream, "http")
                else:
                    stream = secured = secure(stream)
                    restart = await self._shake_hands(secured) and await self._converse(secured, "https")
        except AtError:
            self._board.note("a browser is turned away: too little heap is free")
        finally:
            await stream.close()
        if restart:
            self._restart()

    async def _shake_hands(self, stream: TlsStream) -> bool:
        """Whether TLS can be set up; the log has the reason if not."""
        clock, patience = self._board.outside.clock, self._board.profile.durations.web_keep_alive
        try:
            async with aclosing(patient_handshake(stream, clock, patience)) as handshake:
                async for _ in handshake:
                    pass  # a server's handshake has nothing to say to the host
        except OSError:  # TlsError and TimeoutError included
            return False
        return True

    async def _converse(self, stream: Stream, scheme: str) -> bool:
        """Serve a browser until it has had enough; whether the module is to restart."""
        from firmware_model.web.conversation import Conversation

        self._site = self._site or self._build_site()
        return await Conversation(self._board, stream, self._site.answer, scheme).hold()
