"""MQTT for the module, by aiomqtt over the module's own connection.

aiomqtt opens its connection itself, while the module's goes through its radio, its TLS and its web socket. So it is
given a Unix socket in a directory that only this user can enter, gone again as soon as aiomqtt has connected to it
(on Windows, which has none, a port of this machine); the other end's octets are carried over the module's stream.
Keep-alive runs on real time, as the broker's does.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from emulator.surroundings.watching import WatchingLoop, can_watch
from firmware_model.outside import MqttMessage, MqttRefusedError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from aiomqtt import Client

    from firmware_model.outside import MqttLogin, Stream

_CHUNK: Final = 4096
_FIRST_REFUSAL: Final = 0x80
_UNIX: Final = getattr(socket, "AF_UNIX", None)
_T = TypeVar("_T")


class AiomqttProtocol:
    """Implements :class:`firmware_model.outside.MqttProtocol`."""

    async def connect(self, stream: Stream, login: MqttLogin) -> AiomqttSession:
        """Log in at the broker. Raises MqttRefusedError or another OSError."""
        try:
            with _as_os_errors():
                client, entering, inner = await _begin(login)
        except BaseException:
            await stream.close()
            raise
        carrying = asyncio.create_task(_carry(inner, stream), name="mqtt octets")
        try:
            await asyncio.wait((entering, carrying), return_when=asyncio.FIRST_COMPLETED)
            with _as_os_errors():
                _require_answer(entering)
        except BaseException:
            await _stop(entering, carrying)
            # Both are closed by now, unless the task was cancelled before it began.
            inner.close()
            await stream.close()
            raise
        return AiomqttSession(client, carrying)


class AiomqttSession:
    """Implements :class:`firmware_model.outside.MqttSession`."""

    def __init__(self, client: Client, carrying: asyncio.Task[None]) -> None:
        self._client = client
        self._carrying = carrying

    async def subscribe(self, topic_filter: str, qos: int) -> None:
        """Subscribe. Raises MqttRefusedError, another OSError or ValueError."""
        granted = await self._answer_to(self._client.subscribe(topic_filter, qos, timeout=math.inf))
        codes = [code if isinstance(code, int) else code.value for code in granted]
        if any(code >= _FIRST_REFUSAL for code in codes):
            raise MqttRefusedError(f"the subscription to {topic_filter} was refused")

    async def unsubscribe(self, topic_filter: str) -> None:
        """Unsubscribe. Raises OSError or ValueError."""
        await self._answer_to(self._client.unsubscribe(topic_filter, timeout=math.inf))

    async def publish(self, message: MqttMessage) -> None:
        """Publish. Raises OSError or ValueError."""
        topic, payload, qos, retained = message
        await self._answer_to(self._client.publish(topic, payload, qos, retained, timeout=math.inf))

    async def receive(self) -> MqttMessage:
        """Wait for the next message. Raises OSError."""
        with _as_os_errors():
            message = await anext(self._client.messages)
        return MqttMessage(str(message.topic), bytes(message.payload), message.qos, bool(message.retain))

    async def disconnect(self) -> None:
        """Send DISCONNECT, wait until it is on its way, and close."""
        with suppress(OSError), _as_os_errors():
            await self._client.__aexit__(None, None, None)
            await asyncio.wait((self._carrying,))
        await self.abandon()

    async def abandon(self) -> None:
        """Close without DISCONNECT."""
        await _stop(self._carrying)
        with suppress(OSError):
            while True:  # until aiomqtt has seen the end, so that nothing of it is left behind
                await self.receive()

    async def _answer_to(self, request: Coroutine[Any, Any, _T]) -> _T:
        """Wait for the broker's answer, or for the end of the connection, which aiomqtt would not notice here."""
        asking = asyncio.create_task(request)
        try:
            await asyncio.wait((asking, self._carrying), return_when=asyncio.FIRST_COMPLETED)
            with _as_os_errors():
                return _require_answer(asking)
        finally:
            await _stop(asking)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Turn aiomqtt's errors into those of the protocol."""
    from aiomqtt import MqttError
    from aiomqtt.exceptions import MqttConnectError

    try:
        yield
    except MqttConnectError as failure:
        raise MqttRefusedError(str(failure)) from failure
    except MqttError as failure:
        raise ConnectionResetError(str(failure)) from failure


