"""A module with a driver on its port: the module in the test's event loop, the driver on a thread."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint
from firmware_model.events import Note
from tests.hosts.xcube import XcubeHost
from tests.module_host import NO_TIME_SERVERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.capture.timeline import Entry


class _Closable(Protocol):
    def close(self) -> None: ...


_Result = TypeVar("_Result")
_Host = TypeVar("_Host", bound=_Closable)
_OPENED = re.compile(r"the module's TCP port (\d+) is 127\.0\.0\.1:(\d+) ")
_PATIENCE = 20.0
STATION = "02:A9:D2:A0:FF:A0"


class DrivenModule(Generic[_Host]):
    """One module and the driver of it."""

    def __init__(self, emulator: Emulator, host: _Host) -> None:
        self.emulator = emulator
        self._host = host
        self._ports: defaultdict[int, asyncio.Queue[int]] = defaultdict(asyncio.Queue)
        self._notes: asyncio.Queue[str] = asyncio.Queue()
        emulator.timeline.subscribe(self._hear)

    async def run(self, dialogue: Callable[[_Host], _Result]) -> _Result:
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
async def driven_by(
    make_host: Callable[[str], _Host], *maps: str, spi: Endpoint | None = None
) -> AsyncIterator[DrivenModule[_Host]]:
    """A module near one protected network and one station; this machine is 10.1.1.1."""
    settings = Settings(
        spi=spi,
        access_points=["office,a secret phrase"],
        maps=["10.1.1.1=127.0.0.1", *NO_TIME_SERVERS, *maps],
        stations=[STATION],
        line="fast",
    )
    async with Emulator(settings) as emulator:
        host = await asyncio.to_thread(make_host, emulator.port)
        try:
            yield DrivenModule(emulator, host)
        finally:
            host.close()


@asynccontextmanager
async def driven_module(*maps: str) -> AsyncIterator[DrivenModule[XcubeHost]]:
    """The same with ST's driver over UART."""
    async with driven_by(XcubeHost, *maps) as module:
        yield module


@asynccontextmanager
async def joined_module(*maps: str) -> AsyncIterator[DrivenModule[XcubeHost]]:
    """A module that the driver has started and led into the network."""

    def join(host: XcubeHost) -> None:
        host.start_up()
        host.join("office", "a secret phrase", 2)

    async with driven_module(*maps) as module:
        await module.run(join)
        yield module


@asynccontextmanager
async def module_on_spi(make_host: Callable[[str], _Host], *maps: str) -> AsyncIterator[DrivenModule[_Host]]:
    """The same with a driver over SPI, which has to start the module itself."""
    async with driven_by(make_host, *maps, spi=Endpoint("127.0.0.1")) as module:
        yield module
