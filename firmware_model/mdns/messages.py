"""The messages of multicast DNS, as far as a responder needs them (RFC 1035, RFC 6762).

::

    number (2) flags (2) | questions (2) answers (2) authorities (2) additionals (2)
    question:  name, type (2), class (2)            top bit of the class: answer to me alone
    record:    name, type (2), class (2), seconds (4), length (2), data
                                                    top bit of the class: there is no other record of this name
    name:      length (1) label, length (1) label, ... 0; or, anywhere, two octets 11...... that point to one before

Names are tuples of labels, octets as they are; they are the same in any letter case of ASCII.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Name = tuple[bytes, ...]

_HEADER: Final = 12
_INTERNET: Final = 1
_TOP_BIT: Final = 0x8000
_NOT_A_QUERY: Final = 0xF800
"""Flags that a query has not: response, and any operation but 0 (RFC 6762, 18.2 and 18.3)."""
_RESPONSE: Final = 0x8400
"""A response with authority and without error."""
LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 255
_POINTER: Final = 0xC0
_POINTED_AT: Final = 0x3FFF


class RecordType(IntEnum):
    """The types of records that the module has, and the question for all of them."""

    A = 1
    PTR = 12
    TXT = 16
    AAAA = 28
    SRV = 33
    ANY = 255


_BEFORE_NAME: Final = {RecordType.PTR: 0, RecordType.SRV: 6}
"""Octets of the data of a record before the name in it, which may be a pointer."""


class MalformedMessageError(ValueError):
    """These octets are no query."""


class Question(NamedTuple):
    """A name and a type (a number, known here or not) that somebody asks for."""

    name: Name
    type: int
    unicast: bool
    """The answer may go to who asks alone."""


class Record(NamedTuple):
    """One record; ``data`` as on the wire, names in it without pointers."""

    name: Name
    type: int
    data: bytes
    ttl: int
    """Seconds, 0..2**31-1."""
    unique: bool = False
    """Nobody else has a record of this name and type."""

    def is_same_as(self, other: Record) -> bool:
        """Whether both say the same, for however long."""
        return _folded(self.name) == _folded(other.name) and (self.type, self.data) == (other.type, other.data)


class Query(NamedTuple):
    """What somebody asks, and what he knows already."""

    number: int
    questions: tuple[Question, ...]
    known: tuple[Record, ...]


def is_same_name(one: Name, other: Name) -> bool:
    """Whether two names are the same in any letter case."""
    return _folded(one) == _folded(other)


def encode_name(name: Name) -> bytes:
    """The octets of a name. Raises ValueError for labels and names that are too long."""
    if not all(0 < len(label) <= LONGEST_LABEL for label in name):
        raise ValueError(f"a label has 1..{LONGEST_LABEL} octets")
    octets = b"".join(bytes([len(label)]) + label for label in name) + b"\0"
    if len(octets) > _LONGEST_NAME:
        raise ValueError(f"a name has {_LONGEST_NAME} octets at most")
    return octets


def encode_response(
    answers: Iterable[Record],
    additional: Iterable[Record] = (),
    *,
    number: int = 0,
    questions: Iterable[Question] = (),
) -> bytes:
    """A response. ``number`` and ``questions`` are repeated for who speaks plain DNS only (RFC 6762, 6.7)."""
    sections = tuple(questions), tuple(answers), (), tuple(additional)
    counts = b"".join(len(section).to_bytes(2, "big") for section in sections)
    head = number.to_bytes(2, "big") + _RESPONSE.to_bytes(2, "big") + counts
    asked = b"".join(encode_name(name) + _pair(kind, _INTERNET) for name, kind, _ in sections[0])
    return head + asked + b"".join(map(_encode_record, (*sections[1], *sections[3])))


def decode_query(octets: bytes) -> Query:
    """Read a query. Raises MalformedMessageError for anything else."""
    if len(octets) < _HEADER:
        raise MalformedMessageError("too short")
    number, flags, questions, answers = (_short(octets, at) for at in (0, 2, 4, 6))
    if flags & _NOT_A_QUERY:
        raise MalformedMessageError("no query")
    reader = _Reader(octets)
    return Query(
        number,
        tuple(reader.question() for _ in range(questions)),
        tuple(reader.record() for _ in range(answers)),
    )


class _Reader:
    """Reads what follows the head."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._position = _HEADER

    def question(self) -> Question:
        name, kind, klass = self._name(), self._number(2), self._number(2)
        return Question(name, kind, bool(klass & _TOP_BIT))

    def record(self) -> Record:
        name, kind, klass, ttl = self._name(), self._number(2), self._number(2), self._number(4)
        end = self._number(2) + self._position
        if end > len(self._octets):
            raise MalformedMessageError("a record ends too early")
        data = self._octets[self._position : end]
        if kind in _BEFORE_NAME:
            before = _BEFORE_NAME[RecordType(kind)]
            data = data[:before] + encode_name(_decode_name(self._octets, self._position + before)[0])
        self._position = end
        return Record(name, kind, data, ttl, bool(klass & _TOP_BIT))

    def _name(self) -> Name:
        name, self._position = _decode_name(self._octets, self._position)
        return name

    def _number(self, size: int) -> int:
        octets = self._octets[self._position : self._position + size]
        if len(octets) < size:
            raise MalformedMessageError("too short")
        self._position += size
        return int.from_bytes(octets, "big")


def _decode_name(octets: bytes, position: int) -> tuple[Name, int]:
    """The name at a position, and where what follows it begins. Pointers lead backwards, so there is an end."""
    labels: list[bytes] = []
    begin, end, size = position, 0, 0
    while position < len(octets):
        length = octets[position]
        if length >= _POINTER:
            end = end or position + 2
            position = _short(octets, position) & _POINTED_AT
            if position >= begin:
                raise MalformedMessageError("a pointer does not lead backwards")
            begin = position
            continue
        position += 1 + length
        size += 1 + length
        if length > LONGEST_LABEL or size > _LONGEST_NAME or position > len(octets):
            break
        if not length:
            return tuple(labels), end or position
        labels.append(octets[position - length : position])
    raise MalformedMessageError("a name ends too early or never")


def _encode_record(record: Record) -> bytes:
    klass = _INTERNET | _TOP_BIT * record.unique
    length = len(record.data).to_bytes(2, "big")
    return encode_name(record.name) + _pair(record.type, klass) + record.ttl.to_bytes(4, "big") + length + record.data


def _pair(kind: int, klass: int) -> bytes:
    return kind.to_bytes(2, "big") + klass.to_bytes(2, "big")


def _short(octets: bytes, position: int) -> int:
    return int.from_bytes(octets[position : position + 2], "big")


def _folded(name: Name) -> Name:
    return tuple(label.lower() for label in name)
