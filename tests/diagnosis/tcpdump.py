"""A capture by tcpdump: somebody else's, on a real interface."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REQUIRE_PEERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MARK = b"the end of the capture"
_PATIENCE = 60.0


class Tcpdump:
    """What was captured so far; :meth:`octets` waits until all that was sent before is in it."""

    def __init__(self, process: asyncio.subprocess.Process, marker: socket.socket) -> None:
        self._process = process
        self._marker = marker
        self._octets = b""

    async def octets(self) -> bytes:
        """Return the capture as a file, with all packets until now."""
        self._marker.sendto(_MARK, self._marker.getsockname())
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE):
            while _MARK not in self._octets:
                octets = await self._process.stdout.read(1 << 16)
                assert octets, "tcpdump has ended"
                self._octets += octets
        return self._octets


@asynccontextmanager
async def tcpdump(*ports: int) -> AsyncIterator[Tcpdump]:
    """Capture what goes over loopback to and from TCP ports; skip where that is not allowed."""
    marker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    marker.bind(("127.0.0.1", 0))
    wanted = " or ".join([f"udp port {marker.getsockname()[1]}", *(f"tcp port {port}" for port in ports)])
    options = ("-i", "lo", "-U", "--immediate-mode", "-B", "8192", "-s", "0", "-w", "-")
    process = await asyncio.create_subprocess_exec("tcpdump", *options, wanted, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    try:
        assert process.stderr is not None
        words = b""
        async with asyncio.timeout(_PATIENCE):
            while b"listening on" not in words:
                line = await process.stderr.readline()
                words += line
                if not line:
                    _give_up(words)
        yield Tcpdump(process, marker)
    finally:
        marker.close()
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


def _give_up(words: bytes) -> None:
    text = f"tcpdump may not capture: {words.decode(errors='replace').strip()}"
    if os.environ.get(REQUIRE_PEERS) == "1":
        pytest.fail(text)
    pytest.skip(text)
