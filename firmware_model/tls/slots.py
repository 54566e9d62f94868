"""The slots of the TLSCERT store and what each takes."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Slot(StrEnum):
    """A slot of the store, spelled as in ``AT+S.TLSCERT=<slot>``."""

    CA = "ca"
    CERT = "cert"
    KEY = "key"
    AUTH = "auth"


KEY_ID_SIZE: Final = 20
"""Octets of a key identifier (T1, C1)."""

LIMITS: Final[Mapping[Slot, int]] = MappingProxyType(
    {Slot.CA: 2560, Slot.CERT: 1475, Slot.KEY: 1475, Slot.AUTH: KEY_ID_SIZE}
)
"""The most octets a slot takes; 1475 for the bundle is ST's answer in T2, those of ca and key are assumed."""
