"""Wi-Fi: the radio's switch, scanning, the network's name, peers, WPS, the address anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.commands.files import FileName
from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import Integer, Keyword, Switch, Text, Word
from firmware_model.console.rendering import PlainLine
from firmware_model.radio.scanner import Filter, network_line
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver, log

if TYPE_CHECKING:
    from firmware_model.module import Module

_PIN: Final = re.compile(r"[0-9]{8}")
_LinkNumber = Annotated[int, Integer(0, 255)]


@command("WIFI", spi_id=0x32, source=log("F-AP, F-SPI3"))
async def switch_radio(module: Module, on: Switch) -> None:
    """Switch the radio on (1) or off (0)."""
    if on:
        module.radio.start()
    else:
        await module.radio.stop()


@command("SCAN", spi_id=0x33, source=driver("MBED, XC-GLOB"))
async def scan(
    module: Module, kind: Annotated[Filter, Keyword(("d", "s", "m"))] = "d", filename: FileName = ""
) -> Replies:
    """Show the networks in the air: d all, s one for each SSID, m one for each MAC."""
    if filename:
        module.files.resolve(filename)
    networks = await module.radio.scanner.survey(kind)
    lines = [network_line(number, network) for number, network in enumerate(networks, 1)]
    yield replies.PARSING_NETWORKS(len(networks))
    if filename:
        module.files.write(filename, "".join(f"{line}\r\n" for line in lines).encode("latin-1"), append=False)
        return
    for line in lines:
        yield PlainLine(line)


@command("SSIDTXT", spi_id=0x34, source=log("F-AP"))
async def ssid(module: Module, name: Annotated[str, Text(32)] = "") -> Replies:
    """Set the SSID as text, or show it."""
    if name:
        module.configuration.set_ssid(name)
    else:
        yield replies.SSID(module.configuration.ssid)


@command("PEERS", spi_id=0x35, source=driver("MBED"))
async def show_peers(module: Module, number: _LinkNumber | None = None, variable: Word = "") -> Replies:
    """Show the variables of the peers: the access point, or the stations of the miniAP."""
    for name, value in module.radio.peers.select(number, variable):
        yield replies.VAR(f"{name}={value}")


@command("WPS", spi_id=0x36, source=driver("XC-CMD"))
async def join_by_wps(module: Module, pin: Word = "") -> None:
    """Join an access point by WPS: with a PIN of 8 digits, that of wifi_wps_pin, or by the push button."""
    if pin and not _PIN.fullmatch(pin):
        raise AtError(Error.PIN_NEEDS_8_DIGITS)
    await module.radio.begin_protected_setup(pin or module.configuration.get("wifi_wps_pin"))


@command("RENEW", spi_id=0x37, source=driver("XC-CMD"))
async def renew_address(module: Module) -> None:
    """Renew the address that DHCP gave."""
    await module.radio.renew_address()
