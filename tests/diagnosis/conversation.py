"""What two sides of a TCP connection said, as pieces in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENT, SERVER = 0, 1


class Piece(NamedTuple):
    """Octets of one side, sent at one time."""

    side: int
    octets: bytes


Conversation = list[Piece]


def records(kind: int, octets: bytes, *, version: int = 0x0303, size: int = 1 << 14) -> bytes:
    """Put ``octets`` into records of up to ``size``."""
    parts = [octets[i : i + size] for i in range(0, len(octets), size)]
    return b"".join(bytes((kind,)) + version.to_bytes(2, "big") + len(p).to_bytes(2, "big") + p for p in parts)


def message(kind: int, body: bytes) -> bytes:
    """One handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def handshake_messages(octets: bytes) -> list[bytes]:
    """Cut a side's records into handshake messages, up to ChangeCipherSpec or an alert."""
    content = b""
    while len(octets) >= 5 and octets[0] == 22:
        end = 5 + int.from_bytes(octets[3:5], "big")
        content += octets[5:end]
        octets = octets[end:]
    found = []
    while len(content) >= 4:
        end = 4 + int.from_bytes(content[1:4], "big")
        found.append(content[:end])
        content = content[end:]
    return found


def of_side(conversation: Iterable[Piece], side: int) -> bytes:
    """Everything that one side said."""
    return b"".join(piece.octets for piece in conversation if piece.side == side)
