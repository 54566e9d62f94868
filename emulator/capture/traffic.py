"""What passed on the network, as events: recorded where the module's antenna would be.

Addresses are those of the module's network. ``connection`` is the number of a TCP connection; everything that the
log says about it elsewhere, TLS above all, carries the same one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

from firmware_model.events import shown

if TYPE_CHECKING:
    from firmware_model.events import Direction
    from firmware_model.outside import Address

Side = Literal["module", "peer"]


class Outcome(StrEnum):
    """Why a connection did not come about."""

    REFUSED = "refused"
    """The other side reset it."""
    SILENCE = "silence"
    """Nobody answered for as long as the module waited."""
    UNREACHABLE = "unreachable"
    """There is no way there."""


class NameLookedUp(NamedTuple):
    """The module asked for the address of a name; ``address`` is None when it got none."""

    name: str
    address: str | None

    def __str__(self) -> str:
        return f"name {self.name} {f'is {self.address}' if self.address else 'has no address'}"


class TcpConnecting(NamedTuple):
    """The module asks for a connection."""

    connection: int
    local: Address
    remote: Address

    def __str__(self) -> str:
        return f"tcp {self.connection} from {_at(self.local)} to {_at(self.remote)} begins"


class TcpOpened(NamedTuple):
    """A connection is open; ``by`` who asked for it."""

    connection: int
    local: Address
    remote: Address
    by: Side

    def __str__(self) -> str:
        return f"tcp {self.connection} {_at(self.local)} - {_at(self.remote)} opened by the {self.by}"


class TcpFailed(NamedTuple):
    """A connection that the module asked for did not come about; ``remote`` may still hold a name."""

    connection: int
    local: Address
    remote: Address
    outcome: Outcome

    def __str__(self) -> str:
        return f"tcp {self.connection} to {_at(self.remote)} not opened: {self.outcome.value}"


class TcpData(NamedTuple):
    """Octets went over a connection."""

    connection: int
    local: Address
    remote: Address
    direction: Direction
    octets: bytes

    def __str__(self) -> str:
        return f"tcp {self.connection} {_arrow(self.direction)} {shown(self.octets)}"


class TcpClosed(NamedTuple):
    """One side ended its direction of a connection, or with ``reset`` the connection as a whole."""

    connection: int
    local: Address
    remote: Address
    by: Side
    reset: bool

    def __str__(self) -> str:
        return f"tcp {self.connection} {'reset' if self.reset else 'closed'} by the {self.by}"


class UdpDatagram(NamedTuple):
    """A UDP datagram was sent or received; ``remote`` may hold a name when it was lost before it was looked up.

    With ``to_all`` it was sent to everybody on the module's network.
    """

    local: Address
    remote: Address
    direction: Direction
    octets: bytes
    to_all: bool = False

    def __str__(self) -> str:
        return f"udp {_at(self.local)} {_arrow(self.direction)} {_at(self.remote)} {shown(self.octets)}"


class Echo(NamedTuple):
    """An ICMP echo request with ``size`` octets of data was sent, or its answer received.

    ``number`` counts the requests; ``remote`` may be a name that nobody has looked up.
    """

    number: int
    local: str
    remote: str
    direction: Direction
    size: int

    def __str__(self) -> str:
        return f"ping {self.number} {_arrow(self.direction)} {self.remote}, {self.size} octets"


TRAFFIC = (NameLookedUp, TcpConnecting, TcpOpened, TcpFailed, TcpData, TcpClosed, UdpDatagram, Echo)


def _at(address: Address) -> str:
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def _arrow(direction: Direction) -> str:
    return "->" if direction == "sent" else "<-"
