"""The WebSocket protocol (RFC 6455, by wsproto) over the module's own stream.

Nonce and masking keys are wsproto's, from the machine's generator: two connections never carry the same octets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from h11 import LocalProtocolError as UnsendableRequestError
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.extensions import Extension
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from firmware_model.outside import SEGMENT
from firmware_model.tables.errors import AtError, Error
from firmware_model.websocket.chance import with_own_key, with_own_mask

if TYPE_CHECKING:
    from wsproto.events import Event

    from firmware_model.outside import Address, Entropy, Stream
    from firmware_model.websocket.upgrade import Upgrade

NORMAL: Final = 1000
ABNORMAL: Final = 1006
"""Close codes of RFC 6455, 7.4.1."""


class UpgradeRefusedError(OSError):
    """The server answered the upgrade request with something else than a web socket."""


class Piece(NamedTuple):
    """Payload of a message as it arrived: a whole frame or a part of one."""

    content: bytes
    last_frame: bool
    """The message ends here."""
    last_fragment: bool
    """The frame ends here."""


class _Octets(str):
    """A text message whose octets go out as they are: a frame may end inside a character, or hold no UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "latin-1", errors: str = "strict") -> bytes:
        """The octets that the text was made from."""
        del encoding
        return super().encode("latin-1", errors)


class _OfferedExtension(Extension):
    """An extension that the host names and that the module itself cannot do."""

    def __init__(self, offer: str) -> None:
        name, separator, parameters = offer.partition(";")
        self.name = name.strip()
        self._parameters: str | bool = parameters.strip() if separator else True

    def offer(self) -> str | bool:
        """The parameters in the request, or True for none."""
        return self._parameters


class WebSocketConnection:
    """One client connection; reading and writing may go on side by side, each from one task."""

    def __init__(self, stream: Stream, entropy: Entropy) -> None:
        self.close_code: int | None = None
        """Why nothing more will arrive; None while something may."""
        self._stream = stream
        self._random = entropy.stream("web socket")
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events: deque[Event] = deque()
        self._sending = asyncio.Lock()
        self._in_message = False
        self._binary = False

    @property
    def remote(self) -> Address:
        """The server, in addresses of the module's network."""
        return self._stream.remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._stream.number

    async def open(self, upgrade: Upgrade) -> None:
        """Ask for the upgrade and wait for it.

        Raises AtError 7 for a request that HTTP cannot express, UpgradeRefusedError or another OSError.
        """
        offers = [_OfferedExtension(offer) for offer in upgrade.extensions.split(",") if offer.strip()]
        request = Request(upgrade.endpoint.authority, upgrade.target, offers, upgrade.headers, upgrade.subprotocols)
        try:
            octets = self._protocol.send(request)
        except (UnsendableRequestError, ValueError) as failure:
            raise AtError(Error.INVALID_ARGUMENTS) from failure
        await self._stream.write(with_own_key(octets, self._protocol, self._random))
        while not self._events:
            await self._feed_handshake()
        answer = self._events.popleft()
        if isinstance(answer, RejectConnection):
            raise UpgradeRefusedError(f"HTTP status {answer.status_code}")
        if not isinstance(answer, AcceptConnection):
            raise UpgradeRefusedError("the answer is no upgrade")

    async def receive(self) -> Piece | None:
        """Wait for the next piece of a message; None when the connection has ended. May be cancelled and resumed.

        Pings are answered and the other side's close is confirmed on the way.
        """
        while self.close_code is None:
            if not self._events:
                await self._feed()
                continue
            event = self._events.popleft()
            if isinstance(event, Message):
                return _piece(event)
            if isinstance(event, Ping):
                with suppress(OSError):
                    await self._send(event.response())
            elif isinstance(event, CloseConnection):
                self.close_code = event.code
                if self._protocol.state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
                    with suppress(OSError):
                        await self._send(event.response())
        return None

    async def send(self, content: bytes, *, binary: bool, last: bool) -> None:
        """Send one frame; ``last`` ends the message, whose kind the first frame decides. Raises OSError."""
        if not self._in_message:
            self._binary = binary
        self._in_message = not last
        if self._binary:
            await self._send(BytesMessage(content, message_finished=last))
        else:
            await self._send(TextMessage(_Octets(content, "latin-1"), message_finished=last))

    async def start_closing(self, code: int) -> None:
        """Send a close frame; :meth:`receive` ends when the other side has confirmed it. Raises OSError."""
        await self._send(CloseConnection(code))

    async def close(self) -> None:
        """Close the stream below, without a word about the web socket; never raises."""
        await self._stream.close()

    async def _send(self, event: Event) -> None:
        async with self._sending:
            try:
                octets = self._protocol.send(event)
            except LocalProtocolError as failure:
                raise ConnectionResetError("the web socket is closing") from failure
            await self._stream.write(with_own_mask(octets, self._random))

    async def _feed_handshake(self) -> None:
        octets = await self._stream.read(SEGMENT)
        try:
            self._protocol.receive_data(octets)
            self._events.extend(self._protocol.events())
        except (RemoteProtocolError, ValueError) as failure:
            raise UpgradeRefusedError(str(failure)) from failure
        if not octets and not self._events:
            raise UpgradeRefusedError("the server closed the connection instead of answering")

    async def _feed(self) -> None:
        try:
            octets = await self._stream.read(SEGMENT)
        except OSError:
            octets = b""
        self._protocol.receive_data(octets or None)
        self._events.extend(self._protocol.events())


def _piece(message: Message[str] | Message[bytes | bytearray]) -> Piece:
    content = message.data.encode() if isinstance(message.data, str) else bytes(message.data)
    return Piece(content, message.message_finished, message.frame_finished)
