"""What all acts share: certificates, servers, one emulator that reaches them, and the host at its port."""

from __future__ import annotations

import asyncio
import socket
import textwrap
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.text import Text

from emulator.configuration import Settings
from emulator.demonstration.modes import Mode
from emulator.demonstration.serial_host import Reply, SerialHost
from emulator.emulator import Emulator
from emulator.peers.https import HttpsServer
from emulator.peers.peer import PeerError, Site
from emulator.peers.pki import SERVER_ADDRESS, Pki, make_pki
from firmware_model.events import SignatureMade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from rich.console import Console

    from emulator.capture.timeline import Entry
    from emulator.peers.peer import HttpsPeer

FILE: Final = b"ssid=demo\r\nchannel=6\r\n"
"""What the servers have at /conf."""
STATION: Final = "02:A9:D2:A0:FF:A0"
"""The PC that joins the miniAP."""
CLOSED_PORT: Final = 45060
_FIRST_PORT: Final = 45061
"""The port in the report from the field; further servers follow it."""
SILENT_HOST: Final = "1.112"
SILENT_PORT: Final = 4433
"""Host and port as ST's engineer typed them in that thread."""
_WIDEST: Final = 110
_WORDS_WITHIN: Final = 3.0
"""Seconds that a server has for its words; it may write them to a log of its own."""


def http_get(port: int, host: str = SERVER_ADDRESS) -> str:
    """Return the command of the report from the field: fetch /conf over TLS into config.txt."""
    return f"AT+S.HTTPGET={host},conf,{port},2,,,config.txt,"


@dataclass(frozen=True, slots=True)
class MappedServer:
    """A running server and the port that it has on the module's network."""

    server: HttpsPeer
    port: int

    @property
    def name(self) -> str:
        """Make and version."""
        return self.server.version

    async def words(self, already: int, count: int) -> list[str]:
        """Return what the server says about ``count`` refusals after the first ``already``.

        A server that says less than that gives fewer.
        """
        with suppress(PeerError):
            await self.server.refusal(already + count, within=_WORDS_WITHIN)
        return self.server.refusals[already : already + count]


@dataclass(slots=True)
class Stage:
    """Everything set up and running; made by :func:`open_stage`."""

    console: Console
    pki: Pki
    servers: tuple[MappedServer, ...]
    emulator: Emulator
    host: SerialHost
    signatures: list[SignatureMade] = field(default_factory=list)
    """What the module signed since :meth:`arm`."""

    def narrate(self, text: str) -> None:
        """Print words that are not the module's: marked with ``#``."""
        width = min(self.console.width, _WIDEST)
        filled = textwrap.fill(text, width, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
        self.console.print(Text(filled, style="cyan"), soft_wrap=True)

    def arm(self, mode: Mode) -> None:
        """Switch the way of signing for the signatures to come, and forget those that were made."""
        self.emulator.faults.disarm()
        if mode is not Mode.NONE:
            self.emulator.faults.arm(f"signature={mode.value}")
        self.signatures.clear()

    async def command(self, line: str, data: bytes = b"", kind: str = "data", *, quiet: bool = False) -> Reply:
        """Let the host send a command. Raises HostError."""
        return await asyncio.to_thread(self.host.command, line, data, kind, quiet=quiet)

    async def wait_for(self, start: str) -> str:
        """Let the host wait for an indication. Raises HostError."""
        return await asyncio.to_thread(self.host.wait_for, start)

    def listen(self, entry: Entry) -> None:
        """Keep the signatures that go by on the timeline."""
        if isinstance(entry.event, SignatureMade):
            self.signatures.append(entry.event)


@asynccontextmanager
async def open_stage(console: Console, makes: Callable[[Site], Iterable[HttpsPeer]]) -> AsyncIterator[Stage]:
    """Start the servers of ``makes``, the emulator and the host; all end with the context.

    Raises OSError when the port cannot be had, PeerError when the first server does not start; a further server
    that does not start is left out with one line that says why.
    """
    pki = make_pki()
    async with AsyncExitStack() as running:
        silent = await running.enter_async_context(
            HttpsServer(Site(pki.direct_server, pki.root, silent=True)),
        )
        servers = await _start(running, console, makes(Site(pki.server, pki.root, {"/conf": FILE})))
        closed = running.enter_context(_closed_port())
        maps = [f"{SERVER_ADDRESS}:{mapped.port}=127.0.0.1:{mapped.server.port}" for mapped in servers]
        maps.append(f"{SILENT_HOST}:{SILENT_PORT}=127.0.0.1:{silent.port}")
        maps.append(f"{SERVER_ADDRESS}:{CLOSED_PORT}=127.0.0.1:{closed.getsockname()[1]}")
        emulator = await running.enter_async_context(Emulator(Settings(maps=maps, stations=[STATION], line="fast")))
        host = await asyncio.to_thread(SerialHost.open, emulator.port, lambda line: _show(console, line))
        running.callback(host.close)
        # A cancelled task leaves its thread behind; this makes it end before the port does.
        running.callback(host.cancel)
        stage = Stage(console, pki, servers, emulator, host)
        emulator.timeline.subscribe(stage.listen)
        yield stage


async def _start(running: AsyncExitStack, console: Console, servers: Iterable[HttpsPeer]) -> tuple[MappedServer, ...]:
    started: list[MappedServer] = []
    for server in servers:
        try:
            await running.enter_async_context(server)
        except PeerError as failure:
            if not started:
                raise
            console.print(f"{server.name}: skipped, {failure}", soft_wrap=True)
        else:
            started.append(MappedServer(server, _FIRST_PORT + len(started)))
    return tuple(started)


def _closed_port() -> socket.socket:
    """Take a port on which nobody listens; while it is taken nobody else can."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


def _show(console: Console, line: str) -> None:
    console.print(Text(line, style="bold" if line.startswith("AT+S.") else ""), soft_wrap=True)
