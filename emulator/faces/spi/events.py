"""What passes on the SPI bus, as values for the timeline."""

from __future__ import annotations

from typing import NamedTuple

from firmware_model.events import shown


class SpiClocked(NamedTuple):
    """The master clocked octets out, and as many in."""

    sent: bytes
    received: bytes

    def __str__(self) -> str:
        return f"spi mosi {shown(self.sent)} miso {shown(self.received)}"


class InterruptLine(NamedTuple):
    """The module drove the interrupt line to a level, 0 or 1."""

    level: int

    def __str__(self) -> str:
        return f"spi interrupt line goes {'high' if self.level else 'low'}"
