"""The face of the SPI bus: a socket that one master at a time connects to."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.faces.endpoint import Endpoint, listen
from emulator.faces.spi.messages import Message, MessageParser, MessageType, UnknownMessageError, level

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.spi.bus import Bus

_READ_SIZE: Final = 65536
_LEVELS: Final = (b"\0", b"\1")
_IN_USE: Final = "the bus is in use by another master, and has one at a time; connect again when that one has left"


class SpiFace:
    """Serves one bus; made by :meth:`open`."""

    def __init__(self, bus: Bus, drive_reset: Callable[[bool], None]) -> None:
        """``drive_reset`` is called with the level of the module's reset pin, true for high."""
        self._bus = bus
        self._drive_reset = drive_reset
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._master: asyncio.StreamWriter | None = None
        self._reset_is_low = False
        self.endpoint = Endpoint()
        """Where this machine reaches it; the port is the one in use."""

    async def open(self, endpoint: Endpoint) -> None:
        """Serve the bus at ``endpoint``. Raises OSError, with the endpoint as its file name."""
        try:
            if endpoint.path:
                _remove_stale_socket(endpoint.path)
                self._servers = [await asyncio.start_unix_server(self._serve, endpoint.path)]
                self.endpoint = endpoint
            else:
                opened, sockets = listen(endpoint)
                self._servers = [await asyncio.start_server(self._serve, sock=listening) for listening in sockets]
                self.endpoint = opened.reachable_at
        except OSError as failure:
            raise OSError(failure.errno, failure.strerror or str(failure), str(endpoint)) from failure
        self._unwatch = self._bus.watch(self._tell)

    @property
    def port(self) -> str:
        """The address to give to a master."""
        return str(self.endpoint)

    @property
    def device(self) -> None:
        """There is no pty."""

    async def close(self) -> None:
        """Stop serving, and hang up on whoever is there."""
        if not self._servers:
            return
        self._unwatch()
        for server in self._servers:
            server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        for server in self._servers:
            await server.wait_closed()
        if self.endpoint.path:
            with suppress(OSError):
                os.unlink(self.endpoint.path)  # noqa: PTH108 - beside the calls that made it

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._master is None:
                await self._serve_master(reader, writer)
            else:
                await _send(writer, Message(MessageType.ERROR, _IN_USE.encode()))
        except OSError:
            pass  # The master has gone, in whatever way.
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_master(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._master = writer
        self._bus.host_changed(present=True)
        try:
            await _send(writer, level(MessageType.INTERRUPT, high=not self._bus.interrupt_is_low))
            parser = MessageParser()
            while octets := await reader.read(_READ_SIZE):
                for message in parser.feed(octets):
                    await self._take(message, writer)
        except UnknownMessageError as failure:
            complaint = f"{failure}; messages are C, S and R, each with two octets of length: see docs/faces-spi.md"
            await _send(writer, Message(MessageType.ERROR, complaint.encode()))
        finally:
            self._master = None
            self._let_reset_be(high=True)
            self._bus.host_changed(present=False)

    async def _take(self, message: Message, writer: asyncio.StreamWriter) -> None:
        match message.type:
            case MessageType.CLOCK if message.content:
                # What the interrupt line does meanwhile is told before the answer, so that the master knows it then.
                await _send(writer, Message(MessageType.CLOCK, self._bus.exchange(message.content)))
            case MessageType.SELECT if message.content in _LEVELS:
                self._bus.is_selected = message.content == _LEVELS[0]
            case MessageType.RESET if message.content in _LEVELS:
                self._let_reset_be(high=message.content == _LEVELS[1])
            case _:
                complaint = f"a message {message.type.value.decode()} with {len(message.content)} octets means nothing"
                await _send(writer, Message(MessageType.ERROR, complaint.encode()))

    def _let_reset_be(self, *, high: bool) -> None:
        if high == self._reset_is_low:
            self._reset_is_low = not high
            self._drive_reset(high)

    def _tell(self, low: bool) -> None:
        if self._master is not None:
            self._master.write(level(MessageType.INTERRUPT, high=not low).encode())


async def _send(writer: asyncio.StreamWriter, message: Message) -> None:
    writer.write(message.encode())
    await writer.drain()


def _remove_stale_socket(path: str) -> None:
    """Make room for a socket where one was left over. Raises OSError when somebody serves it, or it is no socket."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "exists and is no socket; choose another path or remove it")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        refusal = probe.connect_ex(path)
        if refusal in (0, errno.EAGAIN):
            raise OSError(errno.EADDRINUSE, "is served by another program; choose another path")
        if refusal != errno.ECONNREFUSED:
            raise OSError(refusal, "is a socket of another program; choose another path or remove it")
    os.unlink(path)  # noqa: PTH108
