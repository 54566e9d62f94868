"""Whether the other end of a TCP connection is still there: a host that lost its power says no farewell."""

from __future__ import annotations

import socket
import struct
import sys
from contextlib import suppress
from typing import Final

IDLE: Final = 10
"""Seconds of silence after which the system begins to ask whether the other end is there."""
INTERVAL: Final = 5
"""Seconds from one question to the next."""
QUESTIONS: Final = 3
"""Unanswered questions after which the connection is given up."""

_TCP_INFO: Final = struct.Struct("=24xI28xI")
"""Octets that wait for an acknowledgement, and milliseconds since the last one, in Linux's struct tcp_info."""


def keep_alive(connection: socket.socket, *, idle: int = IDLE, interval: int = INTERVAL) -> None:
    """Let the system notice within half a minute that the other end of a silent connection is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", idle),
        ("TCP_KEEPALIVE", idle),
        ("TCP_KEEPINTVL", interval),
        ("TCP_KEEPCNT", QUESTIONS),
    ):
        # What a system does not know it does not have: macOS says KEEPALIVE where others say KEEPIDLE.
        if hasattr(socket, name):
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def is_lost(connection: socket.socket, patience: float = IDLE) -> bool:
    """Whether what was sent has had no acknowledgement for ``patience`` seconds; False where nobody can tell.

    The system itself asks nothing while it repeats what was not acknowledged, and it does so for a quarter of an
    hour. A host that is there but does not read does acknowledge.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        octets = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except OSError:
        return False
    unacknowledged, silent = _TCP_INFO.unpack(octets)
    return bool(unacknowledged) and silent >= 1000 * patience
