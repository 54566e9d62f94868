"""A serial port of this machine as a face: a real one, or one half of a pair such as com0com's or tty0tty's.

The cable is taken to be crossed, as between two computers: what the module's RTS says the host reads as CTS, and so
on. Whether a host is at the other end nobody can tell without modem lines, so the port stands in while no other face
has the line, and claims it when the host's DTR comes on.

Two threads wait for the port, one in each direction, because Windows has nothing else to wait with.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import serial

from emulator.faces.face import FACTORY_SPEED, FaceError, FlowControl, LineSettings, ModemLines
from emulator.faces.failure import reason

try:
    from termios import error as terminal_error
except ImportError:  # Windows
    terminal_error = OSError  # type: ignore[misc, assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.faces.face import HostEnd, LineErrors

_GLANCE: Final = 0.05
"""Seconds from one look at the modem lines to the next while nothing arrives."""
_RETRY: Final = 1.0
"""Seconds from one attempt to open a port that has gone to the next."""
_READ_SIZE: Final = 4096
_HIGH_WATER: Final = 4096
"""Octets queued for the port before the module has to wait."""
_UNDER_WAY: Final = 4
"""Readings that the event loop has not taken yet before the port is read no more."""

_Order = bytes | LineSettings | ModemLines


def open_port(name: str) -> serial.SerialBase:
    """Open a port as the module's UART is set up from the factory, for nobody else to open. Raises SerialException."""
    port = serial.serial_for_url(name, do_not_open=True, baudrate=FACTORY_SPEED, timeout=_GLANCE)
    with suppress(AttributeError, ValueError):
        port.exclusive = True
    port.open()
    return port


