"""The slots of the TLSCERT store and what each takes."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.outside import Flash
    from firmware_model.storage.files import FileSystem


class Slot(StrEnum):
    """A slot of the store, spelled as in ``AT+S.TLSCERT=<slot>``."""

    CA = "ca"
    CERT = "cert"
    KEY = "key"
    AUTH = "auth"


STORE: Final = "tls"
"""Where the slots of TLSCERT are in flash."""
FILES: Final[Mapping[Slot, str]] = MappingProxyType({Slot.CERT: "tls.cert", Slot.KEY: "tls.key"})
"""The files that stand in for empty slots (T2, T7; that of the key is assumed)."""
KEY_ID_SIZE: Final = 20
"""Octets of a key identifier (T1, C1)."""

LIMITS: Final[Mapping[Slot, int]] = MappingProxyType(
    {Slot.CA: 2560, Slot.CERT: 1475, Slot.KEY: 1475, Slot.AUTH: KEY_ID_SIZE}
)
"""The most octets a slot takes; 1475 for the bundle is ST's answer in T2, those of ca and key are assumed."""


def area(folder: str, slot: Slot) -> str:
    """Where the content of a slot is in flash."""
    return f"{folder}/{slot}"


def may_have_identity(flash: Flash, files: FileSystem) -> bool:
    """Whether the module may have a certificate and a key of its own: both are there, good or not.

    Looking into them takes time and modules that few ever need. Raises OSError from the flash.
    """
    return all(
        flash.load(area(STORE, slot)) is not None or files.find(name) is not None for slot, name in FILES.items()
    )
