"""MicroPython."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from firmware_model.commands.files import FileName
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.rendering import Raw
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("PYTHON", spi_id=0x08, source=driver("XC-CMD, GHI"))
async def run_python(module: Module, filename: FileName = "", *, data: Data) -> Replies:
    """Run a MicroPython file, or the interactive prompt; Ctrl-D leaves that."""
    async with aclosing(module.python.run(data.read_some, filename)) as output:
        async for octets in output:
            yield Raw(octets)
