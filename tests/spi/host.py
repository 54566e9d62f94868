"""A module on SPI in the test's own process, with a master that reads one packet at each low interrupt line."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from firmware_model.commands import commands_by_spelling
from firmware_model.console.spi_frames import Frame, Kind, Mark, Packet
from firmware_model.events import Indicated, Note
from firmware_model.profile import FIRMWARE_1_1_0
from tests.module_host import ModuleHost, running_module

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.faces.spi.bus import Bus

_PATIENCE = 20.0
SYNC = b"\x02"


def frame_of(line: str) -> Frame:
    """The frame that says what a command line says."""
    head, separator, tail = line.partition("=")
    command = commands_by_spelling(FIRMWARE_1_1_0.version)[head.upper()]
    return Frame(command.spi_id, tuple(text.encode("latin-1") for text in tail.split(",")) if separator else ())


class Reply(NamedTuple):
    """Everything up to the end of a reply; that end is mark 0x00 or an error's code."""

    end: int
    lines: list[bytes]
    """Payloads of lines, maskable ones included."""
    content: bytes


class SpiHost:
    """The master's side of one module."""

    def __init__(self, host: ModuleHost, bus: Bus) -> None:
        self.module = host.module
        self.air = host.air
        self.host = host
        self.bus = bus
        self.indications: list[Packet] = []
        self._news = asyncio.Event()
        bus.watch(lambda _: self._news.set())

    async def interrupt(self, *, low: bool) -> None:
        """Wait until the interrupt line has a level."""
        async with asyncio.timeout(_PATIENCE):
            while self.bus.interrupt_is_low != low:
                self._news.clear()
                await self._news.wait()

    async def packet(self) -> Packet:
        """Read the next packet."""
        await self.interrupt(low=True)
        sync = self.bus.exchange(bytes(1))
        assert sync == SYNC, sync
        return self._rest_of_packet()

    def _rest_of_packet(self) -> Packet:
        header = self.bus.exchange(bytes(4))
        payload = self.bus.exchange(bytes(int.from_bytes(header[2:], "little")))
        return Packet(header[0] >> 4, header[0] & 0x0F, header[1], payload)

    def send(self, frame: Frame, data: int = 0) -> None:
        """Send a frame; indications that the module wants to be rid of come first (GHI)."""
        while self.bus.exchange(SYNC) == SYNC:
            packet = self._rest_of_packet()
            assert packet.kind == Kind.INDICATION, packet
            self.indications.append(packet)
        self.bus.exchange(frame.encode(data)[1:])

    async def command(self, line: str | Frame, data: bytes = b"") -> Reply:
        """Send a command and its data; its reply. Indications are kept apart."""
        self.send(frame_of(line) if isinstance(line, str) else line, len(data))
        if data:
            await self.interrupt(low=True)
            self.bus.exchange(data)
        return await self.reply()

    async def reply(self) -> Reply:
        """Read packets up to the end of a reply."""
        lines, content = [], b""
        while True:
            packet = await self.packet()
            if packet.kind == Kind.INDICATION:
                self.indications.append(packet)
            elif packet.indication in (Mark.LINE, Mark.MASKABLE_LINE):
                lines.append(packet.payload)
            elif packet.indication == Mark.CONTENT:
                content += packet.payload
            else:
                assert packet.payload == b""
                return Reply(packet.indication, lines, content)

    async def raised(self, number: int) -> None:
        """Wait until the module has raised an indication, whether the master got it or not."""
        async with asyncio.timeout(_PATIENCE):
            while not any(event.number == number for event in self.host.events(Indicated)):  # type: ignore[attr-defined]
                await self.module.outside.clock.sleep(0.001)

    async def noted(self, text: str) -> None:
        """Wait until the log explains something."""
        async with asyncio.timeout(_PATIENCE):
            while not any(text in str(note) for note in self.host.events(Note)):
                await self.module.outside.clock.sleep(0.001)

    async def indication(self, number: int) -> Packet:
        """Read packets up to an indication; those that came before count too."""
        while True:
            for kept in self.indications:
                if kept.indication == number:
                    self.indications.remove(kept)
                    return kept
            packet = await self.packet()
            assert packet.kind == Kind.INDICATION, packet
            self.indications.append(packet)


@asynccontextmanager
async def spi_module(**options: Any) -> AsyncIterator[SpiHost]:
    """Run a module that is strapped to SPI; ``options`` are those of :func:`running_module`."""
    async with running_module(on_spi=True, **options) as host:
        assert host.bus is not None
        yield SpiHost(host, host.bus)
