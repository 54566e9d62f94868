"""Where in the octets of a connection the TLS messages end that the log has told of.

The log tells of each message before its octets leave, which may be in several pieces, several messages to one piece,
and after ChangeCipherSpec encrypted. So the records are followed: in the clear their content is the messages one behind
the other, encrypted each record is one of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER: Final = 5
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE = 20, 21, 22
_TYPES: Final = {"ChangeCipherSpec": _CHANGE_CIPHER_SPEC, "Alert": _ALERT}


@dataclass
class _Expected:
    content_type: int
    left: int
    comments: list[str]


class TlsMarks:
    """Follows what one side of one connection sends, from its first TLS message on."""

    def __init__(self) -> None:
        self._expected: deque[_Expected] = deque()
        self._begun = False
        self._encrypted = False
        self._record = bytearray()

    def expect(self, name: str, length: int, comments: list[str]) -> None:
        """Wait for a message of so many octets; ``comments`` belong to its end."""
        self._begun = True
        self._expected.append(_Expected(_TYPES.get(name, _HANDSHAKE), length, comments))

    def take(self, octets: bytes) -> list[tuple[int, list[str]]]:
        """What ends in ``octets``, which are sent next: the position behind each message, and its comments."""
        if not self._begun:
            return []
        marks: list[tuple[int, list[str]]] = []
        position = -len(self._record)
        self._record += octets
        while len(self._record) >= _HEADER:
            size = _HEADER + int.from_bytes(self._record[3:_HEADER])
            if len(self._record) < size:
                break
            position += size
            marks += self._ends(self._record[0], size - _HEADER, position)
            del self._record[:size]
        return marks

    def _ends(self, content_type: int, length: int, end: int) -> Iterator[tuple[int, list[str]]]:
        """The messages that end in one record, whose own end is at ``end``."""
        if content_type not in (_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE):
            return
        while self._expected and self._expected[0].content_type != content_type:
            yield end, self._expected.popleft().comments  # a fault kept it back
        while length and self._expected and self._expected[0].content_type == content_type:
            expected = self._expected[0]
            taken = length if self._encrypted else min(length, expected.left)
            length -= taken
            expected.left -= taken
            if expected.left > 0 and not self._encrypted:
                return
            self._expected.popleft()
            yield end - length, expected.comments
        self._encrypted = self._encrypted or content_type == _CHANGE_CIPHER_SPEC
