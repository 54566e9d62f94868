"""What a face and the serial line tell each other.

A *face* is one way for a host to reach the module: a pty, a TCP port, RFC 2217, a port of this machine, memory. The
*line* (:mod:`emulator.faces.line`) is the cable between a face and the module's UART. Octets alone do not make a
serial line, so beside them pass the settings that the host chose, the modem lines of both ends, breaks, and what the
receiver at the host's end would have noticed. A face that cannot carry one of these says so by leaving it at its
default: a raw TCP port has no baud rate, a pty no modem lines.

Modem lines carry the names that they have at the host's end, as a terminal device sees them: the host drives DTR and
RTS, and reads CTS, DSR, RI and CD.
"""

from __future__ import annotations

from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


FACTORY_SPEED: Final = 115200
"""Bits a second at which the module's UART runs until it is told otherwise (F-DHCP)."""


class FaceError(Exception):
    """A face cannot be opened; the text is one line that says why and what to do."""


class Parity(Enum):
    """The parity bit of each octet; the values are those of pyserial."""

    NONE = "N"
    ODD = "O"
    EVEN = "E"
    MARK = "M"
    SPACE = "S"


class FlowControl(Enum):
    """What makes the host's transmitter wait."""

    NONE = "none"
    SOFTWARE = "XON/XOFF"
    HARDWARE = "RTS/CTS"


class LineSettings(NamedTuple):
    """How one end of the line is set up.

    ``baud_rate`` and ``flow_control`` are None where the face cannot tell: then the host is taken to be set up as the
    module is. ``stop_bits`` is 1, 1.5 or 2, ``data_bits`` 5..8.
    """

    baud_rate: int | None = None
    data_bits: int = 8
    parity: Parity = Parity.NONE
    stop_bits: float = 1
    flow_control: FlowControl | None = None


class ModemLines(NamedTuple):
    """What the module's end drives, under the names of the host's inputs; True is asserted."""

    cts: bool = True
    dsr: bool = True
    ri: bool = False
    cd: bool = True


class LineErrors(Flag):
    """What a receiver at the host's end notices."""

    OVERRUN = auto()
    PARITY = auto()
    FRAMING = auto()
    BREAK = auto()


NO_ERRORS: Final = LineErrors(0)


class Face(Protocol):
    """One way for a host to reach the line, as the line sees it."""

    @property
    def name(self) -> str:
        """What a message calls it: ``pty /dev/pts/3``, ``rfc2217://127.0.0.1:5000``."""
        ...

    @property
    def backlog(self) -> int:
        """Octets sent that the host has not taken and the system does not hold for it either."""
        ...

    async def opened(self) -> None:
        """Wait until the host that has come is through with opening; it may throw away what arrives before."""
        ...

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host; lost when there is none."""
        ...

    async def drain(self) -> None:
        """Wait until the queue is short enough to go on, or the host is gone."""
        ...

    def discard(self) -> None:
        """Forget what is queued towards the host, as a host does that purges its receiver."""
        ...

    def pause(self) -> None:
        """Stop reading from the host."""
        ...

    def resume(self) -> None:
        """Go on reading from the host."""
        ...

    def follow(self, settings: LineSettings) -> None:
        """Note how the module's own end is set up: told with a claim, before it returns, and at every change.

        A face that is a port of this machine sets that port up alike; others answer with it a host that asks how
        the line is set up before it has said anything itself.
        """
        ...

    def show(self, lines: ModemLines) -> None:
        """Let the host see the module's end of the modem lines; nothing where the face has none."""
        ...

    def report(self, errors: LineErrors) -> None:
        """Let the host see what its receiver noticed; nothing where the face cannot."""
        ...


class HostEnd(Protocol):
    """The line as a face sees it: what the host does is told here, by the face that owns the line."""

    def claim(self, face: Face) -> str | None:
        """Ask for the line because a host has come; None when ``face`` has it now.

        Otherwise one line for that host which names the face whose host is using the module.
        """
        ...

    def release(self, face: Face) -> None:
        """Give the line back because the host has gone; whoever asks next gets it."""
        ...

    def belongs_to(self, face: Face) -> bool:
        """Whether ``face`` has the line: only then it may tell what its host does."""
        ...

    def on_release(self, wanted: Callable[[], None]) -> None:
        """Call ``wanted`` whenever the line becomes free, for a face whose host is still waiting."""
        ...

    def stand_in(self, face: Face) -> None:
        """Give the line to ``face`` whenever nobody has it: somebody may be there, and it has no way to tell."""
        ...

    def receive(self, octets: bytes) -> None:
        """Take octets from the host, in the order in which it sent them."""
        ...

    def purge(self) -> None:
        """Forget what the host has sent and what is not on the wire yet, as a host does that purges its transmitter."""
        ...

    def configure(self, settings: LineSettings) -> None:
        """Note that the host set up its end of the line; it holds for octets from now on."""
        ...

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Note what the host drives; None leaves a line as it was.

        Both are asserted while nobody says otherwise, but a line that nobody ever drove resets no module.
        """
        ...

    def set_break(self, *, asserted: bool) -> None:
        """Note that the host began or ended a break."""
        ...
