"""The module: power on, boot, console, reset; owner of the parts that commands act on."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from firmware_model.board import Board
from firmware_model.boot import WATCHDOG, boot
from firmware_model.breakdown import Breakdown, StartReason
from firmware_model.commands import commands_by_spelling, commands_by_spi_id
from firmware_model.console.console import Console
from firmware_model.console.uart import UartDialect
from firmware_model.counters import Counters
from firmware_model.events import PoweredOn
from firmware_model.faults import NoFaults
from firmware_model.heap import Heap
from firmware_model.led import Led
from firmware_model.mail.client import MailClient
from firmware_model.mdns.responder import MdnsResponder
from firmware_model.mqtt import MqttClient
from firmware_model.ntp import NtpClient
from firmware_model.outside import UartSettings
from firmware_model.ping import Pinger
from firmware_model.pins import Pins
from firmware_model.power import ConsoleUart, Power
from firmware_model.profile import FIRMWARE_1_1_0, FirmwareProfile
from firmware_model.python import Python
from firmware_model.radio.enterprise import EnterpriseAccess
from firmware_model.radio.radio import Radio
from firmware_model.radio.radio_network import RadioNetwork
from firmware_model.sockets.client_sockets import ClientSockets
from firmware_model.sockets.server_sockets import ServerSockets
from firmware_model.statistics import NetworkStatistics
from firmware_model.status import StatusReport
from firmware_model.storage.configuration import Configuration
from firmware_model.storage.files import FileSystem
from firmware_model.system_time import SystemTime
from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication
from firmware_model.tables.pins import Role
from firmware_model.tftp.client import TftpClient
from firmware_model.tftp.server import TftpServer
from firmware_model.updates.firmware import FirmwareFlash
from firmware_model.web.captive import CaptiveNames
from firmware_model.web.http_client import HttpClient
from firmware_model.web.server import WebServer
from firmware_model.websocket.connector import Connector
from firmware_model.websocket.slots import Slots
from firmware_model.websocket.web_sockets import WebSockets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.console.dialect import Dialect
    from firmware_model.console.spi_slave import SpiSlave
    from firmware_model.faults import Faults
    from firmware_model.outside import Outside, Stream
    from firmware_model.tls.client import TlsClient, TlsStream
    from firmware_model.tls.credentials import CredentialStore
    from firmware_model.tls.server import TlsServer
    from firmware_model.web.device import Device
    from firmware_model.web.http_instance import HttpHindrance

_EXTERNAL_MEMORY: Final = {"SPWF04SC": 8 * 1024 * 1024}
"""Octets of serial flash beside the processor (STPKG: MX25L6433F); the SPWF04SA has none."""


class Module:
    """One SPWF04SA or SPWF04SC.

    ``identity`` overrides factory data (``nv_model``, ``nv_serial``, ``nv_wifi_macaddr``). What survives a reset
    (flash, time, files on flash, faults) is made once; what does not (console, radio, RAM disk) at every boot.
    """

    def __init__(
        self,
        outside: Outside,
        profile: FirmwareProfile = FIRMWARE_1_1_0,
        *,
        identity: Mapping[str, str] | None = None,
        application_files: Mapping[str, bytes] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.outside = outside
        self.firmware = FirmwareFlash(outside.flash, outside.timeline, profile)
        self.profile = self.firmware.running()
        self.faults = faults or NoFaults()
        self.counters = Counters(outside.flash)
        self.time = SystemTime(outside.clock)
        self.configuration = Configuration(
            outside.flash, outside.timeline, identity=identity or {}, firmware=self.profile
        )
        self.restarts = 0
        """Resets since power-on."""
        self.start_reason = StartReason.POWER
        """Why the module started last."""
        self.http_hindrances: set[HttpHindrance] = set()
        """What keeps the HTTP client from working."""
        self._broken_down = self._spoke_last = self._power_cut = False
        self.loaded = self.configuration.load()
        """How the configuration was found in flash at the last start."""
        self.files = FileSystem(
            outside.flash,
            outside.timeline,
            self.configuration,
            application_files or {},
            _EXTERNAL_MEMORY.get(self.configuration.get("nv_model"), 0),
            sd_card_first=self.profile.sd_card_first,
        )
        self.pins = Pins(
            self.profile.gpio_count,
            self.configuration,
            outside.timeline,
            outside.clock,
            self.indicate,
            spi_console=outside.spi is not None,
        )
        self.led = Led(self.configuration, self.pins)
        self._spi = self._make_spi_slave()
        self.power = Power(outside, self.configuration, self.pins, self.led, self.indicate, self._spi)
        self._reset = asyncio.Event()
        self._may_run = asyncio.Event()
        self._may_run.set()
        self._make_volatile_parts()

    @cached_property
    def credentials(self) -> CredentialStore:
        """The certificate store; it and the TLS client are made when first used, for a fast start."""
        from firmware_model.tls.credentials import CredentialStore

        return CredentialStore(self.outside.flash, self.outside.timeline, files=self.files)

    @cached_property
    def enterprise_credentials(self) -> CredentialStore:
        """The certificate store of WPA-Enterprise."""
        from firmware_model.tls.credentials import CredentialStore

        return CredentialStore(self.outside.flash, self.outside.timeline, folder="wpae")

    @cached_property
    def tls(self) -> TlsClient:
        """The TLS client."""
        from firmware_model.tls.client import TlsClient

        outside = self.outside
        return TlsClient(
            self.credentials, self.faults, self.profile.tls, outside.entropy, outside.timeline, self.time.now
        )

    @cached_property
    def tls_server(self) -> TlsServer:
        """The TLS server."""
        from firmware_model.tls.server import TlsServer

        outside = self.outside
        return TlsServer(
            self.credentials, self.faults, self.profile.tls, outside.entropy, outside.timeline, self.time.now
        )

    def _secure(self, stream: Stream, host: str) -> TlsStream:
        return self.tls.connect(stream, host)

    def _make_device(self) -> Device:
        from firmware_model.web.device import Device

        return Device(self.configuration, self.status, self.radio, self.pins, self.power, self.time.now)

    def _make_volatile_parts(self) -> None:
        outside = self.outside
        self.started_at = outside.clock.monotonic()
        heap = self.profile.heap - 1024 * self.configuration.integer("ramdisk_memsize")
        self.heap = Heap(heap, lambda: self.indicate(Indication.LOW_MEMORY))
        self.power.idle = self.profile.durations.idle
        uart = ConsoleUart(outside.uart, self.power, lambda: self.console.at_rest)
        self.statistics = NetworkStatistics(outside.timeline)
        outside = outside._replace(uart=uart, timeline=self.statistics)
        self.board = Board(outside, self.profile, self.configuration, self.heap, self.indicate, self.faults)
        enterprise = EnterpriseAccess(lambda: self.enterprise_credentials, self.time.now)
        self.radio = Radio(self.board, enterprise, self.led.show)
        self.power.save = self.radio.save_power
        self.board = self.board._replace(
            outside=outside._replace(network=RadioNetwork(outside.network, self.radio.link))
        )
        self.sockets = ClientSockets(self.board, self.radio, lambda: self.tls)
        self.server_sockets = ServerSockets(self.board, self.radio, lambda: self.tls_server)
        self.http = HttpClient(self.board, self.radio, self._secure, self.http_hindrances)
        self.mail = MailClient(self.board, self.radio, self.time, self._secure)
        self.tftp = TftpClient(self.board, self.radio)
        self.tftp_server = TftpServer(self.board, self.radio, self.files)
        self.ntp = NtpClient(self.board, self.radio, self.time)
        self.pinger = Pinger(self.board, self.radio)
        slots, connector = Slots(), Connector(self.board, self.radio, lambda: self.tls)
        self.web_sockets = WebSockets(self.board, self.radio, connector, slots)
        self.mqtt = MqttClient(self.board, self.radio, connector, slots)
        self.python = Python(self.board, self.files)
        self.status = StatusReport(self)
        self.web = WebServer(
            self.board, self.radio, self.files, self._make_device, self.restart, lambda: self.tls_server
        )
        self.captive_names = CaptiveNames(self.board, self.radio)
        self.mdns = MdnsResponder(self.board, self.radio)
        self.console = Console(self.board, self._make_dialect(), self, self._hang)

    def _make_spi_slave(self) -> SpiSlave | None:
        """The end of the SPI bus, where the module is strapped to one."""
        if self.outside.spi is None:
            return None
        # Imported here because most modules are on the UART, and start-up time counts.
        from firmware_model.console.spi_slave import SpiSlave

        return SpiSlave(self.outside.spi, self.note)

    def _make_dialect(self) -> Dialect:
        version = self.profile.version
        if self._spi is None:
            return UartDialect(self.board, self.radio, commands_by_spelling(version))
        from firmware_model.console.spi import SpiDialect

        self._spi.reset()
        while_awake = partial(self.power.listen, at_rest=lambda: self.console.at_rest)
        return SpiDialect(self.board, self.radio, commands_by_spi_id(version), self._spi, while_awake)

    async def _close_volatile_parts(self) -> None:
        """Cut off whatever runs; what lies on top of the radio goes first."""
        for part in (
            self.mqtt,
            self.web_sockets,
            self.sockets,
            self.server_sockets,
            self.radio,
            self.tftp_server,
            self.ntp,
            self.web,
            self.python,
            self.captive_names,
            self.mdns,
        ):
            await part.close()

    @property
    def is_on_spi(self) -> bool:
        """Whether the interface pin straps the console to SPI."""
        return self._spi is not None

    @property
    def image_key(self) -> bytes:
        """The key of update images, 16 octets."""
        return bytes.fromhex(self.configuration.get("aes128_key").replace(":", ""))

    async def run(self) -> None:
        """Power on and serve until cancelled; each reset boots anew, and so does the end of a standby."""
        reason = "power-on"
        while True:
            await self._be_held()
            self.outside.timeline.record(PoweredOn(reason))
            self._reset.clear()
            strapped = self._restore_if_strapped()
            self._set_up_uart()
            life = asyncio.create_task(self._live(strapped=strapped, resumed=reason == "standby"), name="module")
            reset = asyncio.create_task(self._reset.wait(), name="reset line")
            standby = asyncio.create_task(self.power.standby_begins(), name="power switch")
            try:
                done, _ = await asyncio.wait((life, reset, standby), return_when=asyncio.FIRST_COMPLETED)
                if life in done:
                    life.result()
            finally:
                for task in (life, reset, standby):
                    task.cancel()
                await asyncio.gather(life, reset, standby, return_exceptions=True)
                await self._close_volatile_parts()
            if self._spoke_last:
                await self.console.flushed()
            reason = "reset"
            self.start_reason = StartReason.RESET
            if self._power_cut:
                reason = "power-on"
                self._forget_all()
            elif self._broken_down:
                reason = "watchdog"
                self.start_reason = StartReason.WATCHDOG
                self.counters.count_watchdog_reset()
            elif standby in done:
                reason = "standby"
                await self.power.stand_by(self._reset.wait())
            else:
                self.counters.count_reset()
            self._broken_down = self._spoke_last = self._power_cut = False
            self._restart()

    def random_number(self) -> int:
        """The random generator's next number, 32 bits."""
        return self.outside.entropy.stream("random number").below(2**32)

    def reset(self) -> None:
        """Pull the reset line: whatever runs is cut off, the module boots as from power-on (F-FWU)."""
        self._reset.set()

    def restart(self) -> None:
        """Restart because the firmware itself is to: WIND 2, even amid a reply, and the reset.

        GHI-U waits for WIND 2, but no log of RESET or of the reset line shows it; that it tells of a restart that
        the host did not ask for is assumed.
        """
        self._say_last(Indication.RESET)

    def hold_reset(self, *, held: bool) -> None:
        """Pull the reset line and keep it low, or let go of it: then the module boots."""
        if held:
            self._may_run.clear()
            self.reset()
        else:
            self._may_run.set()

    def cut_power(self) -> None:
        """Take the power away for an instant: not a word more, and everything but flash is forgotten."""
        self._power_cut = True
        self.console.fall_silent()
        self.outside.uart.shut_down()
        self.reset()

    def break_down(self, breakdown: Breakdown) -> None:
        """Let the firmware break down: its last word comes at once, even amid a reply, then the module restarts."""
        self._broken_down = True
        self._say_last(breakdown.value)

    async def _hang(self) -> None:
        """Do nothing any more until the watchdog has had enough; it does not return."""
        await self.board.pass_time(float(WATCHDOG))
        self.break_down(Breakdown.WATCHDOG)
        await asyncio.get_running_loop().create_future()

    def _forget_all(self) -> None:
        """Begin like a module that was without power: the time is gone, and so is the count of resets."""
        self.start_reason = StartReason.POWER
        self.counters.count_power_cycle()
        self.time = SystemTime(self.outside.clock)
        self.restarts = -1

    def _say_last(self, indication: Indication) -> None:
        self.console.cry_out(indication)
        self._spoke_last = True
        self.reset()

    def indicate(self, indication: Indication, *fields: str) -> None:
        """Raise an indication towards the host."""
        self.console.indicate(indication, *fields)

    def note(self, text: str) -> None:
        """Explain something in the log; the host sees nothing."""
        self.board.note(text)

    async def _be_held(self) -> None:
        """Do nothing as long as somebody holds the reset line."""
        if not self._may_run.is_set():
            self.outside.uart.shut_down()
            await self._may_run.wait()

    def _set_up_uart(self) -> None:
        """Run the UART as the configuration says that a reset has loaded (XC-IF)."""
        speed = self.configuration.integer("console_speed")
        flow_control = bool(self.configuration.integer("console_hwfc"))
        self.outside.uart.set_up(UartSettings(speed, flow_control))

    def _restart(self) -> None:
        self.restarts += 1
        self.pins.reset()
        self.power.reset()
        self._take_over(self.firmware.running())
        self.loaded = self.configuration.load()
        self.files.reset()
        self._make_volatile_parts()

    def _take_over(self, firmware: FirmwareProfile) -> None:
        """Be another firmware from here on, in the parts that outlive a reset."""
        self.profile = self.configuration.firmware = firmware
        self.files.sd_card_first = firmware.sd_card_first
        self.pins.fit(firmware.gpio_count)
        self.__dict__.pop("tls", None)
        self.__dict__.pop("tls_server", None)

    def _restore_if_strapped(self) -> bool:
        """Restore the factory configuration when GPIO0 is high at the start (F-CFG); the result says whether."""
        if not self.pins.level(Role.FACTORY_RESTORE):
            return False
        try:
            self.configuration.factory_reset()
        except AtError:
            self.note("GPIO0 asks for the factory configuration, but flash cannot be written: the old one stays")
        self.loaded = self.configuration.load()
        self.files.reset()
        self._make_volatile_parts()
        return True

    async def _live(self, *, strapped: bool, resumed: bool) -> None:
        await boot(self, strapped=strapped, resumed=resumed)
        await self.console.run()
