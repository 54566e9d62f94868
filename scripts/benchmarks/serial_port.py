"""The host's end of a pty, as thin as can be: what is measured is the other end."""

from __future__ import annotations

import os
import termios
import tty
from time import perf_counter
from typing import TYPE_CHECKING, Self

from scripts.benchmarks.processes import BenchmarkError

if TYPE_CHECKING:
    from types import TracebackType

_READ_SIZE = 65536
_SILENCE_TENTHS = 100
_VMIN_VTIME = (0, _SILENCE_TENTHS)
"""A read returns with what there is, or with nothing after ten seconds; the kernel waits, without a poll."""

OK = b"AT-S.OK\r\n"
_ERROR = b"AT-S.ERROR"


class SerialPort:
    """A raw serial port with blocking reads; open while its context is."""

    def __init__(self, name: str) -> None:
        self._descriptor = os.open(name, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._descriptor)
        attributes = termios.tcgetattr(self._descriptor)
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = _VMIN_VTIME
        termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)

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
        while ending not in received:
            octets = os.read(self._descriptor, _READ_SIZE)
            received += octets
            if not octets or _ERROR in received:
                raise BenchmarkError(f"waited for {ending!r} and got {bytes(received[-200:])!r}")
        return bytes(received)

    def ask(self, octets: bytes, ending: bytes = OK) -> bytes:
        """Send ``octets`` and wait for ``ending``. Raises BenchmarkError."""
        os.write(self._descriptor, octets)
        return self.wait_for(ending)

    def command(self, text: str, data: bytes = b"", ending: bytes = OK) -> bytes:
        """Send a command line, with what follows its CR, and wait for ``ending``. Raises BenchmarkError."""
        return self.ask(text.encode("ascii") + b"\r" + data, ending)

    def timed(self, octets: bytes, count: int) -> list[float]:
        """Send ``octets`` ``count`` times; return the seconds from each writing to its OK. Raises BenchmarkError."""
        samples = []
        for _ in range(count):
            start = perf_counter()
            self.ask(octets)
            samples.append(perf_counter() - start)
        return samples
