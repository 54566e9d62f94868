"""What the module's UART has received and its firmware has not read yet."""

from __future__ import annotations

import asyncio
from typing import Final

CAPACITY: Final = 8192
"""Octets. Assumed: twice the longest piece of data that a known driver sends at once (XC), so that none loses any."""
_NEARLY_FULL: Final = CAPACITY * 3 // 4
"""Where the module lets the host wait, if it can (assumed)."""


class ReceiveBuffer:
    """A buffer that one reader empties as a whole."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._arrival: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """How many octets wait."""
        return len(self._octets)

    @property
    def is_nearly_full(self) -> bool:
        """Whether the sender should wait."""
        return len(self._octets) >= _NEARLY_FULL

    @property
    def room(self) -> int:
        """How many octets fit in; what does not is for the caller to lose, or to keep all the same."""
        return max(0, CAPACITY - len(self._octets))

    def put(self, octets: bytes) -> None:
        """Append octets and wake the reader."""
        self._octets += octets
        if octets and self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    async def wait(self) -> None:
        """Wait until there is something to take."""
        while not self._octets:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival

    def take(self) -> bytes:
        """Cut everything."""
        octets = bytes(self._octets)
        self._octets.clear()
        return octets
