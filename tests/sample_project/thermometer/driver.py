"""A small AT driver for the SPWF04Sx on a serial port."""

from __future__ import annotations

from collections import deque
from typing import Self

import serial


class ModuleError(Exception):
    """The module answered with an error; ``code`` is its number."""

    def __init__(self, code: int, text: str, lines: list[str]) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.lines = lines


class NoAnswerError(Exception):
    """The module did not answer in time."""


class Driver:
    """Sends commands, collects replies, keeps indications for whoever waits for them."""

    def __init__(self, port: str, timeout: float = 10.0) -> None:
        self._serial = serial.serial_for_url(port, 115200, timeout=timeout)
        self._indications: deque[str] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._serial.close()

    def wait_for(self, number: int) -> str:
        """Wait for an indication; return what follows its number."""
        while True:
            while self._indications:
                line = self._indications.popleft()
                if line.startswith(f"+WIND:{number}:"):
                    return line.removeprefix(f"+WIND:{number}:")
            self._take(self._line())

    def command(self, text: str, data: bytes = b"") -> list[str]:
        """Send a command; return the reply lines before its OK. Raises ModuleError, NoAnswerError."""
        self._serial.write(f"AT+S.{text}\r".encode() + data)
        lines: list[str] = []
        while True:
            line = self._line()
            if line.endswith("AT-S.OK"):
                # The body of an answer need not end with a line end of its own.
                rest = line.removesuffix("AT-S.OK").strip()
                return [*lines, rest] if rest else lines
            if line.startswith("AT-S.ERROR:"):
                _, code, reason = line.split(":", 2)
                raise ModuleError(int(code), reason, lines)
            if not self._take(line) and line and not line.upper().startswith("AT+S."):
                lines.append(line.removeprefix("AT-S."))

    def read_socket(self, number: int) -> bytes:
        """Read everything that waits in a socket."""
        self._serial.write(f"AT+S.SOCKR={number},\r".encode())
        while not (line := self._line()).startswith("AT-S.Reading:"):
            self._take(line)
        data: bytes = self._serial.read(int(line.split(":")[1]))
        if self._line() != "AT-S.OK":
            raise NoAnswerError("no OK behind the data")
        return data

    def _take(self, line: str) -> bool:
        if line.startswith("+WIND:"):
            self._indications.append(line)
        return line.startswith("+WIND:")

    def _line(self) -> str:
        line: bytes = self._serial.read_until(b"\r\n")
        if not line.endswith(b"\r\n"):
            raise NoAnswerError(f"the module fell silent after {line!r}")
        return line[:-2].decode("latin-1")
