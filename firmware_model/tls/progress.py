"""What a handshake reports while it runs: the module prints these before the command's own reply."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from firmware_model.events import Event

IN_FLASH = 2
"""The second number of ``AT-S.Loading``: 2 in every log; "where from" is a guess, other values are unseen."""


class LoadedItem(IntEnum):
    """The first number of ``AT-S.Loading`` (logs F-TLS, F-SSL2)."""

    CA = 1
    CERTIFICATE = 2
    KEY = 3


@dataclass(frozen=True, slots=True)
class CaSkipped:
    """A certificate of the server's chain was not issued by the stored CA: ``AT-S.Skip CA``."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The module took something from its store: ``AT-S.Loading:<index>:<where>``."""

    index: int
    where: int = IN_FLASH


Progress = CaSkipped | Loaded

Journal = deque[Event | Progress]
"""What happened inside a worker thread, in order, for the event loop to pass on."""
