"""Opens a TCP connection for any part, and tells the log how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.events import SocketFailed, SocketOpened

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.outside import Stream


async def connect(board: Board, host: str, port: int, *, uplink: bool, patience: float) -> Stream:
    """Open a connection within ``patience`` seconds. Raises NameNotFoundError, TimeoutError or another OSError."""
    outside = board.outside
    try:
        async with outside.clock.timeout(patience):
            stream = await outside.network.connect(host, port, uplink=uplink)
    except OSError as failure:
        reason = failure.strerror or str(failure) or "no answer to the connection request"
        outside.timeline.record(SocketFailed(host, port, reason))
        raise
    outside.timeline.record(SocketOpened(host, port))
    return stream
