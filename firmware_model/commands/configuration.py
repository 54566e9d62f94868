"""Configuration variables: show, set, save, factory set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import Word
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver, log

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("GCFG", spi_id=0x09, source=log("F-AP"), alias="AT&V")
async def show_configuration(module: Module, variable: Word = "") -> Replies:
    """Show the configuration variables, or one of them."""
    items = [(variable.lower(), module.configuration.get(variable))] if variable else module.configuration.items()
    for name, value in items:
        yield replies.VAR(f"{name}={value}")


@command("SCFG", spi_id=0x0A, source=log("F-AP"))
async def set_variable(module: Module, variable: Word, value: Word = "") -> None:
    """Set a configuration variable in RAM."""
    try:
        module.configuration.set(variable, value)
    except AtError as failure:
        # Texts may be set to nothing; for anything else nothing is no value.
        if failure.error is Error.INVALID_ARGUMENTS and not value:
            raise AtError(Error.MISSING_ARGUMENTS) from failure
        raise


@command("WCFG", spi_id=0x0B, source=log("F-CFG"), alias="AT&W")
async def save_configuration(module: Module) -> None:
    """Save the configuration variables to flash."""
    module.configuration.save()


@command("FCFG", spi_id=0x0C, source=driver("GHI-DOC, MBED"), alias="AT&F")
async def restore_factory_configuration(module: Module) -> None:
    """Restore the factory configuration to flash; it is in force after the next reset."""
    module.configuration.factory_reset()
