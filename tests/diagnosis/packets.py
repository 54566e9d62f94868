"""Writes conversations as captured packets, in every dress that captures come in; knows nothing of the readers."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tests.diagnosis.conversation import CLIENT, Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TIME = 1_523_500_000.25
"""In April 2018."""


@dataclass(frozen=True)
class Segment:
    """One TCP segment of a conversation."""

    side: int
    sequence: int
    payload: bytes = b""
    flags: int = ACK


@dataclass(frozen=True)
class Path:
    """Addresses, ports and the first sequence number of each side."""

    addresses: tuple[str, str] = ("192.168.0.1", "192.168.0.2")
    ports: tuple[int, int] = (49152, 45061)
    first: tuple[int, int] = (1000, 9000)


PATH = Path()


def segments(conversation: Conversation, path: Path = PATH, *, size: int = 1460, finish: bool = True) -> list[Segment]:
    """Turn a conversation into segments, handshake and end of TCP included."""
    place = list(path.first)
    found = [Segment(0, place[0], flags=SYN), Segment(1, place[1], flags=SYN | ACK)]
    place = [number + 1 for number in place]
    found.append(Segment(0, place[0]))
    for piece in conversation:
        for start in range(0, len(piece.octets), size):
            payload = piece.octets[start : start + size]
            found.append(Segment(piece.side, place[piece.side] % 2**32, payload, PSH | ACK))
            place[piece.side] += len(payload)
    if finish:
        found += [Segment(side, place[side] % 2**32, flags=FIN | ACK) for side in (CLIENT, 1)]
    return found


def tcp(segment: Segment, path: Path = PATH) -> bytes:
    ports = path.ports if segment.side == CLIENT else path.ports[::-1]
    head = struct.pack(">HHIIBBHHH", *ports, segment.sequence % 2**32, 0, 5 << 4, segment.flags, 65535, 0, 0)
    return head + segment.payload


def packet(segment: Segment, path: Path = PATH, *, extensions: bool = False) -> bytes:
    """An IPv4 or IPv6 packet, as the addresses are."""
    addresses = [ip_address(address).packed for address in path.addresses]
    source, destination = addresses if segment.side == CLIENT else addresses[::-1]
    content = tcp(segment, path)
    if len(source) == 4:
        options = bytes(4) if extensions else b""
        words = (20 + len(options)) // 4
        total = 4 * words + len(content)
        return (
            struct.pack(">BBHHHBBH", 0x40 | words, 0, total, 1, 0x4000, 64, 6, 0)
            + source
            + destination
            + options
            + content
        )
    if extensions:
        # Hop-by-hop, then destination options of 16 octets, then TCP.
        content = b"\x3c\0" + bytes(6) + b"\x06\x01" + bytes(14) + content
    first = 0 if extensions else 6
    return struct.pack(">IHBB", 6 << 28, len(content), first, 64) + source + destination + content


def ethernet(octets: bytes, *, tags: Iterable[int] = ()) -> bytes:
    kind = b"\x08\x00" if octets[0] >> 4 == 4 else b"\x86\xdd"
    vlan = b"".join(tag.to_bytes(2, "big") + b"\0\x05" for tag in tags)
    return (bytes(12) + vlan + kind + octets).ljust(60, b"\0")


def cooked(octets: bytes) -> bytes:
    kind = b"\x08\x00" if octets[0] >> 4 == 4 else b"\x86\xdd"
    return bytes(14) + kind + octets


def cooked_2(octets: bytes) -> bytes:
    kind = b"\x08\x00" if octets[0] >> 4 == 4 else b"\x86\xdd"
    return kind + bytes(18) + octets


def loopback(octets: bytes) -> bytes:
    return struct.pack("<I", 2 if octets[0] >> 4 == 4 else 30) + octets


def pcap(frames: Iterable[bytes], *, link: int = 1, order: str = "<", nano: bool = False, snap: int = 1 << 18) -> bytes:
    return b"".join(pcap_parts(frames, link=link, order=order, nano=nano, snap=snap))


def pcap_parts(
    frames: Iterable[bytes], *, link: int = 1, order: str = "<", nano: bool = False, snap: int = 1 << 18
) -> Iterator[bytes]:
    """Give the head, then each frame, of a pcap file."""
    yield struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
    for frame in frames:
        kept = frame[:snap]
        fraction = 250_000_000 if nano else 250_000
        yield struct.pack(order + "IIII", int(TIME), fraction, len(kept), len(frame)) + kept


@dataclass
class Pcapng:
    """Writes pcapng blocks."""

    order: str = "<"
    blocks: list[bytes] = field(default_factory=list)

    def block(self, kind: int, body: bytes) -> None:
        body += bytes(-len(body) % 4)
        length = struct.pack(self.order + "I", len(body) + 12)
        self.blocks.append(struct.pack(self.order + "I", kind) + length + body + length)

    def section(self) -> Pcapng:
        self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + self._option(1, b"a machine"))
        return self

    def interface(self, link: int = 1, snap: int = 0, *, resolution: int | None = None) -> Pcapng:
        options = b"" if resolution is None else self._option(9, bytes((resolution,)))
        self.block(1, struct.pack(self.order + "HHI", link, 0, snap) + options + self._option(0, b""))
        return self

    def enhanced(self, frame: bytes, interface: int = 0, ticks: int = int(TIME * 1e6)) -> Pcapng:
        head = struct.pack(self.order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        self.block(6, head + frame + bytes(-len(frame) % 4) + self._option(1, b"a comment") + self._option(0, b""))
        return self

    def simple(self, frame: bytes) -> Pcapng:
        self.block(3, struct.pack(self.order + "I", len(frame)) + frame)
        return self

    def old(self, frame: bytes) -> Pcapng:
        ticks = int(TIME * 1e6)
        head = struct.pack(self.order + "HHIIII", 0, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        self.block(2, head + frame)
        return self

    def octets(self) -> bytes:
        return b"".join(self.blocks)

    def _option(self, code: int, value: bytes) -> bytes:
        return struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def frames(conversation: Conversation, path: Path = PATH) -> list[bytes]:
    """A conversation as Ethernet frames."""
    return [ethernet(packet(segment, path)) for segment in segments(conversation, path)]
