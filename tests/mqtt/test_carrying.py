"""The octets between aiomqtt and the module's stream: however they end, aiomqtt learns of it."""

from __future__ import annotations

import asyncio
import socket

from emulator.surroundings.mqtt import _carry
from firmware_model.outside import Address


class SlowToClose:
    """A stream that has ended and whose closing takes until it is told."""

    remote = Address("192.168.0.2", 1883)
    number = 0

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    async def read(self, _limit: int) -> bytes:
        return b""

    async def write(self, _data: bytes) -> None:
        raise BrokenPipeError

    async def close(self) -> None:
        self.closing.set()
        await asyncio.Event().wait()

    def abort(self) -> None:
        raise AssertionError("nobody asked for a reset")


async def test_who_is_stopped_while_the_stream_closes_hangs_up_all_the_same() -> None:
    ours, aiomqtts = socket.socketpair()
    for side in (ours, aiomqtts):
        side.setblocking(False)
    stream = SlowToClose()
    with aiomqtts:
        carrying = asyncio.create_task(_carry(ours, stream))
        async with asyncio.timeout(20):
            await stream.closing.wait()
            carrying.cancel()
            assert await asyncio.get_running_loop().sock_recv(aiomqtts, 1) == b""
    async with asyncio.timeout(20):
        await asyncio.wait((carrying,))
