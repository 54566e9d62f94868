"""The embedded HTTPS server: strict TLS by the OpenSSL inside Python, HTTP by h11, nothing to install."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import h11

from emulator.peers.news import nobody, quoted
from emulator.peers.peer import PATIENCE, Journal, Site
from emulator.peers.stream_server import Security, ServerStream, StreamServer, Strict, until_end
from emulator.peers.tls_stream import server_context

if TYPE_CHECKING:
    from emulator.peers.news import Tell


class HttpsServer(StreamServer):
    """Serves a :class:`Site` from this process; each answer ends its connection.

    ``security`` is how handshakes are judged, strictly unless another one is given.
    """

    name = "Python ssl"

    def __init__(
        self,
        site: Site,
        security: Security | None = None,
        *,
        port: int = 0,
        tell: Tell = nobody,
        judging: bool = False,
    ) -> None:
        security = security or Strict(server_context(site))
        super().__init__(security, port=port, tell=tell, judging=judging)
        self._site = site
        self._requests = Journal(security.name)

    @property
    def version(self) -> str:
        """The library inside, ``"Python ssl (OpenSSL 3.0.19)"``."""
        return f"{self.name} ({' '.join(ssl.OPENSSL_VERSION.split()[:2])})"

    @property
    def requests(self) -> list[str]:
        """Method and target of each request, ``"GET /conf"``."""
        return self._requests.lines

    async def request(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for request ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._requests.number(number, within)

    async def _serve(self, stream: ServerStream, tell: Tell) -> None:
        with suppress(ConnectionAbortedError):
            await self._answer(stream, tell)

    async def _answer(self, stream: ServerStream, tell: Tell) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            request, body = await _read_request(http, stream)
        except h11.RemoteProtocolError as error:
            tell("request", f"no HTTP: {error}")
            await _send(http, stream, error.error_status_hint, b"")
            return
        line = f"{request.method.decode()} {request.target.decode()}"
        sent = f" with {quoted(body)}" if body else ""
        if self._site.silent:
            tell("request", f"{line}{sent}: no answer, as was asked for")
            self._requests.append(line)
            await until_end(stream.read)
            return
        status, content = self._respond(request.method, request.target.decode())
        tell("request", f"{line}{sent}: {status}, {len(content)} octets")
        self._requests.append(line)
        await _send(http, stream, status, content)

    def _respond(self, method: bytes, target: str) -> tuple[int, bytes]:
        """Status and content; a query is no part of a file's name, and a folder means its index."""
        path = target.partition("?")[0]
        content = self._site.files.get(f"{path}index.html" if path.endswith("/") else path)
        if method == b"POST" and self._site.posts:
            return 200, content or b""
        return (404, b"") if content is None or method != b"GET" else (200, content)


async def _read_request(http: h11.Connection, stream: ServerStream) -> tuple[h11.Request, bytes]:
    """Read one request with its body. Raises ConnectionAbortedError when the client ends before its request."""
    request: h11.Request | None = None
    body = b""
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            data = await stream.read()
            if not data:
                raise ConnectionAbortedError("the client ended before its request did")
            http.receive_data(data)
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, body


async def _send(http: h11.Connection, stream: ServerStream, status: int, content: bytes) -> None:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(content))), ("Connection", "close")]
    reason = {200: b"OK", 404: b"Not Found"}.get(status, b"Bad Request")
    response = h11.Response(status_code=status, headers=headers, reason=reason)
    events: tuple[h11.Event, ...] = (response, h11.Data(data=content), h11.EndOfMessage())
    await stream.write(b"".join(http.send(event) or b"" for event in events))
