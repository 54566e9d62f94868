"""Receive buffers of bounded size: octets in order for TCP, whole datagrams for UDP."""

from __future__ import annotations

import asyncio
from collections import deque


class StreamBuffer:
    """Octets that were received and not yet read; whoever fills it waits for room first."""

    def __init__(self, capacity: int) -> None:
        """Hold at most ``capacity`` octets."""
        self._capacity = capacity
        self._octets = bytearray()
        self._taken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._octets)

    async def has_room(self, wanted: int) -> None:
        """Wait until ``wanted`` octets fit."""
        while self._capacity - len(self._octets) < wanted:
            self._taken.clear()
            await self._taken.wait()

    def put(self, octets: bytes) -> None:
        """Append octets."""
        self._octets += octets

    def take(self, limit: int) -> bytes:
        """Cut up to ``limit`` octets from the front."""
        octets = bytes(self._octets[:limit])
        del self._octets[: len(octets)]
        self._taken.set()
        return octets


class DatagramBuffer:
    """Datagrams that were received and not yet read; one that does not fit is refused."""

    def __init__(self, capacity: int) -> None:
        """Hold at most ``capacity`` octets in all datagrams together."""
        self._capacity = capacity
        self._datagrams: deque[bytes] = deque()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, datagram: bytes) -> bool:
        """Append a datagram; False when it does not fit."""
        if self._length + len(datagram) > self._capacity:
            return False
        self._datagrams.append(datagram)
        self._length += len(datagram)
        return True

    def take(self, limit: int) -> bytes:
        """Cut the oldest datagram; of a longer one than ``limit`` the rest is the next datagram (assumed)."""
        if not self._datagrams:
            return b""
        datagram = self._datagrams.popleft()
        if len(datagram) > limit:
            self._datagrams.appendleft(datagram[limit:])
        self._length -= min(limit, len(datagram))
        return datagram[:limit]
