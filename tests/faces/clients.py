"""Hosts for the common suite: pyserial, serialx, and the memory face, all with the same few words."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import serial
import serialx

from emulator.faces.face import LineSettings, ModemLines
from emulator.faces.memory import MemoryFace

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from emulator.faces.line import Line

PATIENCE = 60.0
_SOMETHING = re.compile(rb"(?s).+")
_T = TypeVar("_T")


class Client(Protocol):
    """One library's port, open; used from a thread of its own."""

    def read(self, count: int) -> bytes:
        """Read exactly so many octets."""
        ...

    def write(self, octets: bytes) -> None:
        """Write all octets."""
        ...

    def flush(self) -> None:
        """Wait until what was written has left this end."""
        ...

    def set_speed(self, speed: int) -> None: ...
    def drive(self, *, dtr: bool, rts: bool) -> None: ...
    def lines(self) -> ModemLines: ...
    def purge(self) -> None:
        """Forget what has arrived."""
        ...

    def close(self) -> None: ...


class Pyserial:
    """pyserial."""

    def __init__(self, url: str, speed: int) -> None:
        self.port = serial.serial_for_url(url, speed, timeout=PATIENCE, do_not_open=True)
        if not url.startswith(("rfc2217:", "socket:")):
            self.port.exclusive = True
        self.port.open()

    def read(self, count: int) -> bytes:
        octets = bytearray()
        while len(octets) < count:
            part = self.port.read(min(count - len(octets), 65536))
            assert part, f"{len(octets)} of {count} octets came, and no more"
            octets += part
        return bytes(octets)

    def write(self, octets: bytes) -> None:
        while octets:
            octets = octets[self.port.write(octets) :]

    def flush(self) -> None:
        # Neither its RFC 2217 port nor its socket has one.
        if isinstance(self.port, serial.Serial):
            self.port.flush()

    def set_speed(self, speed: int) -> None:
        self.port.baudrate = speed

    def drive(self, *, dtr: bool, rts: bool) -> None:
        self.port.dtr = dtr
        self.port.rts = rts

    def lines(self) -> ModemLines:
        return ModemLines(self.port.cts, self.port.dsr, self.port.ri, self.port.cd)

    def purge(self) -> None:
        self.port.reset_input_buffer()

    def close(self) -> None:
        self.port.close()


class Serialx:
    """serialx, the way it is used without asyncio."""

    def __init__(self, url: str, speed: int) -> None:
        self.port = serialx.serial_for_url(url, speed, read_timeout=PATIENCE, write_timeout=PATIENCE)
        self.port.open()

    def read(self, count: int) -> bytes:
        octets = bytearray(count)
        view = memoryview(octets)
        done = 0
        while done < count:
            came = self.port.readinto(view[done:])
            assert came, f"{done} of {count} octets came, and no more"
            done += came
        return bytes(octets)

    def write(self, octets: bytes) -> None:
        while octets:
            octets = octets[self.port.write(octets) :]

    def flush(self) -> None:
        self.port.flush()

    def set_speed(self, speed: int) -> None:
        self.port.reconfigure_port(baudrate=speed)

    def drive(self, *, dtr: bool, rts: bool) -> None:
        self.port.set_modem_pins(dtr=dtr, rts=rts)

    def lines(self) -> ModemLines:
        # It takes notice of what the port says while it reads.
        pins = self.port.get_modem_pins()
        return ModemLines(*(bool(pin.to_bool()) for pin in (pins.cts, pins.dsr, pins.rng, pins.car)))

    def purge(self) -> None:
        self.port.reset_read_buffer()

    def close(self) -> None:
        self.port.close()


class Memory:
    """The memory face, made to look like such a library."""

    def __init__(self, line: Line, loop: asyncio.AbstractEventLoop, speed: int) -> None:
        self._line = line
        self._loop = loop
        self._rest = b""
        self._face: MemoryFace = self._run(self._open())
        self.set_speed(speed)

    def read(self, count: int) -> bytes:
        while len(self._rest) < count:
            self._rest += self._run(self._face.read_until(_SOMETHING))
        octets, self._rest = self._rest[:count], self._rest[count:]
        return octets

    def write(self, octets: bytes) -> None:
        self._call(lambda: self._face.write(octets))

    def flush(self) -> None:
        pass

    def set_speed(self, speed: int) -> None:
        self._call(lambda: self._line.configure(LineSettings(speed)))

    def drive(self, *, dtr: bool, rts: bool) -> None:
        self._call(lambda: self._line.drive(dtr=dtr, rts=rts))

    def lines(self) -> ModemLines:
        return self._face.lines

    def purge(self) -> None:
        self._call(self._face.discard)

    def close(self) -> None:
        self._call(lambda: self._line.release(self._face))

    async def _open(self) -> MemoryFace:
        return MemoryFace(self._line)

    def _call(self, function: Callable[[], None]) -> None:
        async def call() -> None:
            function()

        self._run(call())

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)
