"""One connection of the web server: requests one after the other until somebody has had enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11

from firmware_model.events import HttpAnswered
from firmware_model.web.message import Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from firmware_model.board import Board
    from firmware_model.outside import Stream

LARGEST_BODY: Final = 8 * 1024 * 1024 + 64 * 1024
"""Octets: the largest volume and what a form wraps around a file (assumed)."""
_SEGMENT: Final = 1460
_CHUNK: Final = 1024
_NOT_MODIFIED: Final = 304
_REASONS: Final = {
    200: "OK",
    302: "Found",
    _NOT_MODIFIED: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    507: "Insufficient Storage",
}


class _BodyTooLargeError(Exception):
    """The request's body exceeds what any volume could hold."""


class Conversation:
    """Speaks HTTP/1.1 over one stream."""

    def __init__(
        self, board: Board, stream: Stream, answer: Callable[[Request], Awaitable[Response]], scheme: str = "http"
    ) -> None:
        self._board = board
        self._scheme = scheme
        self._stream = stream
        self._answer = answer
        self._http = h11.Connection(h11.SERVER)

    async def hold(self) -> bool:
        """Serve until the browser leaves, falls silent or talks nonsense; whether the module is to restart."""
        try:
            while (request := await self._next_request()) is not None:
                response = await self._answer(request)
                await self._send(request, response)
                if response.reboots:
                    return True
                if self._http.our_state is h11.MUST_CLOSE:
                    break
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as failure:
            await self._refuse(failure.error_status_hint)
        except _BodyTooLargeError:
            await self._refuse(413)
        except OSError:
            pass  # gone or, as TimeoutError, silent: there is nobody to tell
        return False

    async def _next_request(self) -> Request | None:
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                raise _BodyTooLargeError
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
        return Request(method, target, headers, bytes(body), self._scheme)

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            async with self._patience():
                octets = await self._stream.read(_SEGMENT)
            self._http.receive_data(octets)
        return event

    async def _send(self, request: Request, response: Response) -> None:
        headers = list(response.headers)
        if not response.chunked and response.status != _NOT_MODIFIED:
            headers.append(("Content-Length", str(len(response.body))))
        if response.reboots:
            headers.append(("Connection", "close"))
        await self._write(
            h11.Response(
                status_code=response.status, headers=headers, reason=_REASONS.get(response.status, "").encode()
            )
        )
        for start in range(0, len(response.body), _CHUNK):
            await self._write(h11.Data(data=response.body[start : start + _CHUNK]))
        await self._write(h11.EndOfMessage())
        browser = request.headers.get("user-agent", "")
        self._board.outside.timeline.record(
            HttpAnswered(request.method, request.target, response.status, len(response.body), browser)
        )

    async def _refuse(self, status: int) -> None:
        """Say what is wrong if that is still possible; the connection ends in any case."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        try:
            await self._send(
                Request("", "", {}, b""), Response(status, (("Connection", "close"), ("Content-Type", "text/html")))
            )
        except (OSError, h11.LocalProtocolError):
            return

    async def _write(self, event: h11.Event) -> None:
        octets = self._http.send(event)
        if octets:
            async with self._patience():
                await self._stream.write(octets)

    def _patience(self) -> AbstractAsyncContextManager[object]:
        """The limit for each sign of life of the browser; beyond it TimeoutError, which is an OSError."""
        return self._board.outside.clock.timeout(self._board.profile.durations.web_keep_alive)
