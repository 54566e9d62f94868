"""Wi-Fi: the radio's switch and the network's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import Switch, Text
from firmware_model.tables import replies
from firmware_model.tables.sources import log

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("WIFI", spi_id=0x32, source=log("F-AP, F-SPI3"))
async def switch_radio(module: Module, on: Switch) -> None:
    """Switch the radio on (1) or off (0)."""
    if on:
        module.radio.start()
    else:
        await module.radio.stop()


@command("SSIDTXT", spi_id=0x34, source=log("F-AP"))
async def ssid(module: Module, name: Annotated[str, Text(32)] = "") -> Replies:
    """Set the SSID as text, or show it."""
    if name:
        module.configuration.set_ssid(name)
    else:
        yield replies.SSID(module.configuration.ssid)
