"""Certificates and keys for TLS and WPA-Enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import Integer, Keyword
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver, log
from firmware_model.tls.slots import LIMITS, Slot

if TYPE_CHECKING:
    from firmware_model.module import Module
    from firmware_model.tls.credentials import CredentialStore

_LIST: Final = 1
_CLEAN: Final = 2
_Item = Annotated[str, Keyword((*(slot.value for slot in Slot), "content"))]
_Number = Annotated[int, Integer(1, 0xFFFF)]


@command("WPAECERT", spi_id=0x2A, source=driver("XC-CMD"))
async def enterprise_certificates(module: Module, item: _Item, number: _Number, data: Data) -> Replies:
    """Store a WPA-Enterprise certificate or key of that many octets; content,1 lists them and content,2 clears them."""
    async for line in _keep(module, "WPAECERT", module.enterprise_credentials, item, number, data):
        yield line


@command("TLSCERT", spi_id=0x2B, source=log("F-TLS, T5"))
async def tls_certificates(module: Module, item: _Item, number: _Number, data: Data) -> Replies:
    """Store a TLS certificate or key of that many octets; content,1 lists them and content,2 clears them."""
    async for line in _keep(module, "TLSCERT", module.credentials, item, number, data):
        yield line


async def _keep(module: Module, name: str, store: CredentialStore, item: str, number: int, data: Data) -> Replies:
    try:
        if item == "content":
            for line in _content(store, number):
                yield line
            return
        slot = Slot(item)
        if number > LIMITS[slot]:
            module.note(f"{name}: slot '{slot}' holds at most {LIMITS[slot]} octets")
            raise AtError(Error.ARGUMENT_TOO_LARGE)
        key_id = store.store(slot, await data.read(number))
    except ValueError as failure:
        module.note(f"{name}: slot '{item}' is unchanged: {failure}")
        raise AtError(Error.INVALID_ARGUMENTS) from failure
    except OSError as failure:
        module.note(f"{name}: flash cannot be written: {failure}")
        raise AtError(Error.FLASH_WRITE_FAILED) from failure
    if key_id:
        yield replies.SUBJECT_KEY_ID(key_id)


def _content(store: CredentialStore, action: int) -> list[replies.Line]:
    if action == _LIST:
        try:
            return [replies.CONTENT(slot, length) for slot, length in store.contents()]
        except OSError as failure:
            raise AtError(Error.FLASH_READ_FAILED) from failure
    if action == _CLEAN:
        store.clean()
        return [replies.CLEAN()]
    raise AtError(Error.INVALID_ARGUMENTS)
