"""A TCP listener whose conversations all end with it, and the simplest one: a server that says nothing."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from emulator.peers.news import nobody

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.peers.news import Tell

LOCALHOST = "127.0.0.1"
_TURNS = 5
"""Turns of the event loop from a connection that waits to be accepted to the conversation."""


class Listener(ABC):
    """Listens on a port of 127.0.0.1 while its context is open: on a free one unless it is told which.

    A client that goes away ends its conversation quietly. Any other exception in a conversation is a defect
    of the server itself and is raised, with its like, when the context closes.
    """

    def __init__(self, *, port: int = 0, tell: Tell = nobody) -> None:
        self._wanted_port = port
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        self._defects: list[Exception] = []
        self._connections = 0

    @property
    def port(self) -> int:
        """The TCP port. Raises RuntimeError while the listener is closed."""
        if self._server is None:
            raise RuntimeError("the server has no port before it is started; use 'async with'")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many TCP connections were made so far."""
        return self._connections

    async def __aenter__(self) -> Self:
        """Start to listen. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, LOCALHOST, self._wanted_port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and all conversations, and wait for them."""
        # A connection that is on its way through asyncio when its server closes is never closed itself.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server, self._server = self._server, None
        if server is not None:
            server.close()
        conversations = list(self._conversations)
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        if server is not None:
            await server.wait_closed()
        if self._defects and error is None:
            raise ExceptionGroup(f"{type(self).__name__} failed in a conversation", self._defects)

    @abstractmethod
    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client; the connection is closed on return."""

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()  # it was accepted just before the port was closed
            return
        self._connections += 1
        conversation = asyncio.create_task(self._guard(reader, writer))
        self._conversations.add(conversation)

        def end(_: asyncio.Task[None]) -> None:
            self._conversations.discard(conversation)
            writer.close()  # what was cancelled before it began has closed nothing

        conversation.add_done_callback(end)

    async def _guard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except asyncio.CancelledError:
            # A client that does not read would otherwise keep the connection open for as long as it likes.
            writer.transport.abort()
            raise
        except OSError:
            pass  # the client is gone: nobody is left to be told
        except Exception as defect:
            self._tell("defect", f"a defect of this server: {defect!r}")
            self._defects.append(defect)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class SilentServer(Listener):
    """Accepts connections, reads what comes and never says a word; hangs up only after the client did."""

    async def _converse(self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass
