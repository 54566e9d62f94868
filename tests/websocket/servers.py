"""Servers for web sockets: real ones, and one that misbehaves octet for octet."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection, serve

from tests.module_host import INSTANT, ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from websockets.http11 import Request, Response

    from emulator.peers.pki import Pki


class Served:
    """A ``websockets`` server that keeps what it hears and does what the test tells it."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.received: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.port = 0

    async def serve(self, connection: ServerConnection) -> None:
        await self.connections.put(connection)
        async for message in connection:
            await self.received.put(message)

    async def connection(self) -> ServerConnection:
        """The next client."""
        async with asyncio.timeout(10):
            return await self.connections.get()

    async def message(self) -> str | bytes:
        """The next message of any client."""
        async with asyncio.timeout(10):
            return await self.received.get()


@asynccontextmanager
async def web_socket_server(
    *,
    tls: ssl.SSLContext | None = None,
    subprotocols: list[str] | None = None,
    process_request: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> AsyncIterator[Served]:
    served = Served()
    async with serve(
        served.serve,
        "127.0.0.1",
        0,
        ssl=tls,
        subprotocols=subprotocols,  # type: ignore[arg-type]
        process_request=process_request,
        compression=None,
        ping_interval=None,
        close_timeout=5,
        max_size=None,
    ) as server:
        served.port = next(iter(server.sockets)).getsockname()[1]
        yield served


@asynccontextmanager
async def raw_server(
    converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve TCP as the test wants it; yields the port."""
    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def module_in_front_of(port: int = 9, *, patience: float = 20) -> AsyncIterator[ModuleHost]:
    """A module in miniAP mode that finds ``port`` of this machine at 192.168.0.2:80; it waits ``patience`` s for it."""
    maps = [f"192.168.0.2:80=127.0.0.1:{port}", "192.168.0.2=127.0.0.1"]
    async with running_module(maps=maps, durations=INSTANT._replace(socket_connect=patience)) as host:
        await start_mini_ap(host)
        yield host


async def give_certificates(host: ModuleHost, pki: Pki) -> None:
    """Load CA, client certificate and key, and set the time."""
    contents = {"ca": pki.root.certificate_der, "cert": pki.client.bundle_der, "key": pki.client.key_der}
    for slot, content in contents.items():
        reply = await host.command(f"AT+S.TLSCERT={slot},{len(content)}", content)
        assert reply.endswith(b"AT-S.OK\r\n"), reply
    await host.command(f"AT+S.TIME={int(time.time())}")
