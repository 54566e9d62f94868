"""The module: power on, boot, console, reset; owner of the parts that commands act on."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final

from firmware_model.board import Board
from firmware_model.commands import commands_by_spelling
from firmware_model.console.console import Console
from firmware_model.counters import Counters
from firmware_model.events import PoweredOn
from firmware_model.heap import Heap
from firmware_model.profile import FIRMWARE_1_1_0, FirmwareProfile
from firmware_model.radio.radio import Radio
from firmware_model.status import StatusReport
from firmware_model.storage.configuration import Configuration, LoadResult
from firmware_model.storage.files import FileSystem
from firmware_model.system_time import SystemTime
from firmware_model.tables.indications import Indication
from firmware_model.tls.faults import TlsFaults
from firmware_model.web.http_client import HttpClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.outside import Outside, Stream
    from firmware_model.tls.client import TlsClient, TlsStream
    from firmware_model.tls.credentials import CredentialStore

_WATCHDOG: Final = "20"
"""Seconds in WIND 3 (log)."""
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
        faults: TlsFaults | None = None,
    ) -> None:
        self.outside = outside
        self.profile = profile
        self.faults = faults or TlsFaults()
        self.counters = Counters(outside.flash)
        self.time = SystemTime(outside.clock)
        self.configuration = Configuration(outside.flash, outside.timeline, identity=identity or {})
        self.restarts = 0
        """Resets since power-on."""
        self._loaded = self.configuration.load()
        self.files = FileSystem(
            outside.flash,
            outside.timeline,
            self.configuration,
            application_files or {},
            _EXTERNAL_MEMORY.get(self.configuration.get("nv_model"), 0),
        )
        self._reset = asyncio.Event()
        self._make_volatile_parts()

    @cached_property
    def credentials(self) -> CredentialStore:
        """The certificate store; it and the TLS client are made when first used, for a fast start."""
        from firmware_model.tls.credentials import CredentialStore

        return CredentialStore(self.outside.flash, self.outside.timeline)

    @cached_property
    def tls(self) -> TlsClient:
        """The TLS client."""
        from firmware_model.tls.client import TlsClient

        outside = self.outside
        return TlsClient(
            self.credentials, self.faults, self.profile.tls, outside.entropy, outside.timeline, self.time.now
        )

    def _secure(self, stream: Stream, host: str) -> TlsStream:
        return self.tls.connect(stream, host)

    def _make_volatile_parts(self) -> None:
        outside = self.outside
        self.started_at = outside.clock.monotonic()
        self.heap = Heap(self.profile.heap - 1024 * self.configuration.integer("ramdisk_memsize"))
        self.board = Board(outside, self.profile, self.configuration, self.heap, self.indicate)
        self.radio = Radio(self.board)
        self.http = HttpClient(self.board, self.radio, self._secure)
        self.status = StatusReport(self)
        self.console = Console(self.board, self.radio, self, commands_by_spelling())

    async def run(self) -> None:
        """Power on and serve until cancelled; each reset boots anew."""
        reason = "power-on"
        while True:
            self.outside.timeline.record(PoweredOn(reason))
            self._reset.clear()
            life = asyncio.create_task(self._live(), name="module")
            reset = asyncio.create_task(self._reset.wait(), name="reset line")
            try:
                done, _ = await asyncio.wait((life, reset), return_when=asyncio.FIRST_COMPLETED)
                if life in done:
                    life.result()
            finally:
                life.cancel()
                reset.cancel()
                await asyncio.gather(life, reset, return_exceptions=True)
                await self.radio.close()
            self._restart()
            reason = "reset"

    def reset(self) -> None:
        """Pull the reset line: whatever runs is cut off, the module boots as from power-on (F-FWU)."""
        self._reset.set()

    def indicate(self, indication: Indication, *fields: str) -> None:
        """Raise an indication towards the host."""
        self.console.indicate(indication, *fields)

    def note(self, text: str) -> None:
        """Explain something in the log; the host sees nothing."""
        self.board.note(text)

    def _restart(self) -> None:
        self.restarts += 1
        self.counters.count_reset()
        self._loaded = self.configuration.load()
        self.files.reset()
        self._make_volatile_parts()

    async def _live(self) -> None:
        clock, durations = self.outside.clock, self.profile.durations
        await clock.sleep(durations.power_on)
        self.indicate(Indication.POWERON, self.profile.build)
        self.indicate(Indication.COPYRIGHT, self.configuration.get("nv_model"))
        if self._loaded is LoadResult.DAMAGED:
            self.indicate(Indication.FACTORY_RESET, "1")
        await clock.sleep(durations.console)
        self.indicate(Indication.CONSOLE_ACTIVE)
        self.indicate(Indication.WATCHDOG_RUNNING, _WATCHDOG)
        self.radio.start()
        await self.console.run()
