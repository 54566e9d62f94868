"""The serial line between one face and the module's UART."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from emulator.capture.timeline import HostPresent, UartReceived, UartSent

if TYPE_CHECKING:
    from firmware_model.outside import Timeline

_RECEIVE_LIMIT: Final = 65536
"""Octets that wait for a busy module before the face is told to stop reading."""


class Face(Protocol):
    """One way for a host to reach the line."""

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host; lost when there is none."""
        ...

    async def drain(self) -> None:
        """Wait until the queue is short enough to go on, or the host is gone."""
        ...

    def pause(self) -> None:
        """Stop reading from the host."""
        ...

    def resume(self) -> None:
        """Go on reading from the host."""
        ...


class Line:
    """Implements the module's UART on top of a face; every octet passes here and is recorded once."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._face: Face | None = None
        self._received = bytearray()
        self._arrival: asyncio.Future[None] | None = None
        self.host_seen = asyncio.Event()
        """Set when a host has opened the port for the first time."""

    def attach(self, face: Face) -> None:
        """Connect the face."""
        self._face = face

    def receive(self, octets: bytes) -> None:
        """Take octets from the host (called by the face)."""
        self._timeline.record(UartReceived(octets))
        self._received += octets
        if self._face is not None and len(self._received) >= _RECEIVE_LIMIT:
            self._face.pause()
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def host_changed(self, *, present: bool) -> None:
        """Note that the host opened or closed the port (called by the face)."""
        self._timeline.record(HostPresent(present))
        if present:
            self.host_seen.set()

    async def read(self) -> bytes:
        """Wait for the next octets from the host."""
        while not self._received:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        octets = bytes(self._received)
        self._received.clear()
        if self._face is not None and len(octets) >= _RECEIVE_LIMIT:
            self._face.resume()
        return octets

    def write(self, data: bytes) -> None:
        """Send octets to the host."""
        if self._face is not None:
            self._face.send(data)
        self._timeline.record(UartSent(data))

    async def drain(self) -> None:
        """Wait until the host has taken enough."""
        if self._face is not None:
            await self._face.drain()
