"""The packets of MQTT 3.1.1 as a broker reads and writes them (OASIS standard, chapters 2 and 3).

Octets go in, packets come out; a packet that breaks a rule raises :class:`ProtocolError`, for which the standard has
one answer: close the connection.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEVEL: Final = 4
"""The protocol level of 3.1.1."""
REFUSED_SUBSCRIPTION: Final = 0x80
_LARGEST: Final = 1 << 20
"""Octets of a packet that the broker takes; the standard allows 256 MiB."""
_MOST_LENGTH_OCTETS: Final = 4
_HIGHEST_QOS: Final = 2


class ProtocolError(Exception):
    """A client broke the protocol."""


class Kind(IntEnum):
    """The types of packets, by the number in the upper half of their first octet."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


_FLAGS: Final = {Kind.PUBREL: 2, Kind.SUBSCRIBE: 2, Kind.UNSUBSCRIBE: 2}
"""What must stand in the lower half of the first octet; 0 for the others, but for PUBLISH."""


class Message(NamedTuple):
    """What is published; ``retain`` asks the broker to keep it, and says of a delivered one that it was kept."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class Connect(NamedTuple):
    """A client's login; ``keep_alive`` is in seconds, 0 for no limit."""

    level: int
    client_id: str
    clean_session: bool
    keep_alive: int
    will: Message | None
    username: str | None
    password: bytes | None


class Publish(NamedTuple):
    """A message on its way; ``identifier`` is 0 with quality of service 0."""

    message: Message
    identifier: int
    duplicate: bool


class Acknowledgement(NamedTuple):
    """PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK."""

    kind: Kind
    identifier: int


class Subscribe(NamedTuple):
    """Filters with the quality of service that is wanted for each."""

    identifier: int
    filters: tuple[tuple[str, int], ...]


class Unsubscribe(NamedTuple):
    """Filters that are to go."""

    identifier: int
    filters: tuple[str, ...]


class Plain(NamedTuple):
    """PINGREQ or DISCONNECT."""

    kind: Kind


Packet = Connect | Publish | Acknowledgement | Subscribe | Unsubscribe | Plain


class PacketReader:
    """Cuts packets out of octets as they come."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> Iterator[Packet]:
        """Take octets; gives the packets that are complete now. Raises ProtocolError."""
        self._octets += octets
        while (head := self._head()) is not None:
            start, end = head
            first = self._octets[0]
            body = bytes(self._octets[start:end])
            del self._octets[:end]
            yield _read(first, body)

    def _head(self) -> tuple[int, int] | None:
        """Where the body of the next packet begins and ends; None while it is not complete."""
        if self._octets:
            _kind(self._octets[0])
        length = 0
        for position, octet in enumerate(self._octets[1 : 1 + _MOST_LENGTH_OCTETS]):
            length |= (octet & 0x7F) << 7 * position
            if length > _LARGEST:
                raise ProtocolError(f"a packet of {length} octets; at most {_LARGEST} are taken here")
            if not octet & 0x80:
                start = position + 2
                return (start, start + length) if len(self._octets) >= start + length else None
        if len(self._octets) > _MOST_LENGTH_OCTETS:
            raise ProtocolError("the length of a packet has more than four octets")
        return None


def connack(code: int, *, session_present: bool = False) -> bytes:
    """The answer to a login; 0 accepts, 1..5 refuse."""
    return bytes((Kind.CONNACK << 4, 2, session_present, code))


def publish(packet: Publish) -> bytes:
    """A message for a client."""
    message = packet.message
    flags = packet.duplicate << 3 | message.qos << 1 | message.retain
    identifier = packet.identifier.to_bytes(2, "big") if message.qos else b""
    return _packet(Kind.PUBLISH, _text(message.topic) + identifier + message.payload, flags)


def acknowledgement(kind: Kind, identifier: int) -> bytes:
    """PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK."""
    return _packet(kind, identifier.to_bytes(2, "big"), _FLAGS.get(kind, 0))


def suback(identifier: int, codes: Sequence[int]) -> bytes:
    """What was granted for each filter."""
    return _packet(Kind.SUBACK, identifier.to_bytes(2, "big") + bytes(codes))


def pingresp() -> bytes:
    """The answer to a PINGREQ."""
    return _packet(Kind.PINGRESP, b"")


def _packet(kind: Kind, body: bytes, flags: int = 0) -> bytes:
    length = bytearray()
    left = len(body)
    while True:
        left, digit = divmod(left, 0x80)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes((kind << 4 | flags,)) + bytes(length) + body


def _text(text: str) -> bytes:
    octets = text.encode()
    return len(octets).to_bytes(2, "big") + octets


class _Body:
    """What is left of a packet's body."""

    def __init__(self, octets: bytes, kind: Kind) -> None:
        self._octets = octets
        self._kind = kind

    def take(self, count: int) -> bytes:
        if len(self._octets) < count:
            raise ProtocolError(f"{self._kind.name} is shorter than it says")
        taken, self._octets = self._octets[:count], self._octets[count:]
        return taken

    def number(self, octets: int = 2) -> int:
        return int.from_bytes(self.take(octets), "big")

    def identifier(self) -> int:
        number = self.number()
        if not number:
            raise ProtocolError(f"{self._kind.name} has the packet identifier 0")
        return number

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            text = self.string().decode()
        except UnicodeDecodeError as failure:
            raise ProtocolError(f"{self._kind.name} holds a text that is no UTF-8") from failure
        if "\0" in text:
            raise ProtocolError(f"{self._kind.name} holds a text with a NUL")
        return text

    def rest(self) -> bytes:
        return self.take(len(self._octets))

    def __bool__(self) -> bool:
        return bool(self._octets)


