"""TLS records out of one side's stream, also where TLS begins in the middle of it (STARTTLS, a proxy's CONNECT)."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class ContentType(IntEnum):
    """What a record holds."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class Record(NamedTuple):
    """One record in the clear; ``fragment`` is left out for application data."""

    kind: ContentType
    header: bytes
    fragment: bytes


class NotTls(ValueError):  # noqa: N818  an answer, not a failure
    """The stream is no TLS, or none any more; the message is a clause that says why."""


HEADER: Final = 5
_LARGEST: Final = (1 << 14) + 2048
"""Octets of a record's content, encryption included (RFC 5246, 6.2.3)."""
_SEARCHED: Final = 1 << 18
"""Octets in which a stream must come to TLS."""
_TAIL: Final = 10
"""One octet less than :data:`_HELLO` matches."""
_HEAD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]", re.DOTALL)
_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..[\x01\x02]\x00..\x03[\x00-\x04]", re.DOTALL)
"""A record with the first octets of a ClientHello or ServerHello."""
_V2_HELLO = re.compile(rb"[\x80-\xbf].\x01\x03[\x00-\x03]", re.DOTALL)


class RecordReader:
    """Feed it a stream in pieces; it gives records. ``held`` octets wait for the rest of a record.

    Raises NotTls when there is no sense in feeding it more.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip = 0
        self._found = False
        self._passed = 0

    @property
    def held(self) -> int:
        """Octets in memory."""
        return len(self._buffer)

    @property
    def found(self) -> bool:
        """Whether TLS has begun."""
        return self._found

    def feed(self, octets: bytes) -> Iterator[Record]:
        """Give the records that ``octets`` complete. Raises NotTls."""
        if self._skip:
            passed = min(self._skip, len(octets))
            self._skip -= passed
            octets = octets[passed:]
        self._buffer += octets
        if not self._found and not self._find():
            return
        while len(self._buffer) >= HEADER:
            kind, length = self._head()
            if kind is ContentType.APPLICATION_DATA:
                yield Record(kind, bytes(self._buffer[:HEADER]), b"")
                self._pass(HEADER + length)
                continue
            if len(self._buffer) < HEADER + length:
                return
            record = Record(kind, bytes(self._buffer[:HEADER]), bytes(self._buffer[HEADER : HEADER + length]))
            del self._buffer[: HEADER + length]
            yield record

    def skip(self) -> None:
        """Octets before the beginning of TLS are not there; what comes next does not join what came before."""
        self._buffer.clear()
        self._passed += 1

    def _head(self) -> tuple[ContentType, int]:
        length = int.from_bytes(self._buffer[3:HEADER], "big")
        if not _HEAD.match(self._buffer) or length > _LARGEST:
            raise NotTls(f"what should be a TLS record begins with {self._buffer[:HEADER].hex(' ')}")
        return ContentType(self._buffer[0]), length

    def _find(self) -> bool:
        """Look for the beginning of TLS: any record at the stream's beginning, a hello further on."""
        if not self._passed:
            if len(self._buffer) < HEADER:
                return False
            if _V2_HELLO.match(self._buffer):
                raise NotTls("it begins with a hello of SSL 2.0, which is not read")
            if _HEAD.match(self._buffer) and int.from_bytes(self._buffer[3:HEADER], "big") <= _LARGEST:
                self._found = True
                return True
        if hello := _HELLO.search(self._buffer):
            del self._buffer[: hello.start()]
            self._found = True
            return True
        passed = max(0, len(self._buffer) - _TAIL)
        self._passed += passed
        del self._buffer[:passed]
        if self._passed > _SEARCHED:
            raise NotTls("")
        return False

    def _pass(self, count: int) -> None:
        self._skip = max(0, count - len(self._buffer))
        del self._buffer[:count]
