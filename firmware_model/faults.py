"""Faults that can be armed, and how the code at a fault point learns of them.

A fault is a row: its name, the point in the code where it acts, what it does, what a strict peer makes of it, and
where it is known from. Whether it is armed, and when it fires, is decided outside (:class:`Faults`); the code at the
point asks once each time it passes there, and gets the faults that fire this time, in the order in which they were
armed. With nothing armed the answer is empty and the code goes its usual way.

None of these rows says that a real module does such a thing; the sources tell where it was met elsewhere.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from firmware_model.tables.sources import Source


class FaultPoint(Enum):
    """Where a fault acts; the value is the first word of its faults' names."""

    SIGNATURE = "signature"
    """Each time the module signs a CertificateVerify."""
    CERTIFICATE = "certificate"
    """Each time the module presents or judges certificates in a handshake."""
    HANDSHAKE = "handshake"
    """Each TLS handshake of the module, at its begin."""
    NETWORK = "network"
    """Each connection, datagram or name that the module asks the network for."""
    SERIAL = "serial"
    """Each octet, line or indication on the serial line."""
    MODULE = "module"
    """Each command, and each thing the firmware does by itself."""


class Fault(NamedTuple):
    """One row of the catalogue."""

    name: str
    """``<point>=<what>``, as the command line writes it: ``signature=nonpadded``."""
    point: FaultPoint
    effect: str
    """What it does."""
    peer: str
    """What a strict peer, or a careful host, should do."""
    source: Source
    value: str = ""
    """What the number behind the name means, ``""`` when it takes none: ``n-th message``, ``octets``."""
    default: int | None = None
    """The number when none is given."""
    where: str = ""
    """The first words of the occasions on which it acts, ``""`` for all of its point: ``connect``, ``command``."""


class DueFault(NamedTuple):
    """A fault that fires now; ``value`` is its number, None when it takes none."""

    fault: Fault
    value: int | None = None


class Faults(Protocol):
    """Decides which faults fire; implementations count, draw lots and remember."""

    def concerns(self, point: FaultPoint) -> bool:
        """Whether any fault of ``point`` is armed, for those who pass there too often to ask for nothing."""
        ...

    def due(self, point: FaultPoint, occasion: str = "") -> tuple[DueFault, ...]:
        """The faults that fire at this passing of ``point``.

        ``occasion`` tells passings of one point apart where a fault cares: the name of a command, a message, a
        connection's ``host:port``. Each fault returned is on the timeline as ``FaultFired``.
        """
        ...


class NoFaults:
    """Nothing is armed."""

    def concerns(self, point: FaultPoint) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def due(self, point: FaultPoint, occasion: str = "") -> tuple[DueFault, ...]:  # noqa: ARG002
        """Nothing fires."""
        return ()