def _kind(first: int) -> Kind:
    """The type of a packet by its first octet. Raises ProtocolError."""
    try:
        kind = Kind(first >> 4)
    except ValueError:
        raise ProtocolError(f"there is no packet of type {first >> 4}") from None
    flags = first & 0x0F
    if kind is not Kind.PUBLISH and flags != _FLAGS.get(kind, 0):
        raise ProtocolError(f"{kind.name} has the flags {flags}")
    return kind


def _read(first: int, octets: bytes) -> Packet:
    kind, flags = _kind(first), first & 0x0F
    body = _Body(octets, kind)
    packet = _body(kind, flags, body)
    if body:
        raise ProtocolError(f"{kind.name} is longer than it says")
    return packet


def _body(kind: Kind, flags: int, body: _Body) -> Packet:
    match kind:
        case Kind.CONNECT:
            return _connect(body)
        case Kind.PUBLISH:
            return _publish(flags, body)
        case Kind.PUBACK | Kind.PUBREC | Kind.PUBREL | Kind.PUBCOMP:
            return Acknowledgement(kind, body.identifier())
        case Kind.SUBSCRIBE:
            identifier = body.identifier()
            filters: list[tuple[str, int]] = []
            while body or not filters:
                filters.append((body.text(), _qos(body.number(1))))
            return Subscribe(identifier, tuple(filters))
        case Kind.UNSUBSCRIBE:
            identifier = body.identifier()
            names: list[str] = []
            while body or not names:
                names.append(body.text())
            return Unsubscribe(identifier, tuple(names))
        case Kind.PINGREQ | Kind.DISCONNECT:
            return Plain(kind)
    raise ProtocolError(f"{kind.name} is for clients, not for brokers")


def _connect(body: _Body) -> Connect:
    name, level, flags = body.text(), body.number(1), body.number(1)
    if level != LEVEL:
        # What follows may have another form; the answer needs no more than the level.
        body.rest()
        return Connect(level, "", True, 0, None, None, None)
    if name != "MQTT" or flags & 1:
        raise ProtocolError(f"CONNECT names the protocol '{name}' with flags 0x{flags:02x}")
    keep_alive, client_id = body.number(), body.text()
    will = None
    if flags & 0x04:
        topic = body.text()
        will = Message(topic, body.string(), _qos(flags >> 3 & 3), bool(flags & 0x20))
    elif flags & 0x38:
        raise ProtocolError("CONNECT has the flags of a will, but no will")
    username = body.text() if flags & 0x80 else None
    password = body.string() if flags & 0x40 else None
    return Connect(level, client_id, bool(flags & 2), keep_alive, will, username, password)


def _publish(flags: int, body: _Body) -> Publish:
    qos = _qos(flags >> 1 & 3)
    topic = body.text()
    identifier = body.identifier() if qos else 0
    return Publish(Message(topic, body.rest(), qos, bool(flags & 1)), identifier, bool(flags & 8))


def _qos(number: int) -> int:
    if number > _HIGHEST_QOS:
        raise ProtocolError(f"there is no quality of service {number}")
    return number
