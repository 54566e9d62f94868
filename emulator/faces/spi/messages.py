"""The messages between an SPI master and the face, without I/O.

Each message is a letter, the length of the rest as two octets (most significant first), and the rest::

    master                                      face
    C  octets on MOSI, 1..65535         ->  C  as many octets on MISO
    S  0 or 1: level of chip select     ->  (nothing)
    R  0 or 1: level of the reset pin   ->  (nothing)
                                            I  0 or 1: level of the interrupt line, first of all and at each change
                                            E  text: a message was not understood, or the bus is in use

Levels are octets, 0 for low. All lines are active when low. docs/faces-spi.md says what a master does with them.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 65535
"""Octets in a message after its length."""
_HEADER: Final = 3


class MessageType(Enum):
    """The first octet of a message."""

    CLOCK = b"C"
    SELECT = b"S"
    RESET = b"R"
    INTERRUPT = b"I"
    ERROR = b"E"


class Message(NamedTuple):
    """One message; what it says depends on its type."""

    type: MessageType
    content: bytes

    def encode(self) -> bytes:
        """The message as octets. Raises ValueError when it is too long."""
        if len(self.content) > LONGEST:
            raise ValueError(f"{len(self.content)} octets do not fit into one message; send at most {LONGEST}")
        return self.type.value + len(self.content).to_bytes(2, "big") + self.content


class UnknownMessageError(ValueError):
    """What arrived does not begin like a message, so nothing after it can be understood."""


def level(message_type: MessageType, *, high: bool) -> Message:
    """A message that tells the level of a line."""
    return Message(message_type, b"\1" if high else b"\0")


class MessageParser:
    """Cuts a stream into messages."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> Iterator[Message]:
        """Take octets and yield the messages that are complete with them. Raises UnknownMessageError."""
        self._octets += octets
        while self._octets:
            kind = _type_of(bytes(self._octets[:1]))
            length = int.from_bytes(self._octets[1:_HEADER], "big")
            if len(self._octets) < _HEADER or len(self._octets) < _HEADER + length:
                return
            content = bytes(self._octets[_HEADER : _HEADER + length])
            del self._octets[: _HEADER + length]
            yield Message(kind, content)


def _type_of(octet: bytes) -> MessageType:
    try:
        return MessageType(octet)
    except ValueError:
        raise UnknownMessageError(f"no message begins with {octet!r}") from None
