"""ECDSA signatures in DER, and what else two numbers can be written as.

``Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`` (RFC 3279). An INTEGER is signed, so a positive
number whose top bit is set needs a leading zero, the *sign octet*; any other leading zero is one too many
(X.690, 8.3).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_SEQUENCE = 0x30
_INTEGER = 0x02
_SHORT_FORM_LIMIT = 0x80
_INDEFINITE = 0x80
_END_OF_CONTENTS = b"\0\0"


class Frame(Enum):
    """What stands around the two numbers."""

    DEFINITE = auto()
    """A SEQUENCE whose length is told, as DER demands."""
    INDEFINITE = auto()
    """A SEQUENCE that two zero octets end, as BER allows (X.690, 8.1.3.6)."""
    NONE = auto()
    """Nothing: both numbers have as many octets as the curve's order."""


def octets_of(number: int) -> int:
    """How many octets a number has, at least one."""
    return max(1, (number.bit_length() + 7) // 8)


def minimal(number: int) -> bytes:
    """The number in as few octets as it needs, without a sign octet."""
    return number.to_bytes(octets_of(number), "big")


def with_sign_octet(number: int) -> bytes:
    """The content of an INTEGER in DER; ``number`` must not be negative."""
    octets = minimal(number)
    return b"\0" + octets if octets[0] & 0x80 else octets


def fixed(size: int) -> Callable[[int], bytes]:
    """Make an encoder that writes ``size`` octets, or more for a number that does not fit."""
    return lambda number: number.to_bytes(max(size, octets_of(number)), "big")


def definite_length(length: int) -> bytes:
    """The length octets of an element in DER: the short form below 128 (X.690, 10.1)."""
    if length < _SHORT_FORM_LIMIT:
        return bytes((length,))
    octets = minimal(length)
    return bytes((_SHORT_FORM_LIMIT | len(octets),)) + octets


class Form(NamedTuple):
    """How signatures of a curve with that ``order`` are written; the defaults are strict DER."""

    order: int
    integer: Callable[[int], bytes] = with_sign_octet
    """The content of an INTEGER."""
    length: Callable[[int], bytes] = definite_length
    """The length octets of every element."""
    frame: Frame = Frame.DEFINITE
    behind: bytes = b""
    """Elements that follow s."""

    def write(self, r: int, s: int) -> bytes:
        """Encode; neither number may be negative."""
        if self.frame is Frame.NONE:
            return b"".join(map(fixed(octets_of(self.order)), (r, s)))
        content = b"".join(self._element(_INTEGER, self.integer(number)) for number in (r, s)) + self.behind
        if self.frame is Frame.INDEFINITE:
            return bytes((_SEQUENCE, _INDEFINITE)) + content + _END_OF_CONTENTS
        return self._element(_SEQUENCE, content)

    def _element(self, tag: int, content: bytes) -> bytes:
        return bytes((tag,)) + self.length(len(content)) + content


def encode_der(r: int, s: int) -> bytes:
    """Encode as strict DER; ``r`` and ``s`` must not be negative."""
    return Form(0).write(r, s)


def is_strict_der(encoded: bytes, order: int) -> bool:
    """Whether a strict decoder takes ``encoded`` as r and s, both within 1..``order`` - 1."""
    sequence = _take(encoded, _SEQUENCE)
    if sequence is None or sequence.rest:
        return False
    first = _take(sequence.content, _INTEGER)
    second = _take(first.rest, _INTEGER) if first else None
    if first is None or second is None or second.rest:
        return False
    return all(
        _is_minimal_and_positive(content) and int.from_bytes(content, "big") < order
        for content in (first.content, second.content)
    )


class _Element(NamedTuple):
    """One DER element's content and the octets behind it."""

    content: bytes
    rest: bytes


def _take(data: bytes, tag: int) -> _Element | None:
    """Split off one element of definite, minimal length; None when there is none."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length >= _SHORT_FORM_LIMIT:
        start += length - _SHORT_FORM_LIMIT
        octets = data[2:start]
        length = int.from_bytes(octets, "big")
        if not octets or octets[0] == 0 or length < _SHORT_FORM_LIMIT:
            return None
    if len(data) < start + length:
        return None
    return _Element(data[start : start + length], data[start + length :])


def _is_minimal_and_positive(content: bytes) -> bool:
    if not content or content[0] & 0x80 or not any(content):
        return False
    return not (len(content) > 1 and content[0] == 0 and not content[1] & 0x80)
