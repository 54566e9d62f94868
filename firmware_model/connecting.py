"""Opens a TCP connection for any part, and tells the log how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.events import SocketFailed, SocketOpened
from firmware_model.outside import ResolverBusyError, ResolverFailedError
from firmware_model.tables.errors import Error

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.outside import Stream


async def connect(
    board: Board, host: str, port: int, *, uplink: bool, patience: float, local_port: int | None = None
) -> Stream:
    """Open a connection within ``patience`` seconds. Raises NameNotFoundError, TimeoutError or another OSError."""
    outside = board.outside
    try:
        async with outside.clock.timeout(patience):
            stream = await outside.network.connect(host, port, uplink=uplink, local_port=local_port)
    except OSError as failure:
        reason = failure.strerror or str(failure) or "no answer to the connection request"
        outside.timeline.record(SocketFailed(host, port, reason))
        raise
    outside.timeline.record(SocketOpened(host, port, stream.number))
    return stream


def name_error(failure: OSError) -> Error:
    """The error of a command whose host has no address: 63, 64 or 65."""
    match failure:
        case ResolverBusyError():
            return Error.DNS_BUSY
        case ResolverFailedError():
            return Error.DNS_START_FAILED
    return Error.DNS_ADDRESS_FAILURE
