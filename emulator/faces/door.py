"""A TCP port at which hosts are awaited; every one that comes is a face of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.faces.endpoint import listen
from emulator.faces.face import FaceError
from emulator.faces.failure import reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.faces.endpoint import Endpoint
    from emulator.faces.face import HostEnd
    from emulator.faces.tcp import TcpFace


class Door:
    """One listening endpoint and the hosts that came by it."""

    def __init__(self, kind: type[TcpFace], line: HostEnd, company: set[TcpFace]) -> None:
        """Let hosts of this ``kind`` come to ``line``; ``company`` is shared by all doors of it."""
        self._kind = kind
        self._line = line
        self._company = company
        self._servers: Sequence[asyncio.Server] = ()
        self.url = ""
        """How pyserial names it, ``rfc2217://127.0.0.1:5000``."""

    async def open(self, endpoint: Endpoint) -> None:
        """Wait for hosts from now on. Raises FaceError."""
        try:
            opened, sockets = listen(endpoint)
        except OSError as failure:
            raise FaceError(f"cannot listen at {endpoint}: {reason(failure)}; choose another one") from failure
        self.url = f"{self._kind.SCHEME}://{opened.reachable_at}"
        loop = asyncio.get_running_loop()
        self._servers = [await loop.create_server(self._welcome, sock=listening) for listening in sockets]

    def close(self) -> None:
        """Let nobody in any more."""
        for server in self._servers:
            server.close()

    def _welcome(self) -> TcpFace:
        return self._kind(self._line, self.url, self._company)
