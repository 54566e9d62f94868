"""The stream inside a web socket, where the other side takes no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from emulator.surroundings.clock import ScaledClock
from firmware_model.websocket.binary_stream import BinaryStream

if TYPE_CHECKING:
    from firmware_model.websocket.connection import Piece, WebSocketConnection


class StuckConnection:
    """Takes nothing, and notes what was tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def receive(self) -> Piece | None:
        return None

    async def send(self, content: bytes, *, binary: bool, last: bool) -> None:
        self.tried.append(f"frame {content!r}, binary {binary}, last {last}")
        await asyncio.get_running_loop().create_future()

    async def start_closing(self, code: int) -> None:
        self.tried.append(f"close frame {code}")
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        self.tried.append("close")


@pytest.mark.parametrize("write_first", [True, False])
async def test_closing_does_not_hang(write_first: bool) -> None:
    connection = StuckConnection()
    stream = BinaryStream(cast("WebSocketConnection", connection), ScaledClock(100))
    if write_first:
        writing = asyncio.create_task(stream.write(b"x"))
        await asyncio.wait((writing,), timeout=0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    async with asyncio.timeout(10):
        await stream.close()
        assert await stream.read(1) == b""
    first = "frame b'x', binary True, last True" if write_first else "close frame 1000"
    assert connection.tried == [first, "close"]
