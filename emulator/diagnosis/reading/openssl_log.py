"""What ``openssl s_server`` or ``s_client`` prints with ``-msg`` or ``-debug``, from OpenSSL 1.0 to 3.

``-msg`` shows each record header and each handshake message; ``-debug`` shows the octets as they come and go. Where a
log holds both, the messages count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.handshakes.connection import Connection
from emulator.diagnosis.handshakes.messages import Kind, Message
from emulator.diagnosis.handshakes.records import ContentType
from emulator.diagnosis.reading.conversation import End, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.reading.conversation import Side

_TITLE = re.compile(r"(?P<way><<<|>>>) (?P<what>.*)\[length (?P<size>[0-9a-fA-F]{4,8})\]")
_TRANSFER = re.compile(r"(?P<way>read from|write to) \S+ \[\S+\] \(\d+ bytes => (?P<size>\d+) \(0x[0-9A-F]+\)\)")
_HEX_LINE = re.compile(r"[ \t]+((?:[0-9a-f]{2}[ \t])*[0-9a-f]{2})\s*$")
_DUMP_LINE = re.compile(r"\s*[0-9a-f]{4,} - (?P<octets>(?:[0-9a-f]{2}[ -]){1,16})")
_CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00", re.DOTALL)
_BOUNDARIES: Final = ("CONNECTION CLOSED", "ACCEPT", "CONNECTED(")
_LARGEST: Final = 1 << 18
"""Octets of one message or transfer."""
_RECORD_HEADER: Final = 5
_SIDES: Final[dict[str, Side]] = {"<<<": 0, "read from": 0, ">>>": 1, "write to": 1}
ENDS: Final = ("the peer of openssl", "openssl")
"""The log does not tell addresses."""


class OpenSslLog:
    """Feed it lines, then :meth:`end`; it tells what it found. ``seen`` says whether there was anything to read."""

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        self.seen = False
        self._tell = tell
        self._connection: Connection | None = None
        self._by_messages = False
        self._greeted = False
        self._heads = [b"", b""]
        self._headers: tuple[list[bytes], list[bytes]] = ([], [])
        self._what = ""
        self._side: Side = 0
        self._wanted = 0
        self._octets = bytearray()

    def line(self, text: str, place: Place) -> None:
        """Take one line of the log."""
        if title := _TITLE.search(text):
            self._by_messages_from_now_on()
            self._begin(title["way"], title["what"], int(title["size"], 16), place)
        elif transfer := _TRANSFER.search(text):
            self._begin(transfer["way"], "", int(transfer["size"]), place)
        elif self._wanted and not self._hex(text, place):
            self._cut_off(place)
        if text.startswith(_BOUNDARIES):
            self._boundary(place)

    def end(self, place: Place) -> None:
        """The log ends."""
        self._cut_off(place)
        self._close(End.INPUT_ENDS, place)

    def _begin(self, way: str, what: str, size: int, place: Place) -> None:
        self._cut_off(place)
        self._what, self._side = what, _SIDES[way]
        self.seen = True
        if what or not self._by_messages:
            self._wanted = size
        if self._wanted > _LARGEST:
            self._cut_off(place)

    def _by_messages_from_now_on(self) -> None:
        """Drop what was learned from ``-debug`` so far: the messages say it again, and better."""
        if not self._by_messages:
            self._by_messages = True
            self._connection = None

    def _hex(self, text: str, place: Place) -> bool:
        """Take one line of octets; False when it is none."""
        if line := (_HEX_LINE.match(text) if self._what else _DUMP_LINE.match(text)):
            digits = line[1].replace("-", " ")
            self._octets += bytes.fromhex(digits)[: self._wanted - len(self._octets)]
            if len(self._octets) == self._wanted:
                self._complete(place)
            return True
        return False

    def _complete(self, place: Place) -> None:
        octets, self._wanted = bytes(self._octets), 0
        self._octets.clear()
        if not self._what:
            self._transferred(octets, place)
        elif "Handshake" in self._what:
            self._handshake(octets, place)
        elif "ChangeCipherSpec" in self._what:
            self._talk().other(self._side, ContentType.CHANGE_CIPHER_SPEC, octets, place)
        elif "Alert" in self._what:
            self._talk().other(self._side, ContentType.ALERT, octets, place)
        elif len(octets) == _RECORD_HEADER:
            self._header(octets, place)

    def _transferred(self, octets: bytes, place: Place) -> None:
        """Take what was read or written: OpenSSL reads a record in two steps, its header and the rest."""
        octets = self._heads[self._side] + octets
        self._heads[self._side] = b""
        if len(octets) == _RECORD_HEADER and octets[0] == ContentType.HANDSHAKE:
            self._heads[self._side] = octets
            return
        if _CLIENT_HELLO.match(octets):
            self._greet(place)
        self._talk().octets(self._side, octets, place)

    def _greet(self, place: Place) -> None:
        """A ClientHello begins another connection than the one before, if there was one."""
        if self._greeted:
            self._boundary(place)
        self._greeted = True

    def _header(self, header: bytes, place: Place) -> None:
        """Take a record header: a ChangeCipherSpec that comes in shows in nothing else."""
        if header[0] in (ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA):
            self._talk().other(self._side, ContentType(header[0]), b"\x01", place)
        elif header[0] == ContentType.HANDSHAKE:
            self._headers[self._side].append(header)

    def _handshake(self, octets: bytes, place: Place) -> None:
        if octets[0] == Kind.CLIENT_HELLO:
            self._greet(place)
        headers, at = [], 0
        for header in self._headers[self._side]:
            headers.append((at, header))
            at += int.from_bytes(header[3:], "big")
        self._headers[self._side].clear()
        self._talk().message(self._side, Message(octets[0], octets, tuple(headers)), place)

    def _talk(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(ENDS, self._tell)
        return self._connection

    def _cut_off(self, place: Place) -> None:
        """Give up on octets that the log does not show in full."""
        if self._wanted:
            self._wanted = 0
            self._octets.clear()
            self._talk().lose(self._side, place)

    def _boundary(self, place: Place) -> None:
        self._close(End.CLOSED, place)

    def _close(self, how: End, place: Place) -> None:
        self._greeted = False
        self._heads = [b"", b""]
        if self._connection is not None:
            self._connection.end(how, place)
            self._connection = None
