"""The receive buffer: its reader goes on at once, and ends, times out and fails like any other task."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from emulator.faces.receive_buffer import ReceiveBuffer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

NAME = ContextVar("NAME", default="nobody")


class Reader:
    """A task that reads, and keeps what it has read."""

    def __init__(self, buffer: ReceiveBuffer) -> None:
        self.heard: list[bytes] = []
        self.buffer = buffer

    async def run(self) -> None:
        while True:
            await self.buffer.wait()
            octets = self.buffer.take()
            if octets == b"fail":
                raise ValueError("as told")
            self.heard.append(octets)


@asynccontextmanager
async def reading() -> AsyncIterator[tuple[ReceiveBuffer, Reader, asyncio.Task[None]]]:
    buffer = ReceiveBuffer()
    reader = Reader(buffer)
    task = asyncio.create_task(reader.run())
    await asyncio.sleep(0)
    try:
        yield buffer, reader, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ValueError):
            await task


async def in_a_callback(function: Callable[[], None]) -> None:
    """Call it as the event loop calls what waits for a socket: with no task at work."""
    done = asyncio.get_running_loop().create_future()

    def call() -> None:
        function()
        done.set_result(None)

    asyncio.get_running_loop().call_soon(call)
    await done


async def test_a_callback_finds_its_octets_read() -> None:
    async with reading() as (buffer, reader, _):

        def put() -> None:
            for octets in (b"one", b"two"):
                buffer.put(octets)
                assert reader.heard[-1] == octets
                assert len(buffer) == 0

        await in_a_callback(put)
    assert reader.heard == [b"one", b"two"]


async def test_a_task_lets_the_reader_have_its_turn() -> None:
    async with reading() as (buffer, reader, _):
        buffer.put(b"one")
        buffer.put(b"two")
        assert reader.heard == []
        await asyncio.sleep(0)
        assert reader.heard == [b"onetwo"]


async def test_the_reader_keeps_its_own_context() -> None:
    buffer = ReceiveBuffer()
    seen: list[str] = []

    async def read() -> None:
        NAME.set("reader")
        await buffer.wait()
        seen.append(NAME.get())

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    await in_a_callback(lambda: buffer.put(b"x"))
    await task
    assert (seen, NAME.get()) == (["reader"], "nobody")


@pytest.mark.parametrize("within_a_task", [False, True])
async def test_a_reader_that_fails_is_no_matter_of_the_writer(within_a_task: bool) -> None:
    async with reading() as (buffer, _, task):
        if within_a_task:
            buffer.put(b"fail")
        else:
            await in_a_callback(lambda: buffer.put(b"fail"))
        with pytest.raises(ValueError, match="as told"):
            await task


async def test_a_reader_that_is_cancelled_leaves_the_octets_to_the_next_one() -> None:
    async with reading() as (buffer, reader, task):
        task.cancel()
        buffer.put(b"kept")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert reader.heard == []
        await asyncio.wait_for(buffer.wait(), 10)
        assert buffer.take() == b"kept"


async def test_a_reader_may_be_cancelled_when_it_has_been_told_to_go_on() -> None:
    async with reading() as (buffer, reader, task):
        buffer.put(b"kept")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (reader.heard, buffer.take()) == ([], b"kept")


async def test_a_reader_may_have_a_limit_and_try_again() -> None:
    buffer = ReceiveBuffer()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await buffer.wait()
    asyncio.get_running_loop().call_soon(buffer.put, b"x")
    async with asyncio.timeout(10):
        await buffer.wait()
    assert buffer.take() == b"x"
