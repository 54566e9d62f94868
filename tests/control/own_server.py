"""The control API around an emulator of the test's own process, where its parts can be reached."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.configuration import Settings
from emulator.control.server import ControlServer
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint
from tests.control.running import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.control.token import Token


class Served(NamedTuple):
    """An emulator, and a client that asks from another thread."""

    emulator: Emulator
    client: Client

    async def get(self, path: str) -> Any:
        return await asyncio.to_thread(self.client.get, path)

    async def do(self, method: str, path: str, body: object = None) -> Any:
        return await asyncio.to_thread(self.client.do, method, path, body)

    async def put(self, path: str, octets: bytes) -> None:
        answer = await asyncio.to_thread(partial(self.client.ask, "PUT", path, octets=octets))
        assert answer.status == 200, answer.body


@asynccontextmanager
async def served(*, boots: bool = True, token: Token | None = None, **settings: Any) -> AsyncIterator[Served]:
    """An emulator with these settings, whose module has booted if it does so by itself."""
    emulator = Emulator(Settings(**{"time": "instant", "power_on": "start", "seed": 7, **settings}))
    async with emulator, ControlServer(emulator, Endpoint("127.0.0.1", 0), token) as server:
        if boots:
            await emulator.wait_for("+WIND:32")
        yield Served(emulator, Client(server.url))
