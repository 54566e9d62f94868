"""A serial port with a module behind it, by pyserial: anything that it opens, local or remote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Self

import serial

from emulator.surroundings.clock import RealClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_GLANCE: Final = 0.05
"""Seconds that one look for octets takes at most."""
_MOST: Final = 65536


class PortError(Exception):
    """The port cannot be used, or what is behind it does not answer; the text says why and what to do."""


class Port:
    """An open port; a context manager. ``heard`` and ``said`` get everything that passes, in order."""

    def __init__(
        self,
        name: str,
        baud_rate: int,
        *,
        said: Callable[[bytes], None] = lambda _: None,
        heard: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Take the set-up; nothing is opened yet."""
        self.name = name
        self.baud_rate = baud_rate
        self._said, self._heard = said, heard
        self._port: Any = None
        self.now = RealClock().monotonic
        """Seconds since an arbitrary start."""

    def __enter__(self) -> Self:
        """Open it for nobody else to open. Raises PortError."""
        try:
            port = serial.serial_for_url(self.name, do_not_open=True, baudrate=self.baud_rate, timeout=_GLANCE)
            if port.__class__.__module__.startswith("serial.serialposix"):
                port.exclusive = True
            port.open()
        except (OSError, ValueError) as failure:
            raise PortError(f"cannot open the port {self.name}: {_reason(failure)}") from failure
        self._port = port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._port.close()

    def send(self, octets: bytes) -> None:
        """Send all of ``octets``. Raises PortError."""
        self._said(octets)
        self._do(lambda: self._port.write(octets))

    def receive(self) -> bytes:
        """What has come, after a short wait if nothing has; it is noted. Raises PortError."""
        octets = self.read()
        if octets:
            self.note(octets)
        return octets

    def read(self) -> bytes:
        """What has come, for a thread that lets another one note it. Raises PortError."""
        octets: bytes = self._do(lambda: self._port.read(max(1, min(self._port.in_waiting, _MOST))))
        return octets

    def note(self, octets: bytes) -> None:
        """Tell whoever wants to know that octets were heard."""
        self._heard(octets)

    def set_baud_rate(self, baud_rate: int) -> None:
        """Go on at another speed. Raises PortError."""
        self.baud_rate = baud_rate
        self._do(lambda: setattr(self._port, "baudrate", baud_rate))

    def interrupt(self) -> None:
        """Let a thread return that waits in :meth:`receive`, where the system can."""
        cancel = getattr(self._port, "cancel_read", None)
        if cancel is not None:
            cancel()

    def _do(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except (OSError, TypeError, AttributeError) as failure:
            # pyserial trips over a port that goes away in several ways.
            raise PortError(f"the port {self.name} has gone: {_reason(failure)}") from failure


def _reason(failure: Exception) -> str:
    """The system's words, without what pyserial wraps around them."""
    number, text = getattr(failure, "errno", None), getattr(failure, "strerror", None)
    if isinstance(number, int) and isinstance(text, str):
        return os.strerror(number)
    return str(failure) or type(failure).__name__
