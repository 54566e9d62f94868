"""Opens the connection below a web socket or an MQTT client: TCP, then TLS where it is wanted."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from firmware_model.connecting import connect, name_error
from firmware_model.events import SocketClosed
from firmware_model.outside import NameNotFoundError
from firmware_model.sockets.segmented_stream import SegmentedStream
from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.handshake import patient_handshake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from firmware_model.board import Board
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.tls.client import TlsClient, TlsStream
    from firmware_model.tls.progress import Progress
    from firmware_model.web.http_request import Endpoint


class Connector:
    """Makes connections for one module."""

    def __init__(self, board: Board, radio: Radio, tls: Callable[[], TlsClient]) -> None:
        """Ask ``tls`` for the TLS client when the first secure connection is made."""
        self._board = board
        self._radio = radio
        self._tls = tls

    @property
    def patience(self) -> float:
        """How long to wait for the other side at each step of the opening, in seconds."""
        return self._board.profile.durations.socket_connect

    async def connect(self, endpoint: Endpoint) -> Stream:
        """Open a TCP connection.

        Raises AtError 44 without a network, 63..65 for an unknown name, 75 without a free TLS connection, else 74.
        """
        uplink = self._radio.require_address().uplink
        if endpoint.tls:
            self._tls().require_room()
        host, port, _ = endpoint
        try:
            stream = await connect(self._board, host, port, uplink=uplink, patience=self.patience)
        except NameNotFoundError as failure:
            raise AtError(name_error(failure)) from failure
        except OSError as failure:  # TimeoutError included
            raise AtError(Error.SOCKET_OPEN_FAILED) from failure
        return SegmentedStream(stream)

    def secured(self, stream: Stream, endpoint: Endpoint) -> TlsStream:
        """Put TLS on a connection; :meth:`handshake` comes next."""
        return self._tls().connect(stream, endpoint.host)

    async def handshake(self, stream: TlsStream) -> AsyncGenerator[Progress, None]:
        """Perform the TLS handshake and yield what the host is told. Raises CertificateError or AtError 74."""
        clock = self._board.outside.clock
        try:
            async with aclosing(patient_handshake(stream, clock, self.patience)) as handshake:
                async for progress in handshake:
                    yield progress
        except OSError as failure:  # TlsError and TimeoutError included
            raise AtError(Error.SOCKET_OPEN_FAILED) from failure

    def note_end(self, endpoint: Endpoint) -> None:
        """Tell the log that a connection ended."""
        self._board.outside.timeline.record(SocketClosed(endpoint.host, endpoint.port))
