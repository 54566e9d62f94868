"""The host: a blocking pyserial client, as a program beside a real module would be written.

It blocks, so an event loop runs it in a thread; :meth:`SerialHost.cancel` ends a wait from outside.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE: Final = 15.0
"""Seconds that a reply or an indication may take; longer than the module waits for a server by default."""

_POLL_SECONDS: Final = 0.05
_OK: Final = "AT-S.OK"
_ERROR: Final = "AT-S.ERROR:"


class HostError(Exception):
    """The module did not answer in time, or the wait was cancelled."""


class SerialPort(Protocol):
    """What the host needs of ``serial.Serial``; ``read`` returns what has come after a short time-out at most."""

    @property
    def in_waiting(self) -> int:
        """Octets that can be read at once."""
        ...

    def read(self, size: int = 1, /) -> bytes:
        """Read up to ``size`` octets."""
        ...

    def write(self, data: bytes, /) -> int | None:
        """Send octets."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """The lines between a command's echo and its end, ``AT-S.OK`` or ``AT-S.ERROR:...`` included."""

    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the command succeeded."""
        return self.lines[-1] == _OK


class SerialHost:
    """Sends commands and reads what comes back, one line at a time; ``show`` gets each line as it arrives."""

    def __init__(self, port: SerialPort, show: Callable[[str], None]) -> None:
        self._port = port
        self._show = show
        self._received = bytearray()
        self._cancelled = threading.Event()

    @classmethod
    def open(cls, name: str, show: Callable[[str], None]) -> Self:
        """Open a serial port, or its URL, at the module's 115200 bit/s. Raises serial.SerialException, an OSError."""
        import serial

        return cls(serial.serial_for_url(name, 115200, timeout=_POLL_SECONDS), show)

    def command(
        self, line: str, data: bytes = b"", kind: str = "data", *, quiet: bool = False, within: float = PATIENCE
    ) -> Reply:
        """Send a command and return its reply; ``data`` follows as its data phase, ``kind`` says what it is.

        What arrived before the command's echo is shown and left out of the reply. ``within`` is in seconds.
        Raises HostError when the reply is not complete by then.
        """
        end = monotonic() + within
        self._port.write(line.encode("latin-1") + b"\r")
        self._read_until(lambda text: text == line, f"echo of {line}", end, quiet=quiet)
        if data:
            if not quiet:
                self._show(f"({len(data)} octets of {kind})")
            self._port.write(data)
        return Reply(tuple(self._read_until(_ends_reply, f"complete reply to {line}", end, quiet=quiet)))

    def wait_for(self, start: str, *, within: float = PATIENCE) -> str:
        """Return the next line that starts so, such as ``+WIND:29:``. Raises HostError when it does not come."""
        lines = self._read_until(lambda text: text.startswith(start), start, monotonic() + within, quiet=False)
        return lines[-1]

    def cancel(self) -> None:
        """End the wait under way, and every later one, with HostError."""
        self._cancelled.set()

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _read_until(self, wanted: Callable[[str], bool], what: str, end: float, *, quiet: bool) -> list[str]:
        lines: list[str] = []
        while True:
            while (line := self._next_line()) is not None:
                lines.append(line)
                if not quiet:
                    self._show(line)
                if wanted(line):
                    return lines
            if self._cancelled.is_set():
                raise HostError(f"cancelled while waiting for: {what}")
            if monotonic() >= end:
                last = bytes(self._received).decode("latin-1") or (lines[-1] if lines else "")
                said = f"the last it said was {last!r}" if last else "it said nothing"
                raise HostError(f"the module gave no {what} in time; {said}")
            self._received += self._port.read(self._port.in_waiting or 1)

    def _next_line(self) -> str | None:
        line, separator, rest = self._received.partition(b"\n")
        if not separator:
            return None
        self._received = rest
        return line.removesuffix(b"\r").decode("latin-1")


def _ends_reply(line: str) -> bool:
    return line == _OK or line.startswith(_ERROR)
