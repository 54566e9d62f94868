"""Whether the other end of a TCP connection is still there: a host that lost its power says no farewell."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE: Final = 5
"""Seconds of silence after which the system begins to ask whether the other end is there."""
INTERVAL: Final = 2
"""Seconds from one question to the next, and from one look to the next."""
QUESTIONS: Final = 3
"""Unanswered questions after which the connection is given up."""
PATIENCE: Final = 10.0
"""Seconds without an acknowledgement after which the other end is taken to be gone."""

_TCP_INFO: Final = struct.Struct("=3xB20xI28xI")
"""In Linux's struct tcp_info: unanswered probes, unacknowledged packets, milliseconds since an acknowledgement."""
_ENDED: Final = (7, 8)
"""The states CLOSE and CLOSE_WAIT of Linux's TCP: the other end has reset the connection, or closed its half."""
_FEW_PROBES: Final = 1
"""As many as a host may leave unanswered that is there: the one that is on its way."""


def keep_alive(connection: socket.socket) -> None:
    """Let the system notice within a dozen seconds that the other end of a silent connection is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", IDLE),
        ("TCP_KEEPALIVE", IDLE),
        ("TCP_KEEPINTVL", INTERVAL),
        ("TCP_KEEPCNT", QUESTIONS),
    ):
        # What a system does not know it does not have: macOS says KEEPALIVE where others say KEEPIDLE.
        if hasattr(socket, name):
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def is_lost(connection: socket.socket) -> bool:
    """Whether what was sent has had no acknowledgement for :data:`PATIENCE` seconds; False where nobody can tell.

    The system does not ask while it has octets to send, and it tries to for a quarter of an hour. A host that is there
    but does not read does acknowledge that it has no room.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        octets = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except OSError:
        return False
    probes, unacknowledged, silent = _TCP_INFO.unpack(octets)
    return bool((unacknowledged or probes > _FEW_PROBES) and silent >= 1000 * PATIENCE)


def has_hung_up(connection: socket.socket) -> bool:
    """Whether the other end has said farewell, which is not noticed while nobody reads; False where nobody can tell."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in _ENDED
    except OSError:
        return False


class Pulse:
    """Looks from time to time whether the other end of a connection is still there."""

    def __init__(
        self, connection: socket.socket, lost: Callable[[], None], hung_up: Callable[[], None] = lambda: None
    ) -> None:
        """Call ``lost`` once it is not, unless :meth:`stop` comes first; within a running event loop.

        ``hung_up`` is called when it has said farewell, again and again until somebody has read that.
        """
        self._connection = connection
        self._hung_up = hung_up
        self._lost = lost
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)

    def _look(self) -> None:
        if is_lost(self._connection):
            self._lost()
            return
        if has_hung_up(self._connection):
            self._hung_up()
        self._wait()
