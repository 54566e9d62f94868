"""The embedded HTTPS server: strict TLS by the OpenSSL inside Python, HTTP by h11, nothing to install."""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import h11

from emulator.peers.listener import Listener
from emulator.peers.peer import PATIENCE, Journal, Site
from emulator.peers.tls_stream import TlsStream, server_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LINGER_SECONDS = 2.0
_PLACE_IN_C_SOURCE = re.compile(r" \(_ssl\.c:\d+\)$")


class HttpsServer(Listener):
    """Serves a :class:`Site` from this process; each answer ends its connection."""

    name = "Python ssl"

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self._context = server_context(site)
        self._accepted = 0
        self._refusals = Journal(self.name)
        self._requests = Journal(self.name)

    @property
    def version(self) -> str:
        """The library inside, ``"Python ssl (OpenSSL 3.0.19)"``."""
        return f"{self.name} ({' '.join(ssl.OPENSSL_VERSION.split()[:2])})"

    @property
    def accepted(self) -> int:
        """How many handshakes were completed."""
        return self._accepted

    @property
    def refused(self) -> int:
        """How many handshakes failed; clients that merely left are in neither count."""
        return len(self.refusals)

    @property
    def refusals(self) -> list[str]:
        """OpenSSL's words for each failed handshake, ``"[SSL: BAD_SIGNATURE] bad signature"``."""
        return self._refusals.lines

    @property
    def requests(self) -> list[str]:
        """Method and target of each request, ``"GET /conf"``."""
        return self._requests.lines

    async def refusal(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for refusal ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._refusals.number(number, within)

    async def request(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for request ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._requests.number(number, within)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = TlsStream(self._context, reader, writer)
        try:
            await stream.handshake()
        except ssl.SSLEOFError:
            return
        except ssl.SSLError as error:
            self._refusals.append(_PLACE_IN_C_SOURCE.sub("", str(error)))
            await _linger(reader, writer)
            return
        self._accepted += 1
        with suppress(ConnectionAbortedError):
            await self._answer(stream)
        await stream.close()
        await _linger(reader, writer)

    async def _answer(self, stream: TlsStream) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            request = await _read_request(http, stream)
        except h11.RemoteProtocolError as error:
            await _send(http, stream, error.error_status_hint, b"")
            return
        self._requests.append(f"{request.method.decode()} {request.target.decode()}")
        if self._site.silent:
            await _until_end(stream.read)
            return
        content = self._site.files.get(request.target.decode()) if request.method == b"GET" else None
        await _send(http, stream, 404 if content is None else 200, content or b"")


async def _read_request(http: h11.Connection, stream: TlsStream) -> h11.Request:
    """Read one request with its body. Raises ConnectionAbortedError when the client ends before its request."""
    request: h11.Request | None = None
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            data = await stream.read()
            if not data:
                raise ConnectionAbortedError("the client ended before its request did")
            http.receive_data(data)
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request


async def _send(http: h11.Connection, stream: TlsStream, status: int, content: bytes) -> None:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(content))), ("Connection", "close")]
    reason = {200: b"OK", 404: b"Not Found"}.get(status, b"Bad Request")
    response = h11.Response(status_code=status, headers=headers, reason=reason)
    events: tuple[h11.Event, ...] = (response, h11.Data(data=content), h11.EndOfMessage())
    await stream.write(b"".join(http.send(event) or b"" for event in events))


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close our direction, then let the client finish.

    To close over unread octets would reset the connection, and the alert could be lost with it.
    """
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            await _until_end(lambda: reader.read(65536))


async def _until_end(read: Callable[[], Awaitable[bytes]]) -> None:
    while await read():
        pass
