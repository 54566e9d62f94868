"""The binary messages of a web socket as one stream of octets, the way MQTT uses them (MQTT 3.1.1, chapter 6)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.websocket.connection import NORMAL

if TYPE_CHECKING:
    from firmware_model.outside import Address, Clock
    from firmware_model.websocket.connection import WebSocketConnection

_FAREWELL: Final = 2.0
"""Seconds that the close frame may take to leave (assumed)."""


class BinaryStream:
    """A :class:`firmware_model.outside.Stream` inside a web socket; message boundaries mean nothing in it."""

    def __init__(self, connection: WebSocketConnection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._whole = True
        self._received = b""

    @property
    def remote(self) -> Address:
        """The server, in addresses of the module's network."""
        return self._connection.remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._connection.number

    async def read(self, limit: int) -> bytes:
        """Wait for 1..``limit`` octets; ``b""`` when the web socket has ended."""
        while not self._received:
            piece = await self._connection.receive()
            if piece is None:
                return b""
            self._received = piece.content
        octets, self._received = self._received[:limit], self._received[limit:]
        return octets

    async def write(self, data: bytes) -> None:
        """Send all of ``data`` as one message. Raises OSError."""
        self._whole = False
        await self._connection.send(data, binary=True, last=True)
        self._whole = True

    async def close(self) -> None:
        """Say that the web socket closes, unless half a frame stands before it, and close what is below.

        Never raises.
        """
        with suppress(OSError):  # TimeoutError included
            if self._whole:
                async with self._clock.timeout(_FAREWELL):
                    await self._connection.start_closing(NORMAL)
        await self._connection.close()
