"""A module in the test's own process, with a host that speaks to it through memory."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from emulator.capture.timeline import Entry, Timeline
from emulator.faces.line import Line
from emulator.faces.memory import MemoryFace
from emulator.faces.spi.bus import Bus
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.air import Air
from emulator.surroundings.clock import RealClock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from emulator.surroundings.mqtt import AiomqttProtocol
from emulator.surroundings.network import MachineNetwork
from emulator.surroundings.recorded_network import RecordedNetwork
from firmware_model.events import Note
from firmware_model.module import Module
from firmware_model.outside import Clock, Flash, Outside, Station
from firmware_model.profile import FIRMWARE_1_1_0, Durations, FirmwareProfile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from firmware_model.air import AccessPoint
    from firmware_model.faults import Faults

INSTANT = Durations(
    0, 0, 0, 0, scan=0, scan_pause=0.01, crunching=0, join=0, lease=0, beacon=0, beacon_return=0, join_timeout=0
)
"""No waiting, but for a breath between two scans."""
NO_TIME_SERVERS = ("pool.ntp.org:123=127.0.0.2:9", "time.nist.gov:123=127.0.0.2:9")
"""The factory's time servers lead nowhere, so that no test asks the world for the time."""
_END = re.compile(rb"AT-S\.(?:OK|ERROR)[^\r\n]*\r\n")
_PATIENCE = 20.0


class ModuleHost:
    """The host's side of one module."""

    def __init__(
        self,
        module: Module,
        face: MemoryFace,
        air: Air,
        network: MachineNetwork,
        entries: list[Entry],
        bus: Bus | None = None,
    ) -> None:
        self.module = module
        self.bus = bus
        self.face = face
        self.air = air
        self.network = network
        self.entries = entries

    async def command(self, line: str | bytes, data: bytes = b"") -> bytes:
        """Send a line and its data; return everything up to the end of the reply."""
        octets = line.encode("latin-1") if isinstance(line, str) else line
        self.face.write(octets + b"\r" + data)
        return await self.until(_END)

    async def until(self, ending: re.Pattern[bytes] | bytes) -> bytes:
        """Wait for text that matches and return everything up to it."""
        async with asyncio.timeout(_PATIENCE):
            return await self.face.read_until(ending)

    async def boot(self) -> bytes:
        """Wait until the radio's hardware is up."""
        return await self.until(b"+WIND:32:WiFi Hardware Started\r\n")

    async def eventually(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                if condition():
                    return
                await asyncio.sleep(0)

    async def note(self, pattern: str) -> str:
        """Wait for a note in the log that has this in it; the first one counts."""
        await self.eventually(lambda: self._noted(pattern))
        return self._noted(pattern)

    def _noted(self, pattern: str) -> str:
        return next((str(note) for note in self.events(Note) if re.search(pattern, str(note))), "")

    def events(self, kind: type) -> list[object]:
        """What happened so far of one kind."""
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]


@asynccontextmanager
async def running_module(
    *,
    maps: Sequence[str] = (),
    flash: Flash | None = None,
    stations: Sequence[Station] = (),
    access_points: Sequence[AccessPoint] = (),
    durations: Durations = INSTANT,
    seed: int = 1,
    wifi_mode: int = 0,
    application_files: Mapping[str, bytes] | None = None,
    profile: FirmwareProfile = FIRMWARE_1_1_0,
    clock: Clock | None = None,
    faults: Faults | None = None,
    on_spi: bool = False,
) -> AsyncIterator[ModuleHost]:
    """Run a module that boots without delay; its radio idles unless another ``wifi_mode`` is given."""
    clock = clock or RealClock()
    timeline = Timeline(clock)
    entries: list[Entry] = []
    timeline.subscribe(entries.append, secrets=True)
    line, air = Line(timeline), Air(access_points, stations)
    face = MemoryFace(line)
    network = MachineNetwork(AddressMap([*NO_TIME_SERVERS, *maps]), lambda text: timeline.record(Note(text)))
    network.keep_numbers = False
    recorded = RecordedNetwork(network, timeline, lambda _: _own_address(module))
    bus = Bus(timeline) if on_spi else None
    outside = Outside(
        line, recorded, air, clock, flash or MemoryFlash(), SeededEntropy(seed), timeline, AiomqttProtocol(), spi=bus
    )
    module = Module(
        outside,
        profile.evolve(durations=durations, latencies={}),
        application_files=application_files,
        faults=faults,
    )
    module.configuration.set("wifi_mode", str(wifi_mode))
    task = asyncio.create_task(module.run())
    try:
        yield ModuleHost(module, face, air, network, entries, bus)
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        unexpected = [result for result in results if not isinstance(result, asyncio.CancelledError)]
        assert not unexpected, unexpected


def _own_address(module: Module) -> str:
    address = module.radio.address
    return "0.0.0.0" if address is None else str(address.interface.ip)


async def start_mini_ap(host: ModuleHost) -> None:
    """Bring an open miniAP up, without echo."""
    await host.boot()
    for line in (
        "AT+S.SCFG=console_echo,0",
        "AT+S.SCFG=wifi_mode,3",
        "AT+S.SCFG=wifi_priv_mode,0",
        "AT+S.SSIDTXT=test",
        "AT+S.WIFI=0",
        "AT+S.WIFI=1",
    ):
        reply = await host.command(line)
        assert b"AT-S.OK" in reply, (line, reply)
    await host.until(b"+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39\r\n")
