"""Power modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.console.declaration import command
from firmware_model.console.parameters import Integer
from firmware_model.power import PowerMode
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("PMS", spi_id=0x04, source=driver("XC-CMD, XC-IF"))
async def set_power_mode(module: Module, mode: Annotated[int, Integer(0, 3)]) -> None:
    """Set the power mode: 0 active, 1 power save, 2 deep sleep, 3 standby."""
    module.power.set(PowerMode(mode), module.radio.state)
