"""The boot: what a module says and does between power-on or reset and the first command.

The order is that of the logs (F-FR, F-AP, F-CFG on the UART; PB, F-GHI, F-SPI1 on SPI)::

    7:10 on a strap mismatch, 1, 13, 68 after a standby, 65 when factory settings came back, 73 on a new layout,
    7:2 and a halt without heap, then 0 and 3 (on SPI 3 and 0), then the radio's 32
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from firmware_model.storage.configuration import LoadResult
from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.module import Module

WATCHDOG: Final = "20"
"""Seconds in WIND 3 (log)."""
_NO_RAM_DISK: Final = "2"
_STRAP_MISMATCH: Final = "10"
"""Fields of WIND 7 (log)."""


async def boot(module: Module, *, strapped: bool, resumed: bool) -> None:
    """Boot up to the console; ``strapped`` when GPIO0 has restored the factory set, ``resumed`` after a standby.

    Does not return when an update resets the module once more, or when there is no heap to go on with.
    """
    clock, durations = module.outside.clock, module.profile.durations
    await clock.sleep(durations.power_on)
    if module.firmware.waiting:
        await _update_firmware(module)
    _check_strap(module)
    module.indicate(Indication.POWERON, module.profile.build)
    module.indicate(Indication.COPYRIGHT, module.configuration.get("nv_model"))
    if resumed:
        module.indicate(Indication.RESUMING_FROM_STANDBY)
    _tell_of_configuration(module, strapped=strapped)
    await _check_memory(module)
    await clock.sleep(durations.console)
    _open_console(module)
    if module.radio.is_under_test:
        module.note("etf_mode is 1: there is no Wi-Fi until AT+S.SCFG=etf_mode,0, AT+S.WCFG and a reset")
    else:
        module.radio.start()
    await module.python.boot()


async def _update_firmware(module: Module) -> None:
    """Install the image that waits and reset once more, or return when it was good for nothing (F-FWU)."""
    await module.board.pass_time(module.profile.durations.firmware_update)
    if module.firmware.install(module.image_key):
        module.indicate(Indication.FIRMWARE_UPDATE)
        module.reset()
        await asyncio.get_running_loop().create_future()


def _check_strap(module: Module) -> None:
    """WIND 7:10 when ``console_enabled`` is not about the interface that the pin selects, which is used."""
    wants_spi = module.configuration.integer("console_enabled") == 0
    if wants_spi and not module.is_on_spi:
        module.note("console_enabled asks for SPI, but the interface pin is strapped to the UART, which is used")
    elif module.is_on_spi and not wants_spi:
        module.note("console_enabled asks for the UART, but the interface pin is strapped to SPI, which is used")
    else:
        return
    module.indicate(Indication.CONFIGURATION_FAILURE, _STRAP_MISMATCH)


def _tell_of_configuration(module: Module, *, strapped: bool) -> None:
    if strapped:
        module.indicate(Indication.FACTORY_RESET, "0")
    if module.loaded is LoadResult.DAMAGED:
        module.indicate(Indication.FACTORY_RESET, "1")
    if module.configuration.layout_changed:
        module.indicate(Indication.SYSTEM_CONFIGURATION_UPDATED)
        _rewrite_configuration(module)


def _rewrite_configuration(module: Module) -> None:
    """Save a set of another firmware in the layout of this one; a damaged one waits for the host (assumed)."""
    if module.loaded is LoadResult.STORED:
        try:
            module.configuration.save()
        except AtError:
            module.note("the configuration keeps its old layout: flash cannot be written")


async def _check_memory(module: Module) -> None:
    """WIND 7:2 when the RAM disk leaves no heap, and the boot halts."""
    if module.heap.free < 0:
        module.indicate(Indication.CONFIGURATION_FAILURE, _NO_RAM_DISK)
        module.note("the boot halts: ramdisk_memsize exceeds the memory; raise GPIO0 and reset for the factory's")
        await asyncio.get_running_loop().create_future()


def _open_console(module: Module) -> None:
    if module.is_on_spi and module.profile.spi.watchdog_first:
        module.indicate(Indication.WATCHDOG_RUNNING, WATCHDOG)
        module.indicate(Indication.CONSOLE_ACTIVE)
    else:
        module.indicate(Indication.CONSOLE_ACTIVE)
        module.indicate(Indication.WATCHDOG_RUNNING, WATCHDOG)
