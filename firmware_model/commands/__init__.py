"""The commands, one file per chapter of the manual; a command is one decorated function."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from firmware_model.commands import (
    configuration,
    debug,
    files,
    internet,
    mail,
    mqtt,
    network,
    pins,
    power,
    python,
    security,
    sockets,
    system,
    tftp,
    updates,
    web,
    websocket,
    wifi,
)
from firmware_model.console.declaration import Command
from firmware_model.profile import FIRMWARE_1_1_0

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAPTERS: Final = (
    system,
    configuration,
    power,
    pins,
    files,
    security,
    wifi,
    network,
    sockets,
    tftp,
    mail,
    internet,
    mqtt,
    websocket,
    updates,
    web,
    python,
    debug,
)


@cache
def all_commands(version: str = FIRMWARE_1_1_0.version) -> tuple[Command, ...]:
    """Every command that this version of the firmware has, in the order of its SPI id."""
    declared = (item for chapter in CHAPTERS for item in vars(chapter).values() if isinstance(item, Command))
    return tuple(sorted((item for item in declared if item.is_in(version)), key=lambda command: command.spi_id))


@cache
def commands_by_spelling(version: str = FIRMWARE_1_1_0.version) -> Mapping[str, Command]:
    """The commands by what a host types before the equals sign, in upper case; hidden aliases included."""
    found = all_commands(version)
    spellings = {command.spelling: command for command in found}
    spellings |= {command.alias: command for command in found if command.alias}
    return MappingProxyType(spellings)


@cache
def commands_by_spi_id(version: str = FIRMWARE_1_1_0.version) -> Mapping[int, Command]:
    """The commands by their number on SPI."""
    return MappingProxyType({command.spi_id: command for command in all_commands(version)})
