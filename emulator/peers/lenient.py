"""TLS that is lenient about the encoding of signatures, as several real servers are, by tlslite-ng.

Its steps are computed on a worker thread; between them the event loop moves octets.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tlslite.errors import TLSAbruptCloseError, TLSError, TLSLocalAlert, TLSRemoteAlert

from emulator.diagnosis.names import alert_name
from emulator.peers.lenient_connection import LenientConnection
from firmware_model.tls.memory_socket import MemorySocket
from firmware_model.tls.worker import in_worker

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from emulator.peers.peer import Site
    from emulator.peers.tls_stream import Watch

_CHUNK: Final = 65536
_OVER: Final = object()
"""What a generator gives that has come to its end."""


class Lenient:
    """TLS by tlslite-ng, made to take any encoding. Implements Security."""

    name = "tlslite-ng"

    def __init__(self, site: Site, *, demanded: bool = True) -> None:
        """Serve ``site``; with ``demanded`` false a client may have no certificate."""
        self._site = site
        self._demanded = demanded

    def over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch) -> LenientStream:
        """Make the stream; ``watch`` gets the octets of both directions as they pass."""
        return LenientStream(self._site, reader, writer, watch, demanded=self._demanded)


class LenientStream:
    """One connection. Implements HandshakeStream."""

    def __init__(
        self,
        site: Site,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        watch: Watch,
        *,
        demanded: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._watch = watch
        self._socket = MemorySocket()
        self._tls = LenientConnection(self._socket, site, demanded=demanded)

    @property
    def client(self) -> str:
        """Version, cipher suite, and whom the client's certificate names; known after the handshake."""
        return self._tls.client

    async def handshake(self) -> None:
        """Shake hands. Raises ssl.SSLError after sending the alert, ssl.SSLEOFError when the client left."""
        try:
            await self._drive(self._tls.shake_hands())
        except TLSAbruptCloseError as error:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the client left amid the handshake") from error
        except (TLSError, ValueError) as error:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, _words(error)) from error

    async def read(self) -> bytes:
        """Wait for the next plaintext; ``b""`` when the client ended, politely or not. Raises OSError."""
        try:
            return bytes(await self._drive(self._tls.readAsync(_CHUNK, 1)) or b"")
        except TLSError:
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError."""
        try:
            await self._drive(self._tls.writeAsync(data))
        except TLSError as error:
            raise ConnectionAbortedError(_words(error)) from error

    async def close(self) -> None:
        """Send close_notify, without waiting for the client's. Raises OSError."""
        self._tls.closeSocket = False
        with suppress(TLSError):
            await in_worker(_step, self._tls.closeAsync())
        await self._flush()

    async def _drive(self, steps: Iterator[Any]) -> Any:
        """Run a generator of tlslite-ng to its end, or to the first thing it gives that is no wish."""
        while True:
            try:
                result = await in_worker(_step, steps)
            finally:
                await self._flush()
            if result is _OVER:
                return None
            if result not in (0, 1):
                return result
            if result == 0:
                await self._fill()

    async def _fill(self) -> None:
        if data := await self._reader.read(_CHUNK):
            self._watch(0, data)
            self._socket.feed(data)
        else:
            self._socket.end()

    async def _flush(self) -> None:
        if data := self._socket.take():
            self._watch(1, data)
            self._writer.write(data)
            await self._writer.drain()


def _step(steps: Iterator[Any]) -> Any:
    return next(steps, _OVER)


def _words(error: Exception) -> str:
    if isinstance(error, TLSLocalAlert):
        return f"{error.message or 'refused'} (alert {alert_name(error.description)} sent)"
    if isinstance(error, TLSRemoteAlert):
        return f"the client sent the alert {alert_name(error.description)}"
    return str(error)
