"""Doubles of what the module needs from outside, for every room's tests."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING, TypeVar

from firmware_model.events import Event
from firmware_model.outside import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

_Event = TypeVar("_Event", bound=Event)


class MemoryFlash:
    """Flash that forgets with the test; ``areas`` may be looked at, and handed to a second one."""

    def __init__(self, areas: Mapping[str, bytes] | None = None) -> None:
        self.areas = dict(areas or {})

    def load(self, area: str) -> bytes | None:
        return self.areas.get(area)

    def store(self, area: str, content: bytes) -> None:
        self.areas[area] = bytes(content)

    def erase(self, area: str) -> None:
        self.areas.pop(area, None)


class SeededRandom:
    """A reproducible stream of octets."""

    def __init__(self, seed: str | int) -> None:
        self._random = random.Random(seed)

    def octets(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)


class SeededEntropy:
    """One reproducible stream per purpose."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._streams: dict[str, SeededRandom] = {}

    def stream(self, purpose: str) -> SeededRandom:
        return self._streams.setdefault(purpose, SeededRandom(f"{self._seed} {purpose}"))


class RecordingTimeline:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[_Event]) -> list[_Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


class TcpStream:
    """A real TCP connection; what was received before a reset can still be read, as from a plain socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.closed = False

    @classmethod
    async def connect(cls, host: str, port: int) -> TcpStream:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @property
    def remote(self) -> Address:
        return Address(*self._socket.getpeername())

    async def read(self, limit: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._socket, limit)

    async def write(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def close(self) -> None:
        self.closed = True
        self._socket.close()
