"""The broker at a port: plain MQTT and MQTT over WebSocket come to the same one, told apart by their first octet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.peers.mqtt.broker import Broker, Refused
from emulator.peers.mqtt.packets import Connect, PacketReader, ProtocolError
from emulator.peers.mqtt.web_socket import WebSocketStream
from emulator.peers.news import nobody
from emulator.peers.peer import PATIENCE, Journal
from emulator.peers.stream_server import ServerStream, StreamServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.peers.mqtt.broker import Session
    from emulator.peers.mqtt.packets import Message, Packet
    from emulator.peers.news import Tell
    from emulator.peers.stream_server import Security

_GET: Final = b"G"
"""How the request for a web socket begins; MQTT begins with 0x10."""
_FIRST_PACKET_WITHIN: Final = 10.0
_GRACE: Final = 1.5
"""Keep-alive times that a client may be silent (MQTT 3.1.1, section 3.1.2.10)."""
_FAREWELL: Final = 2.0
"""Seconds in which a client may take what was queued for it before its connection ends."""
_MOST_QUEUED: Final = 10_000
"""Packets that wait for a client that does not read, before it is dropped."""


class MqttBroker(StreamServer):
    """An MQTT 3.1.1 broker on a port of 127.0.0.1; ``events`` tells what it met."""

    def __init__(
        self,
        security: Security | None = None,
        *,
        login: tuple[str, str] | None = None,
        port: int = 0,
        tell: Tell = nobody,
        judging: bool = False,
    ) -> None:
        """Be a broker for everybody, or for those who know the user name and password of ``login``."""
        self._events = Journal("MQTT broker")
        self._told = tell
        super().__init__(security, port=port, tell=self._note, judging=judging)
        self.broker = Broker(login)

    @property
    def events(self) -> list[str]:
        """What happened, one line each, ``"#1 'me' to a/b (QoS 0): 2 octets 'hi', for 0"``."""
        return self._events.lines

    @property
    def retained(self) -> dict[str, Message]:
        """What each topic keeps."""
        return dict(self.broker.retained)

    async def event(self, text: str, within: float = PATIENCE) -> str:
        """Wait for the first event with ``text`` in it. Raises PeerError when it does not come."""
        return await self._events.containing(text, within)

    def _note(self, kind: str, text: str) -> None:
        self._events.append(text)
        self._told(kind, text)

    async def _serve(self, stream: ServerStream, tell: Tell) -> None:
        try:
            async with asyncio.timeout(_FIRST_PACKET_WITHIN):
                first = await stream.read()
        except TimeoutError:
            tell("left", "the client said nothing")
            return
        way, carrier = "TCP", stream
        if first.startswith(_GET):
            way, carrier, first = "WebSocket", WebSocketStream(stream, first), b""
        with suppress(Refused):
            await _Client(self.broker, carrier, way, tell).converse(first)
        await carrier.close()


class _Client:
    """One connection from CONNECT to its end."""

    def __init__(self, broker: Broker, stream: ServerStream, way: str, tell: Tell) -> None:
        self._broker = broker
        self._stream = stream
        self._way = way
        self._tell = tell
        self._reader = PacketReader()
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._session: Session | None = None
        self._patience: float | None = _FIRST_PACKET_WITHIN
        self._ended = asyncio.Event()
        """Set when the broker wants the connection to end."""

    async def converse(self, first: bytes) -> None:
        """Talk until one side has enough. Raises Refused, OSError."""
        sending = asyncio.create_task(self._send_all())
        listening = asyncio.create_task(self._listen(first))
        ending = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait((listening, ending), return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
        finally:
            for task in (listening, ending):
                task.cancel()
            await asyncio.gather(listening, ending, return_exceptions=True)
            if self._session is not None:
                self._session.lose(self._queue)
            self._outgoing.put_nowait(b"")
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(sending, _FAREWELL)

    async def _listen(self, octets: bytes) -> None:
        try:
            while octets or (octets := await self._next()):
                for packet in self._reader.feed(octets):
                    if not self._take(packet):
                        return
                octets = b""
        except ProtocolError as failure:
            self._tell("refused", f"this is no MQTT 3.1.1: {failure}")

    async def _next(self) -> bytes:
        """Wait for octets, as long as the client's keep-alive allows; ``b""`` at the end."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._stream.read()
        except TimeoutError:
            self._tell("left", f"nothing was heard for {self._patience:g} s")
            return b""

    def _take(self, packet: Packet) -> bool:
        if self._session is not None:
            return self._session.take(packet)
        if not isinstance(packet, Connect):
            raise ProtocolError("the first packet is no CONNECT")
        try:
            self._session = self._broker.enter(packet, self._queue, self._ended.set, self._tell)
        except Refused as reason:
            self._tell("refused", f"'{packet.client_id}' is refused: {reason}")
            raise
        self._patience = packet.keep_alive * _GRACE or None
        self._tell("connected", "".join(self._described(packet, self._session.client_id)))
        return True

    def _described(self, login: Connect, client_id: str) -> Iterator[str]:
        yield f"'{client_id}' over {self._way}, keep-alive {login.keep_alive} s"
        if login.username is not None:
            yield f", user '{login.username}'"
        if not login.clean_session:
            yield ", lasting session"
        if login.will is not None:
            yield f", will for {login.will.topic}"

    def _queue(self, octets: bytes) -> None:
        if self._outgoing.qsize() >= _MOST_QUEUED:
            self._tell("left", "the client does not read; its connection ends")
            self._ended.set()
            return
        self._outgoing.put_nowait(octets)

    async def _send_all(self) -> None:
        """Send what is queued, up to the empty one. Raises OSError."""
        while octets := await self._outgoing.get():
            await self._stream.write(octets)
