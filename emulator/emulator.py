"""The emulator: one module wired to its port, its surroundings and its timeline."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, Self

from emulator.capture.recordings import Recordings
from emulator.capture.timeline import Entry, HostPresent, Timeline, UartReceived
from emulator.configuration import Settings, parse_station
from emulator.dialogue import Dialogue
from emulator.faces.faces import Faces
from emulator.faces.line import Line
from emulator.faces.spi.bus import Bus
from emulator.faces.spi.events import SpiClocked
from emulator.faces.spi.server import SpiFace
from emulator.faults.plan import FaultPlan
from emulator.state import State, state_of
from emulator.surroundings.air import Air
from emulator.surroundings.clock import InstantClock, clock_of, wall_clock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import DirectoryFlash, FailingFlash, MemoryFlash
from emulator.surroundings.network import Knock, MachineNetwork
from emulator.version import VERSION
from firmware_model.events import CommandReceived, Indicated, Note, Replied

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from emulator.capture.recording import Recording
    from emulator.capture.writer import Run
    from emulator.certificate_slots import Certificates
    from emulator.dialogue import Awaited, DialogueLine
    from emulator.faces.faces import Way
    from firmware_model.breakdown import Breakdown
    from firmware_model.heap import Heap
    from firmware_model.module import Module
    from firmware_model.outside import Clock, Station
    from firmware_model.pins import Pins
    from firmware_model.storage.files import FileSystem
    from firmware_model.web.http_instance import HttpHindrance


_NOT_RUNNING: Final = "the emulator is not running; use it as 'async with Emulator() as emulator'"
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - a value in the log, nothing listens
_OPENING: Final = 0.05
"""Real seconds that a host may take to open the port: pyserial empties it once more when it is open already."""


class Emulator:
    """An SPWF04Sx behind a virtual serial port; an asynchronous context manager.

    ::

        async with Emulator(Settings(maps=["192.168.0.2=127.0.0.1"])) as emulator:
            print(emulator.port)
            await emulator.wait()
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Take the set-up; nothing is opened yet."""
        self.settings = settings or Settings()
        clock = clock_of(self.settings.time)
        began = wall_clock(clock)
        if isinstance(clock, InstantClock):
            self.timeline = Timeline(clock, now=clock.slept, began=began)
            self.timeline.subscribe(partial(_let_run_ahead, clock), UartReceived, SpiClocked, HostPresent)
        else:
            self.timeline = Timeline(clock, began=began)
        self.dialogue = Dialogue()
        """What host and module say to each other, line by line."""
        self.timeline.subscribe(self.dialogue, CommandReceived, Replied, Indicated)
        self.line = self._lay_line(clock)
        self.bus = None if self.settings.spi is None else Bus(self.timeline)
        """The SPI bus, where the module is strapped to one."""
        self.air = Air(self.settings.in_the_air, self.settings.joining)
        self.network = MachineNetwork(
            self.settings.address_map, lambda text: self.timeline.record(Note(text)), self.settings.names
        )
        self.recordings = Recordings(self.timeline, self.describe)
        """Files that the timeline is written to; begin and end them at any time."""
        self._entropy = SeededEntropy(self.settings.chosen_seed)
        self.faults = FaultPlan(self._entropy, self.timeline)
        """What is armed; change it at any time."""
        self.timeline.subscribe(self.faults.watch, CommandReceived, Replied, Indicated)
        self._clock = clock
        self._faces = Faces(self.line, self.settings.faces, lambda text: self.timeline.record(Note(text)))
        self._task: asyncio.Task[None] | None = None
        self.flash = FailingFlash(MemoryFlash())
        """The module's flash, to let its areas fail."""

    async def __aenter__(self) -> Self:
        """Open the faces; the module is made when it is first asked for, at the latest to be switched on.

        Raises OSError, FaceError.
        """
        settings = self.settings
        if settings.flash is not None:
            self.flash = FailingFlash(DirectoryFlash(settings.flash))
        self.faults.replace(settings.armed)
        try:
            self.recordings.begin(settings.recordings)
            await self._faces.open(None if self.bus is None else SpiFace(self.bus, self._drive_reset))
        except BaseException:
            self.recordings.end()
            raise
        self._task = asyncio.create_task(self._run(), name="emulator")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch the module off and take the faces away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.line.close()
        await self._faces.close()
        self.recordings.end()

    @cached_property
    def module(self) -> Module:
        """The module. Raises RuntimeError before the emulator is entered.

        Its firmware is loaded here and not before: a port that is ready a tenth of a second earlier is worth more
        to a test run than a module that waits for a host.
        """
        if not self._faces.ways:
            raise RuntimeError(_NOT_RUNNING)
        from emulator.faults.flash import FaultyFlash
        from emulator.faults.network import FaultyNetwork
        from emulator.faults.serial import FaultyUart
        from emulator.pages import application_files
        from emulator.surroundings.micropython import NoMicroPython, micropython_for
        from emulator.surroundings.mqtt import AiomqttProtocol
        from emulator.surroundings.recorded_network import RecordedNetwork
        from firmware_model.module import Module
        from firmware_model.outside import Outside

        no_python = self.settings.why_no_python
        flash = FaultyFlash(self.flash, self.faults)
        module = Module(
            Outside(
                uart=FaultyUart(self.line, self.faults, self._clock, self._entropy),
                network=RecordedNetwork(
                    FaultyNetwork(self.network, self.faults, self._clock), self.timeline, self._own_address
                ),
                air=self.air,
                clock=self._clock,
                flash=flash,
                entropy=self._entropy,
                timeline=self.timeline,
                mqtt=AiomqttProtocol(),
                micropython=NoMicroPython(no_python) if no_python else micropython_for(self.settings.python),
                spi=self.bus,
            ),
            self.settings.profile,
            identity=self.settings.identity,
            application_files=application_files(),
            faults=self.faults,
        )
        flash.cut_power = module.cut_power
        return module

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way in, the pty first. Raises RuntimeError while the emulator is not running."""
        if not self._faces.ways:
            raise RuntimeError(_NOT_RUNNING)
        return tuple(self._faces.ways)

    @property
    def urls(self) -> tuple[str, ...]:
        """Every way to the serial port by the name that ``serial.serial_for_url`` opens; a ``--port`` has none here."""
        return tuple(way.url for way in self.ways if way.kind not in ("spi", "port"))

    @property
    def url(self) -> str:
        """The first of :attr:`urls`: what ``serial.serial_for_url`` opens."""
        return self.urls[0]

    def inject(self, fault: str) -> None:
        """Arm a fault, ``network=refuse@times=1``; :attr:`faults` disarms it. Raises ValueError, see docs/faults.md."""
        self.faults.arm(fault)

    @property
    def port(self) -> str:
        """The serial port: the pty's link or device, without a pty what comes first instead. On SPI the bus."""
        return self.ways[0].url

    @property
    def device(self) -> str | None:
        """The pty's own name; None without a pty."""
        return self._faces.device

    @property
    def pins(self) -> Pins:
        """The module's pins, to drive and to watch."""
        return self.module.pins

    @property
    def files(self) -> FileSystem:
        """The module's volumes, to look at and to change as its commands do."""
        return self.module.files

    @property
    def heap(self) -> Heap:
        """The module's heap."""
        return self.module.heap

    @property
    def certificates(self) -> Certificates:
        """The module's certificate stores."""
        from emulator.certificate_slots import Certificates

        return Certificates(self.module)

    @property
    def state(self) -> State:
        """How the module is just now."""
        return state_of(self.module)

    @property
    def transcript(self) -> str:
        """The dialogue so far: ``> `` before what the host says, ``< `` before what the module says."""
        return str(self.dialogue)

    def capture(self, path: str | Path, *, secrets: bool = False) -> Recording:
        """Capture serial link and network into a pcapng file until the result's ``stop`` is called.

        With ``secrets`` it holds the keys of TLS connections: whoever has the file can read them. Raises OSError.
        """
        return self.recordings.capture(path, secrets=secrets)

    async def wait_for(self, awaited: Awaited, timeout: float | None = 10.0) -> DialogueLine:  # noqa: ASYNC109
        """Wait until the module says something: the begin of a line, a pattern, or an indication.

        Lines that it said since the last one waited for count too. ``timeout`` is in real seconds, None for no
        limit. Raises NotSaidError, a TimeoutError that quotes the last lines.
        """
        return await self.dialogue.wait_for(awaited, timeout)

    def press_reset(self) -> None:
        """Pull the module's reset line for an instant: whatever runs is cut off, and it boots."""
        self.module.reset()

    def station_joins(self, station: Station | str) -> None:
        """Let a device join the miniAP, now or as soon as it is up: ``02:A9:D2:A0:FF:A0`` or with ``=192.168.0.2``.

        Raises ValueError for a text that is no station.
        """
        self.air.station_joins(parse_station(station) if isinstance(station, str) else station)

    def map(self, entry: str) -> None:
        """Let an address of the module's network lead to this machine: ``192.168.0.2:443=127.0.0.1:8443``.

        Holds for connections from now on. Raises ValueError.
        """
        self.network.address_map.add(entry)

    def station_leaves(self, mac: str) -> None:
        """Take a device out of range."""
        self.air.station_leaves(mac.upper())

    def knock(self, port: int) -> Knock:
        """Try a TCP port of the module from its network, as who looks for open ports does.

        The port's place on this machine cannot tell: a closed one always refuses there, while the module does so
        only with ``ip_allow_port_scans``.
        """
        radio = self.module.radio
        if radio.address is None:
            return Knock.SILENT
        if self.network.listens_on(port):
            return Knock.OPEN
        return Knock.REFUSED if radio.settings.answer_probes else Knock.SILENT

    def break_down(self, breakdown: Breakdown) -> None:
        """Let the module's firmware break down: WIND 6, 8, 9 or 10, then the watchdog restarts it."""
        self.module.break_down(breakdown)

    @property
    def hindrances(self) -> frozenset[HttpHindrance]:
        """What keeps the module's HTTP client from working."""
        return frozenset(self.module.http_hindrances)

    def hinder(self, hindrance: HttpHindrance) -> None:
        """Keep the module's HTTP client from working until that is lifted: errors 80, 81, 82."""
        self.module.http_hindrances.add(hindrance)

    def lift(self, hindrance: HttpHindrance) -> None:
        """Take a hindrance away; an instance that was not given back stays taken until the next reset."""
        self.module.http_hindrances.discard(hindrance)

    async def wait(self) -> None:
        """Wait until the module ends, which it only does by an internal error; that error is raised here."""
        if self._task is not None:
            await asyncio.shield(self._task)

    def describe(self) -> Run:
        """What a recording says about this run."""
        from emulator.capture.writer import Run
        from firmware_model.tables.variables import VARIABLES

        settings = self.settings
        factory_mac = next(variable.default for variable in VARIABLES if variable.name == "nv_wifi_macaddr")
        return Run(
            version=VERSION,
            model=settings.model,
            firmware=settings.firmware,
            mac=settings.mac or factory_mac,
            seed=settings.chosen_seed,
            time=settings.time,
            faults=tuple(map(str, self.faults.armed)),
            began=self.timeline.began,
        )

    def _own_address(self, remote: str) -> str:
        """What the module is called towards an address: its link-local one towards IPv6."""
        from firmware_model.radio.state import link_local

        radio = self.module.radio
        if ":" in remote:
            return link_local(radio.settings.mac)
        return _NO_ADDRESS if radio.address is None else str(radio.address.interface.ip)

    def _lay_line(self, clock: Clock) -> Line:
        """Make the line; where nothing that the module does takes time, octets take none either."""
        settings = self.settings
        is_paced = settings.line == "paced" and not isinstance(clock, InstantClock)
        line = Line(self.timeline, clock if is_paced else None)
        if settings.reset != "none":
            line.wire_reset(settings.reset, lambda held: self.module.hold_reset(held=held))
        return line

    async def _run(self) -> None:
        module = self.module
        if self.settings.power_on == "open":
            await (self.line.host_opened() if self.bus is None else self.bus.host_seen.wait())
            if self.settings.time != "real":
                await asyncio.sleep(_OPENING)
        await module.run()

    def _drive_reset(self, high: bool) -> None:
        self.module.hold_reset(held=not high)


def _let_run_ahead(clock: InstantClock, _: Entry) -> None:
    """Let the module's time leap again whenever the host does something."""
    clock.stimulate()
