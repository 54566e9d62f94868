"""The host's end of a pty or a TCP connection, as thin as can be: what is measured is the other end."""

from __future__ import annotations

import os
import socket
import struct
import termios
import tty
from time import perf_counter
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scripts.benchmarks.processes import BenchmarkError

if TYPE_CHECKING:
    from types import TracebackType

_READ_SIZE = 65536
_SILENCE_SECONDS = 10
_VMIN_VTIME = (0, 10 * _SILENCE_SECONDS)
"""A read returns with what there is, or with nothing after ten seconds; the kernel waits, without a poll."""
_RECEIVE_TIMEOUT = struct.pack("@ll", _SILENCE_SECONDS, 0)
"""The same for a connection."""

_BINARY = b"\xff\xfb\x00\xff\xfd\x00"
"""IAC WILL BINARY, IAC DO BINARY."""

OK = b"AT-S.OK\r\n"
_ERROR = b"AT-S.ERROR"


class SerialPort:
    """A raw serial port with blocking reads; open while its context is.

    ``name`` is a device, or a URL with a host and a port. One of RFC 2217 is asked for binary, as every host does, and
    then read and written as it is: telnet has its say at first, and nothing that is sent here has to be escaped.
    """

    def __init__(self, name: str) -> None:
        self._descriptor = _connected(name) if "://" in name else _opened(name)

    def __enter__(self) -> Self:
        """The port is open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        os.close(self._descriptor)

    def wait_for(self, ending: bytes) -> bytes:
        """Read up to the first reading that contains ``ending``.

        Raises BenchmarkError when the module reports an error instead, or falls silent.
        """
        received = bytearray()
        looked_at = 0
        while received.find(ending, looked_at) < 0:
            looked_at = max(0, len(received) - len(ending))
            octets = self._read()
            received += octets
            if not octets or _ERROR in octets:
                raise BenchmarkError(f"waited for {ending!r} and got {bytes(received[-200:])!r}")
        return bytes(received)

    def ask(self, octets: bytes, ending: bytes = OK) -> bytes:
        """Send ``octets`` and wait for ``ending``. Raises BenchmarkError."""
        left = memoryview(octets)
        while left:
            left = left[os.write(self._descriptor, left) :]
        return self.wait_for(ending)

    def command(self, text: str, data: bytes = b"", ending: bytes = OK) -> bytes:
        """Send a command line, with what follows its CR, and wait for ``ending``. Raises BenchmarkError."""
        return self.ask(text.encode("ascii") + b"\r" + data, ending)

    def timed(self, octets: bytes, count: int = 1) -> list[float]:
        """Send ``octets`` ``count`` times; return the seconds from each writing to its OK. Raises BenchmarkError."""
        samples = []
        for _ in range(count):
            start = perf_counter()
            self.ask(octets)
            samples.append(perf_counter() - start)
        return samples

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, _READ_SIZE)
        except BlockingIOError:  # how a connection says that the time is over
            return b""


def _opened(device: str) -> int:
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(descriptor)
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = _VMIN_VTIME
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    return descriptor


def _connected(url: str) -> int:
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
    if address.scheme == "rfc2217":
        connection.sendall(_BINARY)
    return connection.detach()
