"""A bus master for Python: what a host program calls instead of its SPI driver.

::

    with SpiMaster("127.0.0.1:5000") as bus:
        bus.wait_for_interrupt(low=True)
        header = bus.transfer(bytes(5))
        payload = bus.transfer(bytes(int.from_bytes(header[3:5], "little")))
"""

from __future__ import annotations

import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Self

from emulator.faces.endpoint import parse_endpoint
from emulator.faces.spi.messages import LONGEST, Message, MessageParser, MessageType, level

if TYPE_CHECKING:
    from types import TracebackType

_READ_SIZE: Final = 65536


class SpiError(OSError):
    """The emulator said no, or went away; the text is its own."""


class SpiMaster:
    """One connection to an SPI face; not for several threads at a time."""

    def __init__(self, address: str, patience: float = 10.0) -> None:
        """Connect to ``HOST:PORT`` or a path. ``patience`` is how long to wait for the emulator, in seconds.

        Raises OSError, ValueError for what is no address, SpiError when the bus is in use.
        """
        endpoint = parse_endpoint(address)
        if endpoint.path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(patience)
            self._socket.connect(endpoint.path)
        else:
            self._socket = socket.create_connection((endpoint.host, endpoint.port), patience)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._patience = patience
        self._parser = MessageParser()
        self._answers: deque[bytes] = deque()
        self._levels: deque[bool] = deque()
        try:
            self._await(self._levels)
        except BaseException:
            self.close()
            raise
        self._low = self._levels.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bus."""
        self._socket.close()

    def transfer(self, octets: bytes) -> bytes:
        """Clock octets out, and as many in. Raises SpiError."""
        answer = b""
        for start in range(0, len(octets), LONGEST):
            self._send(Message(MessageType.CLOCK, octets[start : start + LONGEST]))
            self._await(self._answers)
            answer += self._answers.popleft()
        return answer

    def select(self, *, selected: bool) -> None:
        """Drive chip select; it is low, and the module selected, from the start."""
        self._send(level(MessageType.SELECT, high=not selected))

    def drive_reset(self, *, high: bool) -> None:
        """Drive the module's reset pin: low holds it, high lets it boot."""
        self._send(level(MessageType.RESET, high=high))

    def interrupt_is_low(self) -> bool:
        """The level of the interrupt line now."""
        self._receive(0)
        while self._levels:
            self._low = self._levels.popleft()
        return self._low

    def wait_for_interrupt(self, *, low: bool, within: float | None = None) -> None:
        """Wait until the interrupt line has a level. It sees each change, however short. Raises TimeoutError."""
        within = self._patience if within is None else within
        deadline = time.monotonic() + within
        while self._next_level() != low:
            if not self._levels and not self._receive(deadline - time.monotonic()):
                raise TimeoutError(f"the interrupt line was not {'low' if low else 'high'} within {within:g} s")

    def _next_level(self) -> bool:
        """The level after the next change that was not looked at, or the last one."""
        if not self._levels:
            self._receive(0)
        if self._levels:
            self._low = self._levels.popleft()
        return self._low

    def _send(self, message: Message) -> None:
        self._socket.settimeout(self._patience)
        self._socket.sendall(message.encode())

    def _await(self, awaited: deque[bytes] | deque[bool]) -> None:
        deadline = time.monotonic() + self._patience
        while not awaited:
            if not self._receive(deadline - time.monotonic()):
                raise SpiError(f"the emulator did not answer within {self._patience:g} s")

    def _receive(self, within: float) -> bool:
        """Sort what arrives within so many seconds; whether anything has."""
        self._socket.settimeout(max(0.0, within))
        try:
            octets = self._socket.recv(_READ_SIZE)
        except (TimeoutError, BlockingIOError):
            return False
        if not octets:
            raise SpiError("the emulator has closed the connection")
        for message in self._parser.feed(octets):
            match message.type:
                case MessageType.CLOCK:
                    self._answers.append(message.content)
                case MessageType.INTERRUPT:
                    self._levels.append(message.content == b"\0")
                case _:
                    raise SpiError(message.content.decode())
        return True