def _require_answer(asking: asyncio.Task[_T]) -> _T:
    """What a request came to. Raises ConnectionResetError when the connection ended before it."""
    if not asking.done():
        raise ConnectionResetError("the connection ended before the broker answered")
    return asking.result()


async def _begin(login: MqttLogin) -> tuple[Client, asyncio.Task[Client], socket.socket]:
    """Let aiomqtt connect; returns it, its login under way, and our end of its connection."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="spwf04sx-") as directory, _listening(directory) as listener:
        client = _client(listener, login)
        entering = asyncio.create_task(client.__aenter__(), name="mqtt login")
        accepting = asyncio.create_task(asyncio.get_running_loop().sock_accept(listener))
        try:
            await asyncio.wait((accepting, entering), return_when=asyncio.FIRST_COMPLETED)
            if not accepting.done():
                entering.result()
            inner, _ = await accepting
        except BaseException:
            await _stop(entering, accepting)
            raise
    return client, entering, inner


def _client(listener: socket.socket, login: MqttLogin) -> Client:
    from aiomqtt import Client, Will

    logger = logging.getLogger(__name__)
    logger.addHandler(logging.NullHandler())  # what goes wrong is told by exceptions
    will = login.will
    name = listener.getsockname()
    host, port, transport = (name, 1, "unix") if isinstance(name, str) else (*name, "tcp")
    client = Client(
        host,
        port,
        transport=transport,
        identifier=login.client_id,
        clean_session=True,
        username=login.username,
        password=login.password,
        will=will and Will(will.topic, will.payload, will.qos, will.retained),
        keepalive=login.keepalive,
        timeout=math.inf,  # the module's clock sets the limits
        logger=logger,
    )
    loop = asyncio.get_running_loop()
    if not can_watch(loop, listener.fileno()):
        # It takes the loop that is running, and needs one with readers and writers.
        client._loop = cast("asyncio.AbstractEventLoop", WatchingLoop(loop))  # noqa: SLF001 - no other way is offered
    return client


def _listening(directory: str) -> socket.socket:
    """A socket for aiomqtt to connect to; it makes its file, if it has one, in ``directory``."""
    listener = socket.socket(_UNIX or socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(f"{directory}/mqtt" if _UNIX else ("127.0.0.1", 0))
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener


async def _carry(inner: socket.socket, outer: Stream) -> None:
    """Carry octets both ways until one side ends; then end the other."""
    ways = [asyncio.create_task(_outwards(inner, outer)), asyncio.create_task(_inwards(outer, inner))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # It may be stopped while it ends: aiomqtt would then wait for ever for what is left out here.
        try:
            await _stop(*ways)
        finally:
            try:
                await outer.close()
            finally:
                await _hang_up(inner)


async def _outwards(inner: socket.socket, outer: Stream) -> None:
    with suppress(OSError):
        while octets := await asyncio.get_running_loop().sock_recv(inner, _CHUNK):
            await outer.write(octets)


async def _inwards(outer: Stream, inner: socket.socket) -> None:
    with suppress(OSError):
        while octets := await outer.read(_CHUNK):
            await asyncio.get_running_loop().sock_sendall(inner, octets)


async def _hang_up(inner: socket.socket) -> None:
    """End aiomqtt's connection and wait until it has closed its side as well."""
    with inner, suppress(OSError):
        inner.shutdown(socket.SHUT_WR)
        while await asyncio.get_running_loop().sock_recv(inner, _CHUNK):
            pass


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their ends, whatever they are."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
