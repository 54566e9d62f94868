"""What lies behind a socket id: the octets that wait for the host, and the way to the peer.

::

            peer sends              host reads              host closes
    CONNECTED ---> octets wait ---> none wait ------------------> (free)
        |                                                           ^
        +--- peer closes, connection fails: WIND 58 or 62 ---> GONE |
                                  (what waits can still be read) ---+

The peer's going never frees the id; only the host does (MBED).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.faults import FaultPoint
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.faults import BY_NAME
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from contextlib import ExitStack

    from firmware_model.board import Board
    from firmware_model.outside import Address

_NO_WIND_55: Final = BY_NAME["module=no-wind-55"]
_LATE_WIND_55: Final = BY_NAME["module=late-wind-55"]
_STAYS_OPEN: Final = BY_NAME["module=socket-stays-open"]


class Kind(StrEnum):
    """The kinds of a socket as SOCKON and SOCKDON spell them."""

    TCP = "t"
    UDP = "u"
    TLS = "s"
    ONE_WAY_TLS_SERVER = "s1"
    MUTUAL_TLS_SERVER = "s2"

    @property
    def is_tls(self) -> bool:
        """Whether TLS lies on the TCP connection."""
        return self.value.startswith("s")

    @property
    def heap(self) -> int:
        """Octets of heap that a socket or a server's client holds (assumed)."""
        return 14_000 if self.is_tls else 1_000


class Reason(IntEnum):
    """The last field of WIND 58 and 62; the numbers are assumed."""

    CLOSED_BY_PEER = 0
    FAILED = 1
    """Reset by the peer, damaged by TLS, or given up because the peer took no more data."""
    NETWORK_LOST = 2


class Name(NamedTuple):
    """How indications and lists name a channel; the server's id is empty for a client socket (log EMB)."""

    server: str
    client: str


class Channel(ABC):
    """One conversation with one peer."""

    def __init__(self, board: Board, name: Name, kind: Kind, remote: Address, memory: ExitStack) -> None:
        """Give ``memory`` back when closed."""
        self.name = name
        self.kind = kind
        self.remote = remote
        self.connected = True
        self._board = board
        self._memory = memory
        self._late: set[asyncio.Task[None]] = set()

    @property
    @abstractmethod
    def pending(self) -> int:
        """Octets that wait to be read."""

    @abstractmethod
    def read(self, limit: int) -> bytes:
        """Cut up to ``limit`` of the octets that wait; of a UDP socket those of one datagram."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises AtError 79."""

    @abstractmethod
    def lose_network(self) -> None:
        """Note that the radio is down."""

    async def close(self) -> None:
        """End it and free what it holds; never raises, may be called twice."""
        self.connected = False
        for telling in self._late:
            telling.cancel()
        self._memory.close()

    def require_connected(self) -> None:
        """Raise AtError 78 when the peer is gone."""
        if not self.connected:
            raise AtError(Error.SOCKET_NOT_CONNECTED)

    def require_nothing_pending(self) -> None:
        """Raise AtError 77 while octets wait to be read, or when a fault keeps the socket open."""
        due = self._board.faults.due(FaultPoint.MODULE, f"close {':'.join(self.name)}")
        if self.pending or any(fault is _STAYS_OPEN for fault, _ in due):
            raise AtError(Error.PENDING_DATA)

    def _announce(self, received: int) -> None:
        """Tell the host of octets that arrived, unless a fault has it otherwise."""
        fields = (*self.name, str(received), str(self.pending))
        due = self._board.faults.due(FaultPoint.MODULE, f"arrival {':'.join(self.name)}")
        if any(fault is _NO_WIND_55 for fault, _ in due):
            return
        late = sum(value or 0 for fault, value in due if fault is _LATE_WIND_55)
        if not late:
            self._board.indicate(Indication.PENDING_DATA, *fields)
            return
        telling = asyncio.create_task(self._tell_late(late / 1000, fields), name="late WIND 55")
        self._late.add(telling)
        telling.add_done_callback(self._late.discard)

    async def _tell_late(self, seconds: float, fields: tuple[str, ...]) -> None:
        await self._board.pass_time(seconds)
        self._board.indicate(Indication.PENDING_DATA, *fields)


def buffer_size(board: Board) -> int:
    """Octets that one channel's receive buffer holds: ``ip_sock_memsize`` kB (unit and meaning assumed)."""
    return board.configuration.integer("ip_sock_memsize") * 1024
