"""The yardstick of round trips and of bulk: a pty, a TCP port, an event loop, and nothing in between.

It answers a line with a fixed OK. A line that names a piece of content (see :mod:`scripts.benchmarks.content`) is
answered when that has come, or with the content. No program with an asyncio event loop can do less. It ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tty
from typing import TYPE_CHECKING, cast

from scripts.benchmarks.content import fetched, stored
from scripts.benchmarks.serial_port import OK

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_SIZE = 65536


class Answers:
    """What is answered to the octets of one host."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._missing = 0

    def receive(self, octets: bytes) -> None:
        """Count content that is on its way; take anything else for one line, with what follows it."""
        if not self._missing:
            self._missing = stored(octets) or len(octets)
        self._missing -= len(octets)
        if not self._missing:
            self._write(b"x" * fetched(octets) + OK)


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._answers = Answers(cast("asyncio.WriteTransport", transport).write)

    def data_received(self, data: bytes) -> None:
        self._answers.receive(data)


class _Pty:
    """The master's side, which keeps what the system does not take at once."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        os.set_blocking(self._master, False)
        self._queue = memoryview(b"")
        self._loop = asyncio.get_running_loop()
        receive = Answers(self._send).receive
        self._loop.add_reader(self._master, lambda: receive(os.read(self._master, _READ_SIZE)))

    def _send(self, octets: bytes) -> None:
        written = os.write(self._master, octets)
        if written < len(octets):
            self._queue = memoryview(octets)[written:]
            self._loop.add_writer(self._master, self._flush)

    def _flush(self) -> None:
        self._queue = self._queue[os.write(self._master, self._queue) :]
        if not self._queue:
            self._loop.remove_writer(self._master)


async def main() -> None:
    """Answer until standard input ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    async with await loop.create_server(_Connection, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"port": _Pty().device, "socket": f"socket://127.0.0.1:{port}"}), flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
