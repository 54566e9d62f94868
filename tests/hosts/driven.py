"""A module with ST's driver on its port: the module in the test's event loop, the driver on a thread."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.events import Note
from tests.hosts.xcube import XcubeHost
from tests.module_host import NO_TIME_SERVERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.capture.timeline import Entry

_Result = TypeVar("_Result")
_OPENED = re.compile(r"the module's TCP port (\d+) is 127\.0\.0\.1:(\d+) ")
_PATIENCE = 20.0
STATION = "02:A9:D2:A0:FF:A0"


class DrivenModule:
    """One module and the driver of it."""

    def __init__(self, emulator: Emulator, host: XcubeHost) -> None:
        self.emulator = emulator
        self._host = host
        self._ports: defaultdict[int, asyncio.Queue[int]] = defaultdict(asyncio.Queue)
        self._notes: asyncio.Queue[str] = asyncio.Queue()
        emulator.timeline.subscribe(self._hear)

    async def run(self, dialogue: Callable[[XcubeHost], _Result]) -> _Result:
        """Let the driver hold a dialogue."""
        return await asyncio.to_thread(dialogue, self._host)

    async def opened(self, port: int) -> int:
        """Where a TCP port that the module opened is on this machine."""
        async with asyncio.timeout(_PATIENCE):
            return await self._ports[port].get()

    async def note(self, text: str) -> None:
        """Wait for a note with ``text`` in it."""
        async with asyncio.timeout(_PATIENCE):
            while text not in await self._notes.get():
                pass

    def _hear(self, entry: Entry) -> None:
        if isinstance(entry.event, Note):
            self._notes.put_nowait(entry.event.text)
            if found := _OPENED.search(entry.event.text):
                self._ports[int(found[1])].put_nowait(int(found[2]))


@asynccontextmanager
async def driven_module(*maps: str) -> AsyncIterator[DrivenModule]:
    """A module near one protected network and one station; this machine is 10.1.1.1."""
    settings = Settings(
        access_points=["office,a secret phrase"],
        maps=["10.1.1.1=127.0.0.1", *NO_TIME_SERVERS, *maps],
        stations=[STATION],
        line="fast",
    )
    async with Emulator(settings) as emulator:
        host = await asyncio.to_thread(XcubeHost, emulator.port)
        try:
            yield DrivenModule(emulator, host)
        finally:
            host.line.close()


@asynccontextmanager
async def joined_module(*maps: str) -> AsyncIterator[DrivenModule]:
    """A module that the driver has started and led into the network."""

    def join(host: XcubeHost) -> None:
        host.start_up()
        host.join("office", "a secret phrase", 2)

    async with driven_module(*maps) as module:
        await module.run(join)
        yield module
