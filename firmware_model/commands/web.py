"""The web server: input for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.console.declaration import Data, command
from firmware_model.console.parameters import Integer
from firmware_model.tables.errors import Error
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module

LONGEST_INPUT: Final = 127
"""Octets (XC-IF: fewer than 128)."""
_Length = Annotated[int, Integer(1, LONGEST_INPUT, above=Error.ARGUMENT_TOO_LARGE)]


@command("INPUTSSI", spi_id=0x59, source=driver("XC-IF"))
async def fill_page(module: Module, length: _Length, data: Data) -> None:
    """Give the page that asked by WIND 56 its tokens, separated by the first octet of the data."""
    module.web.input.require_page()
    await module.web.input.give(data.read(length))
