"""The HTTP client: one request over TCP or TLS, its progress as values, its failures as numbered errors.

The body goes to the host as it was received: headers hidden, chunk size lines left in (F-TLS: ``78b7``). So h11
judges the framing while the octets themselves pass beside it.
"""

from __future__ import annotations

from contextlib import aclosing
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.connecting import connect
from firmware_model.events import SocketClosed
from firmware_model.tls.handshake import patient_handshake
from firmware_model.tls.progress import Progress
from firmware_model.web.http_instance import HttpInstance

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection

    from firmware_model.board import Board
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.tls.client import TlsStream
    from firmware_model.web.http_instance import HttpHindrance
    from firmware_model.web.http_request import HttpRequest

_CONNECT_TIMEOUT: Final = 20.0
"""Seconds (assumed)."""
_SEGMENT: Final = 1460
_HEAP_PLAIN: Final = 3_000
_HEAP_TLS: Final = 18_000
"""Octets of heap that a request holds (assumed)."""


class HttpFailure(IntEnum):
    """The number in ``AT-S.Http Client Error:<n>``."""

    REFUSED = 1
    """The TCP connection could not be opened (log F-HCE, T2); also used for a name that is not found (assumed)."""
    TLS = 2
    """TLS could not be set up (log F-SSL, S0)."""
    NOT_UNDERSTOOD = 3
    """The server's answer is no HTTP or ends too early (assumed)."""
    NO_ANSWER = 4
    """Connected, but no answer to the request (log S0)."""


class HttpClientError(Exception):
    """The request failed; ``failure`` is what the host is told."""

    def __init__(self, failure: HttpFailure) -> None:
        super().__init__(failure.name)
        self.failure = failure


class StatusReceived(NamedTuple):
    """The status line of the final response arrived."""

    code: int


class BodyReceived(NamedTuple):
    """Some octets of the body, as they came over the connection."""

    content: bytes


HttpProgress = Progress | StatusReceived | BodyReceived


class HttpClient:
    """Performs requests for one module; the caller sees to it that the radio is up."""

    def __init__(
        self,
        board: Board,
        radio: Radio,
        secure: Callable[[Stream, str], TlsStream],
        hindrances: Collection[HttpHindrance] = (),
    ) -> None:
        """Wrap a connection in TLS by ``secure``; ``hindrances`` may change at any time."""
        self._board = board
        self._radio = radio
        self._secure = secure
        self._outside = board.outside
        self._instance = HttpInstance(hindrances)

    async def exchange(self, request: HttpRequest, *, unchunked: bool = False) -> AsyncGenerator[HttpProgress, None]:
        """Send the request and yield what happens, in order; the body as it came, or ``unchunked``.

        Raises HttpClientError, CertificateError (TLS only) or AtError 44, 80, 81, 91, at the end of all 82.
        """
        uplink = self._radio.require_address().uplink
        host, port, tls = request.endpoint
        with self._instance.held(), self._board.heap.allocated(_HEAP_TLS if tls else _HEAP_PLAIN):
            stream = await self._connect(host, port, uplink=uplink)
            try:
                if tls:
                    stream = secured = self._secure(stream, host)
                    async with aclosing(self._handshake(secured)) as handshake:
                        async for progress in handshake:
                            yield progress
                async with aclosing(self._transfer(stream, request, unchunked=unchunked)) as transfer:
                    async for event in transfer:
                        yield event
            finally:
                await stream.close()
                self._outside.timeline.record(SocketClosed(host, port))

    async def _connect(self, host: str, port: int, *, uplink: bool) -> Stream:
        try:
            return await connect(self._board, host, port, uplink=uplink, patience=_CONNECT_TIMEOUT)
        except OSError as failure:  # TimeoutError and NameNotFoundError included
            raise HttpClientError(HttpFailure.REFUSED) from failure

    async def _handshake(self, stream: TlsStream) -> AsyncGenerator[Progress, None]:
        try:
            async with aclosing(patient_handshake(stream, self._outside.clock, self._patience)) as handshake:
                async for progress in handshake:
                    yield progress
        except OSError as failure:  # TlsError and TimeoutError included
            raise HttpClientError(HttpFailure.TLS) from failure

    async def _transfer(
        self, stream: Stream, request: HttpRequest, *, unchunked: bool
    ) -> AsyncGenerator[StatusReceived | BodyReceived, None]:
        from firmware_model.web.http_framing import ResponseReader, UnintelligibleResponseError

        reader = ResponseReader(request.method, unchunked=unchunked)
        try:
            await stream.write(request.octets())
            while not reader.complete:
                try:
                    async with self._outside.clock.timeout(self._patience):
                        octets = await stream.read(_SEGMENT)
                except OSError:
                    octets = b""
                had_status = reader.status is not None
                content = reader.receive(octets)
                if not had_status and reader.status is not None:
                    yield StatusReceived(reader.status)
                if content:
                    yield BodyReceived(content)
        except OSError as failure:
            raise HttpClientError(HttpFailure.NO_ANSWER) from failure
        except UnintelligibleResponseError as failure:
            self._board.note(f"the answer of {request.endpoint.authority} is not understood: {failure}")
            reason = HttpFailure.NOT_UNDERSTOOD if reader.anything_received else HttpFailure.NO_ANSWER
            raise HttpClientError(reason) from failure

    @property
    def _patience(self) -> float:
        """How long to wait for the next sign of the server, in seconds."""
        return self._board.configuration.integer("ip_http_get_recv_timeout") / 1000
