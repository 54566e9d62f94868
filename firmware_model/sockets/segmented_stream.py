"""TCP as the module's stack sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.outside import SEGMENT

if TYPE_CHECKING:
    from firmware_model.outside import Address, Stream


class SegmentedStream:
    """A TCP connection whose peer gets at most 730 octets at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        return self._stream.remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._stream.number

    async def read(self, limit: int) -> bytes:
        """Wait for 1..``limit`` octets; ``b""`` at the end of the stream. Raises OSError."""
        return await self._stream.read(limit)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``, segment by segment. Raises OSError."""
        for start in range(0, len(data), SEGMENT):
            await self._stream.write(data[start : start + SEGMENT])

    async def close(self) -> None:
        """Close both directions; never raises, may be called twice."""
        await self._stream.close()
