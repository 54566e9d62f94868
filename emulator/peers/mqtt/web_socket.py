"""MQTT over WebSocket, as the module speaks it: binary frames of the subprotocol ``mqtt`` (MQTT 3.1.1, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from emulator.peers.stream_server import ServerStream

_SUBPROTOCOL = "mqtt"
_NOT_THESE = 1003
"""The close code for data of a kind that cannot be taken (RFC 6455, section 7.4.1)."""


class WebSocketStream:
    """A stream inside the messages of a web socket; any path is served. Implements ServerStream."""

    def __init__(self, stream: ServerStream, first: bytes) -> None:
        """Speak over ``stream``, whose octets so far are ``first``."""
        self._stream = stream
        self._first = first
        self._web = WSConnection(ConnectionType.SERVER)
        self._content = bytearray()
        self._ended = False

    async def read(self) -> bytes:
        """Wait for the content of messages; ``b""`` at the end. Raises OSError."""
        while not self._content and not self._ended:
            octets, self._first = self._first or await self._stream.read(), b""
            if not octets:
                self._ended = True
                break
            try:
                self._web.receive_data(octets)
                answers = [answer for event in self._web.events() if (answer := self._heed(event))]
            except RemoteProtocolError as failure:
                self._ended = True
                answers = [self._web.send(failure.event_hint)] if failure.event_hint is not None else []
            if answers:
                await self._stream.write(b"".join(answers))
        content = bytes(self._content)
        self._content.clear()
        return content

    async def write(self, data: bytes) -> None:
        """Send all of ``data`` as one message. Raises OSError."""
        try:
            octets = self._web.send(BytesMessage(data))
        except LocalProtocolError as failure:
            raise ConnectionAbortedError(str(failure)) from failure
        await self._stream.write(octets)

    async def close(self) -> None:
        """Say goodbye. Raises OSError."""
        try:
            octets = self._web.send(CloseConnection(1000))
        except LocalProtocolError:
            return
        await self._stream.write(octets)

    def _heed(self, event: object) -> bytes:
        """Take one event; returns what is to be answered."""
        match event:
            case Request(subprotocols=offered):
                return self._web.send(AcceptConnection(_SUBPROTOCOL if _SUBPROTOCOL in offered else None))
            case BytesMessage(data=data):
                self._content += data
            case TextMessage():
                self._ended = True
                return self._web.send(CloseConnection(_NOT_THESE, "MQTT is binary"))
            case Ping():
                return self._web.send(event.response())
            case CloseConnection():
                self._ended = True
                return self._web.send(event.response())
        return b""
