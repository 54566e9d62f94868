"""What the commands that open a connection print meanwhile."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from firmware_model.commands.handshake import handshake_line
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.failures import CertificateError
from firmware_model.websocket.slots import Opened

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from firmware_model.console.declaration import Replies
    from firmware_model.tls.progress import Progress


async def announce(opening: AsyncGenerator[Progress | Opened, None]) -> Replies:
    """Print the lines of the TLS handshake, then ``AT-S.On:<id>``.

    A refused certificate ends in ``AT-S.Certificate Error:<n>`` and error 74 (the latter assumed).
    """
    try:
        async with aclosing(opening) as steps:
            async for step in steps:
                yield replies.ON(step.number) if isinstance(step, Opened) else handshake_line(step)
    except CertificateError as failure:
        yield replies.CERTIFICATE_ERROR(failure.number)
        raise AtError(Error.SOCKET_OPEN_FAILED) from failure
