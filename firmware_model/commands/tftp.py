"""TFTP: fetch and send files."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from firmware_model.commands.files import FileName
from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import HostName, Port
from firmware_model.console.rendering import Raw
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("TFTPGET", spi_id=0x51, source=driver("XC-CONST"))
async def tftp_get(
    module: Module, hostname: HostName, port: Port, filename: FileName, output: FileName = ""
) -> Replies:
    """Fetch a file over TFTP; it goes to the console or to a file."""
    if output:
        module.files.resolve(output)
    first = True
    async with aclosing(module.tftp.get(hostname, port, filename)) as blocks:
        async for block in blocks:
            if output:
                # An older file is replaced, but not before the server has shown that it has the new one (assumed).
                module.files.write(output, block, append=not first)
                first = False
            else:
                yield Raw(block)


@command("TFTPPUT", spi_id=0x52, source=driver("XC-CONST"))
async def tftp_put(module: Module, hostname: HostName, port: Port, filename: FileName) -> None:
    """Send a file over TFTP."""
    _, name = module.files.resolve(filename)
    await module.tftp.put(hostname, port, name, module.files.read(filename))
