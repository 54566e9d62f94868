"""The module's MQTT client: one connection at a time, over a web socket (RN100), under one of the two ids.

What the packets look like is the business of whoever implements :class:`firmware_model.outside.MqttProtocol`; this
part opens the connection below, keeps the id, and tells the host what arrives.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.outside import MqttMessage, MqttRefusedError
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication
from firmware_model.websocket.slots import Opened
from firmware_model.websocket.upgrade import Upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

    from firmware_model.board import Board
    from firmware_model.outside import MqttLogin, MqttSession, Outside, Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.tls.progress import Progress
    from firmware_model.web.http_request import Endpoint
    from firmware_model.websocket.connector import Connector
    from firmware_model.websocket.slots import Slots

_HEAP_PLAIN: Final = 5_000
_HEAP_TLS: Final = 19_000
"""Octets of heap that the client holds while it is connected (assumed)."""
_SHOWN: Final = 512
"""Octets of a message in one WIND 86; a longer message comes in several (assumed, from its two size fields)."""
_RETRY_PAUSE: Final = 1.0
"""Seconds between two attempts to connect (assumed)."""
_SUBPROTOCOL: Final = "mqtt"
"""What MQTT is called in the opening handshake (MQTT 3.1.1, chapter 6)."""


class Broker(NamedTuple):
    """Where a broker is; the path counts only over a web socket."""

    endpoint: Endpoint
    path: str


class _Link(NamedTuple):
    """A connection to a broker and what lives as long as it."""

    number: int
    session: MqttSession
    held: ExitStack


class MqttClient:
    """Connects, subscribes, publishes, and raises WIND 86 and 87."""

    def __init__(self, board: Board, radio: Radio, connector: Connector, slots: Slots) -> None:
        self._board = board
        self._connector = connector
        self._slots = slots
        self._link: _Link | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._losing: asyncio.Task[None] | None = None
        radio.follow(self._follow)

    async def connect(
        self, broker: Broker, login: MqttLogin, *, retries: int
    ) -> AsyncGenerator[Progress | Opened, None]:
        """Connect to a broker, up to 1 + ``retries`` times, and yield what happens, the id last.

        Raises AtError 7, 44, 65, 74 (no connection), 75, 91, 111 (the broker refuses) or, with TLS, CertificateError.
        """
        if self._link is not None:
            raise AtError(Error.TOO_MANY_SOCKETS)
        number = self._slots.take()
        try:
            for remaining in range(retries, -1, -1):
                try:
                    async with aclosing(self._attempt(number, broker, login)) as attempt:
                        async for progress in attempt:
                            yield progress
                    break
                except AtError as failure:
                    if not remaining or failure.error is not Error.SOCKET_OPEN_FAILED:
                        raise
                await self._board.pass_time(_RETRY_PAUSE)
        except BaseException:
            self._slots.release(number)
            raise
        yield Opened(number)

    async def subscribe(self, number: int, topic_filter: str, qos: int) -> None:
        """Subscribe to a topic or to many. Raises AtError 7, 76 or 111."""
        await self._request(self._session(number).subscribe(topic_filter, qos), Error.REQUEST_FAILED)

    async def unsubscribe(self, number: int, topic_filter: str) -> None:
        """Undo a subscription. Raises AtError 7, 76 or 111."""
        await self._request(self._session(number).unsubscribe(topic_filter), Error.REQUEST_FAILED)

    async def publish(self, number: int, message: MqttMessage) -> None:
        """Publish and wait for what the quality of service promises. Raises AtError 7, 76 or 79."""
        await self._request(self._session(number).publish(message), Error.WRITE_FAILED)

    async def disconnect(self, number: int) -> None:
        """Take leave of the broker: WIND 87. Raises AtError 76."""
        session = self._session(number)
        await self._stop_receiving()
        try:
            async with self._board.outside.clock.timeout(self._connector.patience):
                await session.disconnect()
        except TimeoutError:
            await session.abandon()
        self._end()

    def check(self, number: int) -> None:
        """See whether ``number`` is the id of the connection. Raises AtError 76."""
        self._session(number)

    async def close(self) -> None:
        """Drop everything without a word, as a reset does."""
        if self._losing is not None:
            self._losing.cancel()
            await asyncio.gather(self._losing, return_exceptions=True)
        await self._stop_receiving()
        if self._link is not None:
            await self._link.session.abandon()
            self._forget(self._link)

    def _session(self, number: int) -> MqttSession:
        if self._link is None or self._link.number != number:
            raise AtError(Error.ILLEGAL_SOCKET_ID)
        return self._link.session

    async def _attempt(self, number: int, broker: Broker, login: MqttLogin) -> AsyncGenerator[Progress, None]:
        held = ExitStack()
        try:
            held.enter_context(self._board.heap.allocated(_HEAP_TLS if broker.endpoint.tls else _HEAP_PLAIN))
            stream = await self._connector.connect(broker.endpoint)
            held.callback(self._connector.note_end, broker.endpoint)
            try:
                if broker.endpoint.tls:
                    stream = secured = self._connector.secured(stream, broker.endpoint)
                    async with aclosing(self._connector.handshake(secured)) as handshake:
                        async for progress in handshake:
                            yield progress
                session = await self._log_in(stream, broker, login)
            except BaseException:
                await stream.close()
                raise
        except BaseException:
            held.close()
            raise
        self._link = _Link(number, session, held)
        self._receiving = asyncio.create_task(self._receive(session), name="mqtt client")

    async def _log_in(self, stream: Stream, broker: Broker, login: MqttLogin) -> MqttSession:
        try:
            async with self._board.outside.clock.timeout(self._connector.patience):
                if self._board.profile.mqtt_over_websocket:
                    stream = await _inside_web_socket(stream, broker, self._board.outside)
                return await self._board.outside.mqtt.connect(stream, login)
        except MqttRefusedError as failure:
            self._board.note(f"the broker {broker.endpoint.authority} refuses the login: {failure}")
            raise AtError(Error.REQUEST_FAILED) from failure
        except OSError as failure:  # TimeoutError included
            self._board.note(f"no MQTT at {broker.endpoint.authority}: {failure or 'no answer'}")
            raise AtError(Error.SOCKET_OPEN_FAILED) from failure

    async def _request(self, request: Awaitable[None], error: Error) -> None:
        try:
            async with self._board.outside.clock.timeout(self._connector.patience):
                await request
        except ValueError as failure:
            self._board.note(f"not sent to the broker: {failure}")
            raise AtError(Error.INVALID_ARGUMENTS) from failure
        except OSError as failure:  # TimeoutError included
            self._board.note(f"the broker did not do it: {failure or 'no answer'}")
            raise AtError(error) from failure

    async def _receive(self, session: MqttSession) -> None:
        try:
            while True:
                self._announce(await session.receive())
        except OSError:
            await session.abandon()
            self._end()

    def _announce(self, message: MqttMessage) -> None:
        if self._link is None:
            return
        topic = message.topic.encode().decode("latin-1")
        if self._board.profile.mqtt_topic_defect:
            topic += topic[-1:]
        # Quality of service, retained, duplicate: the order is assumed. Clean sessions see no duplicates.
        numbers = (str(message.qos), str(int(message.retained)), "0")
        for start in range(0, max(len(message.payload), 1), _SHOWN):
            part = message.payload[start : start + _SHOWN]
            sizes = (str(len(part)), str(len(message.payload)))
            fields = (str(self._link.number), topic, *numbers, *sizes, part.decode("latin-1"))
            self._board.indicate(Indication.MQTT_PUBLISHED, *fields)

    async def _stop_receiving(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
            self._receiving = None

    def _end(self) -> None:
        if self._link is not None:
            number = self._link.number
            self._forget(self._link)
            self._board.indicate(Indication.MQTT_CLOSED, str(number))

    def _forget(self, link: _Link) -> None:
        self._link = None
        link.held.close()
        self._slots.release(link.number)

    def _follow(self, address: NetworkAddress | None) -> None:
        if address is None and self._link is not None:
            self._losing = asyncio.create_task(self._lose(self._link.session), name="end of mqtt client")

    async def _lose(self, session: MqttSession) -> None:
        await self._stop_receiving()
        await session.abandon()
        self._end()


async def _inside_web_socket(stream: Stream, broker: Broker, outside: Outside) -> Stream:
    from firmware_model.websocket.binary_stream import BinaryStream
    from firmware_model.websocket.connection import WebSocketConnection

    connection = WebSocketConnection(stream, outside.entropy)
    await connection.open(Upgrade(broker.endpoint, broker.path, protocols=_SUBPROTOCOL))
    return BinaryStream(connection, outside.clock)
