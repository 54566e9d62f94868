"""Puts the keys of a connection in front of the packets that they decrypt.

Wireshark reads a file once, from the front. As a client the module knows the keys before anything is encrypted. As a
server it learns them from a flight that already ends encrypted: the packets of that flight, and whatever follows, wait
for the few milliseconds until the keys are there or the connection goes on without them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.capture.traffic import TcpClosed, TcpData
from firmware_model.events import TlsMessage, TlsSecrets

if TYPE_CHECKING:
    from firmware_model.events import Event

_MOST: Final = 4096
"""Pieces that may wait."""


class _Piece(NamedTuple):
    octets: bytes
    waits_for: int | None
    """The connection whose keys have to come first."""


class SecretsFirst:
    """Holds pieces of a capture back where that is needed; their order stays."""

    def __init__(self) -> None:
        self._without_keys: set[int] = set()
        """Connections on which the module, as a server, has no keys yet."""
        self._held: deque[_Piece] = deque()

    def take(self, event: Event, octets: bytes) -> bytes:
        """What is to be written now that ``event`` has added ``octets``."""
        waits_for = None
        match event:
            case TlsMessage("sent", "ServerHello", _, connection):
                self._without_keys.add(connection)
            case TlsSecrets(connection=connection):
                self._without_keys.discard(connection)
                return octets + self._ready()
            case TcpData(connection=connection, direction="received") if connection in self._without_keys:
                waits_for = connection
            case TcpData(connection=connection) | TcpClosed(connection=connection):
                if any(piece.waits_for == connection for piece in self._held):
                    self._without_keys.discard(connection)  # it goes on without them: the handshake failed
        self._held.append(_Piece(octets, waits_for))
        return self.release() if len(self._held) > _MOST else self._ready()

    def release(self) -> bytes:
        """Everything that waits."""
        self._without_keys.clear()
        return self._ready()

    def _ready(self) -> bytes:
        ready = []
        while self._held and self._held[0].waits_for not in self._without_keys:
            ready.append(self._held.popleft().octets)
        return b"".join(ready)
