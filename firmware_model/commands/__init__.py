"""The commands, one file per chapter of the manual; a command is one decorated function."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from firmware_model.commands import configuration, files, internet, security, system, wifi
from firmware_model.console.declaration import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAPTERS: Final = (system, configuration, files, security, wifi, internet)


@cache
def all_commands() -> tuple[Command, ...]:
    """Every declared command, in the order of its chapter and of its SPI id there."""
    return tuple(
        sorted(
            (item for chapter in CHAPTERS for item in vars(chapter).values() if isinstance(item, Command)),
            key=lambda command: command.spi_id,
        )
    )


@cache
def commands_by_spelling() -> Mapping[str, Command]:
    """The commands by what a host types before the equals sign, in upper case; hidden aliases included."""
    spellings = {command.spelling: command for command in all_commands()}
    spellings |= {command.alias: command for command in all_commands() if command.alias}
    return MappingProxyType(spellings)
