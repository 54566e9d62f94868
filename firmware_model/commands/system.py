"""Utilities: the null command, help, reset, status and time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from firmware_model import commands
from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import Integer, Word
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver, log

if TYPE_CHECKING:
    from firmware_model.module import Module

_WEEKDAY: Final = "00"
"""The second field of the date; a Thursday was logged with 00 (T5), so it is taken as constant (assumed)."""


@command("", spi_id=0x01, source=driver("XC-CMD"))
async def null(_module: Module) -> None:
    """Do nothing."""


@command("HELP", spi_id=0x02, source=driver("XC-CMD"))
async def show_help(module: Module, name: Word = "") -> Replies:
    """Show the commands, or one of them."""
    wanted = name.upper().removeprefix("AT+S.")
    found = [item for item in commands.all_commands(module.profile.version) if not name or item.name == wanted]
    if not found:
        raise AtError(Error.COMMAND_NOT_FOUND)
    for item in found:
        yield replies.HELP(item.syntax, item.help)


@command("RESET", spi_id=0x03, source=driver("XC-IF, MBED; ROS waits for its answer on SPI"))
async def reset(module: Module) -> None:
    """Restart the module."""
    await module.console.take_leave()
    module.reset()
    await asyncio.get_running_loop().create_future()


@command("STS", spi_id=0x05, source=log("MBED, F-FR"))
async def show_status(module: Module, variable: Word = "") -> Replies:
    """Show the status variables, or one of them."""
    for name, value in module.status.select(variable):
        yield replies.VAR(f"{name}={value}")


@command("RANDOM", spi_id=0x12, source=driver("XC-CMD"))
async def draw_random_number(module: Module) -> Replies:
    """Show a random number of 32 bits."""
    yield replies.RANDOM(module.random_number())


@command("TIME", spi_id=0x11, source=driver("ROS, XC-CONST"))
async def time(module: Module, seconds: Annotated[int, Integer(1, 0xFFFFFFFF)] | None = None) -> Replies:
    """Set the time in seconds since 1970, or show it."""
    if seconds is not None:
        module.time.set(seconds)
        return
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(module.time.now(), UTC)
    yield replies.DATE(f"{now:%y.%m.%d}", _WEEKDAY)
    yield replies.TIME(f"{now:%H.%M.%S}")
