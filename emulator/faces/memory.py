"""A face without a port, for tests in the same process."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.faces.line import Line


class MemoryFace:
    """The host's end as two methods: :meth:`write` and :meth:`read_until`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sent = bytearray()
        self._news = asyncio.Event()
        line.attach(self)
        line.host_changed(present=True)

    def write(self, octets: bytes) -> None:
        """Send octets to the module."""
        self._line.receive(octets)

    async def read_until(self, ending: bytes | re.Pattern[bytes]) -> bytes:
        """Wait for ``ending`` and cut everything up to and including it."""
        pattern = re.compile(re.escape(ending)) if isinstance(ending, bytes) else ending
        while (match := pattern.search(self._sent)) is None:
            self._news.clear()
            await self._news.wait()
        octets = bytes(self._sent[: match.end()])
        del self._sent[: len(octets)]
        return octets

    def take(self) -> bytes:
        """Cut everything that has arrived."""
        octets = bytes(self._sent)
        self._sent.clear()
        return octets

    def send(self, octets: bytes) -> None:
        """Queue octets from the module."""
        self._sent += octets
        self._news.set()

    async def drain(self) -> None:
        """Return at once: memory takes everything."""

    def pause(self) -> None:
        """Nothing to stop: the host's writes arrive by call."""

    def resume(self) -> None:
        """Nothing to start."""