class SerialPortFace:
    """One port, from :meth:`open` to :meth:`close`; it is waited for when it goes away meanwhile."""

    def __init__(
        self,
        line: HostEnd,
        device: str,
        tell: Callable[[str], None],
        opener: Callable[[str], Any] = open_port,
    ) -> None:
        """Lead to the port ``device``; ``tell`` hears when it goes and comes back."""
        self.name = f"port {device}"
        self._line = line
        self._device = device
        self._tell = tell
        self._opener = opener
        self._loop = asyncio.get_running_loop()
        self._port: Any = None
        self._settings = LineSettings(FACTORY_SPEED)
        self._lines = ModemLines()
        self._seen: tuple[bool, bool] | None = None
        self._host = False, False
        """What the host drives: DTR and RTS."""
        self._orders: deque[_Order] = deque()
        self._queued = 0
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._may_read = threading.Event()
        self._may_read.set()
        self._under_way = threading.Semaphore(_UNDER_WAY)
        self._drained = asyncio.Event()
        self._drained.set()
        self._threads: list[threading.Thread] = []

    async def open(self) -> None:
        """Open the port. Raises FaceError."""
        try:
            self._port = await asyncio.to_thread(self._open_port)
        except (OSError, ValueError) as failure:
            raise FaceError(f"cannot open the port {self._device}: {reason(failure)}") from failure
        for work in (self._read_forever, self._write_forever):
            thread = threading.Thread(target=work, name=f"{self.name} {work.__name__}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._line.on_release(self._take_over)
        self._line.stand_in(self)

    async def close(self) -> None:
        """Give the port back."""
        self._closing.set()
        self._may_read.set()
        for _ in range(_UNDER_WAY):
            self._under_way.release()
        with self._news:
            self._news.notify_all()
        self._interrupt()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        if self._port is not None:
            self._port.close()
        self._drained.set()
        self._line.release(self)

    @property
    def backlog(self) -> int:
        """Octets that the port has not taken yet."""
        return self._queued

    async def opened(self) -> None:
        """Return at once."""

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host."""
        self._order(octets)
        if self._queued > _HIGH_WATER:
            self._drained.clear()

    async def drain(self) -> None:
        """Wait until the queue is short again, or the port has gone."""
        await self._drained.wait()

    def discard(self) -> None:
        """Forget what the port has not been given."""
        with self._news:
            self._forget()
        self._drained.set()

    def pause(self) -> None:
        """Stop reading from the port."""
        self._may_read.clear()

    def resume(self) -> None:
        """Go on reading from the port."""
        self._may_read.set()

    def follow(self, settings: LineSettings) -> None:
        """Set the port up as the module's end is."""
        self._settings = settings
        self._order(settings)

    def show(self, lines: ModemLines) -> None:
        """Drive the port's own RTS and DTR, which the host reads as CTS and DSR; RI and CD a port cannot drive."""
        self._lines = lines
        self._order(lines)

    def report(self, errors: LineErrors) -> None:
        """Do nothing: the host has a receiver of its own."""

    # In the event loop

    def _order(self, order: _Order) -> None:
        with self._news:
            self._orders.append(order)
            self._queued += len(order) if isinstance(order, bytes) else 0
            self._news.notify()

    def _forget(self) -> None:
        kept = [order for order in self._orders if not isinstance(order, bytes)]
        self._orders.clear()
        self._orders.extend(kept)
        self._queued = 0

    def _receive(self, octets: bytes) -> None:
        self._under_way.release()
        if self._line.belongs_to(self):
            self._line.receive(octets)

    def _see(self, dtr: bool, rts: bool) -> None:
        """Tell what the host drives; a host whose DTR is on is there, and one whose DTR goes off has left."""
        self._host = dtr, rts
        if dtr:
            self._line.claim(self)
        else:
            self._line.release(self)
            self._line.stand_in(self)
        if self._line.belongs_to(self):
            self._line.drive(dtr=dtr, rts=rts)

    def _take_over(self) -> None:
        """Let a host that had to wait have the line."""
        dtr, rts = self._host
        if dtr and not self._closing.is_set():
            self._see(dtr, rts)

    def _lose(self, why: str) -> None:
        self._tell(f"the port {self._device} has gone ({why}); it is opened again as soon as it is back")
        self.discard()
        if any(self._host):
            self._see(dtr=False, rts=False)

    def _have_again(self) -> None:
        self._tell(f"the port {self._device} is back")

    # In the threads

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _read_forever(self) -> None:
        while not self._closing.is_set():
            try:
                self._read()
            except (OSError, TypeError, AttributeError) as failure:
                # pyserial trips over its own closed port in several ways.
                if not self._closing.is_set():
                    self._wait_for_port(failure)

    def _read(self) -> None:
        self._look_at_lines()
        if not self._may_read.wait(_GLANCE):
            return
        octets = self._port.read(1)
        if octets:
            octets += self._port.read(min(self._port.in_waiting, _READ_SIZE))
            self._under_way.acquire()
            self._call(self._receive, octets)

    def _open_port(self) -> Any:
        with _as_os_errors():
            return self._opener(self._device)

    def _look_at_lines(self) -> None:
        try:
            seen = bool(self._port.dsr), bool(self._port.cts)
        except OSError:
            # A pty: it has no modem lines.
            return
        if seen != self._seen:
            if self._seen is not None or any(seen):
                self._call(self._see, *seen)
            self._seen = seen

    def _wait_for_port(self, failure: Exception) -> None:
        self._call(self._lose, reason(failure))
        with suppress(OSError):
            self._port.close()
        self._seen = None
        while not self._closing.wait(_RETRY):
            try:
                port = self._open_port()
            except (OSError, ValueError):
                continue
            self._port = port
            self.follow(self._settings)
            self.show(self._lines)
            self._call(self._have_again)
            return

    def _write_forever(self) -> None:
        while not self._closing.is_set():
            with self._news:
                while not self._orders and not self._closing.is_set():
                    self._news.wait()
                orders = tuple(self._orders)
                self._orders.clear()
            for order in _joined(orders):
                if self._closing.is_set():
                    return
                try:
                    with _as_os_errors():
                        self._carry_out(order)
                except ValueError as failure:
                    self._call(self._tell, f"the port {self._device} cannot do as the module does: {failure}")
                except (OSError, TypeError, AttributeError):
                    pass  # The port has gone, and the octets with it, as on a cable that was pulled.
                if isinstance(order, bytes):
                    self._count(len(order))

    def _carry_out(self, order: _Order) -> None:
        if isinstance(order, bytes):
            self._port.write(order)
            return
        if isinstance(order, LineSettings):
            self._port.flush()
            self._port.rtscts = order.flow_control is FlowControl.HARDWARE
            self._port.baudrate = order.baud_rate or FACTORY_SPEED
            return
        self._port.dtr = order.dsr
        if not self._port.rtscts:
            self._port.rts = order.cts

    def _count(self, written: int) -> None:
        with self._news:
            self._queued = max(0, self._queued - written)
            if self._queued <= _HIGH_WATER:
                self._call(self._drained.set)

    def _interrupt(self) -> None:
        """Let the threads return from what they wait for; the port's driver is through once it is emptied."""
        for name in ("cancel_read", "cancel_write", "reset_output_buffer"):
            with suppress(OSError, AttributeError), _as_os_errors():
                getattr(self._port, name)()


def _joined(orders: tuple[_Order, ...]) -> list[_Order]:
    """The same orders, with neighbouring octets together."""
    joined: list[_Order] = []
    for order in orders:
        if isinstance(order, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += order
        else:
            joined.append(order)
    return joined


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Let what termios raises be what everything else of the system raises. Raises OSError."""
    try:
        yield
    except terminal_error as failure:
        raise OSError(*failure.args) from failure
