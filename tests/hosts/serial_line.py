"""The reading end that strict hosts share: exact octets, exact line ends, indications apart."""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING

import serial

if TYPE_CHECKING:
    from collections.abc import Callable

INDICATION = re.compile(rb"\+WIND:(\d+):(.*)", re.DOTALL)


class ProtocolError(AssertionError):
    """The module sent something that the driver cannot parse."""


class SerialLine:
    """A serial port read octet-exactly, as the drivers do it; every wait has the driver's own limit in seconds."""

    def __init__(self, port: str) -> None:
        self.port = serial.Serial(port, 115200, timeout=0.05, exclusive=True)
        self.indications: deque[tuple[int, bytes]] = deque()
        self._octets = bytearray()

    def close(self) -> None:
        self.port.close()

    def write(self, octets: bytes) -> None:
        self.port.write(octets)

    def line(self, within: float) -> bytes:
        """One line without its end, which must be CR LF and nothing else."""
        octets = self._until(lambda held: held.find(b"\n") + 1, within)
        if not octets.endswith(b"\r\n") or b"\r" in octets[:-2]:
            raise ProtocolError(f"no CR LF at the end of {octets!r}")
        return octets[:-2]

    def reply_line(self, within: float) -> bytes:
        """The next line that is no indication; indications are kept."""
        while True:
            line = self.line(within)
            if not self.keep(line):
                return line

    def raw(self, count: int, within: float) -> bytes:
        """Exactly so many octets, whatever they are."""
        return self._until(lambda held: count if len(held) >= count else 0, within)

    def indication(self, number: int, within: float) -> bytes:
        """Wait for an indication; what comes after its number and colon."""
        return self.indication_of(within, number)[1]

    def indication_of(self, within: float, *numbers: int) -> tuple[int, bytes]:
        """Wait for the next of some indications; its number, and what comes after the colon."""
        deadline = time.monotonic() + within
        while True:
            for kept in list(self.indications):
                if kept[0] in numbers:
                    self.indications.remove(kept)
                    return kept
            line = self.line(max(0.01, deadline - time.monotonic()))
            if not self.keep(line) and line:
                raise ProtocolError(f"{line!r} while waiting for indication {numbers}")

    def keep(self, line: bytes) -> bool:
        """Keep a line that is an indication; whether it is one."""
        match = INDICATION.fullmatch(line)
        if match:
            self.indications.append((int(match[1]), match[2]))
        return match is not None

    def _until(self, end: Callable[[bytearray], int], within: float) -> bytes:
        deadline = time.monotonic() + within
        while not (count := end(self._octets)):
            if time.monotonic() > deadline:
                raise ProtocolError(f"nothing more within {within} s after {bytes(self._octets)!r}")
            self._octets += self.port.read(max(1, self.port.in_waiting))
        octets = bytes(self._octets[:count])
        del self._octets[:count]
        return octets
