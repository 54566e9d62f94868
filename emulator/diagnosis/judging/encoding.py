"""Reads the encoding of an ECDSA signature as leniently as can be, and says of each octet what it is.

``Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`` in DER (RFC 3279, 2.2.3). DER wants lengths in the short form
where that will do, and INTEGERs in the fewest octets; as an INTEGER is signed, a number whose top bit is set needs a
zero before it, the *sign octet*, and no other zero is allowed (X.690, 8.3 and 10.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, NamedTuple

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_INDEFINITE: Final = 0x80
_LONGEST_LENGTH: Final = 4
"""Octets of a length in the long form that are read."""


class Flaw(Enum):
    """What is not as DER wants it, each with what to call it."""

    EMPTY = "there is no signature at all"
    RAW = "r and s stand there without any DER around them"
    NO_SEQUENCE = "it does not begin with a SEQUENCE"
    NO_INTEGER = "an INTEGER is missing"
    EMPTY_INTEGER = "an INTEGER has no content"
    TRUNCATED = "it ends before the lengths in it say"
    WRONG_LENGTH = "the length of the SEQUENCE is not that of its content"
    SIGN_OCTET_MISSING = "the sign octet is missing"
    NEEDLESS_ZERO = "there is a needless zero"
    LONG_LENGTH = "a length is in the long form though the short one would do"
    INDEFINITE_LENGTH = "a length is indefinite"
    TRAILING = "octets follow that do not belong to it"


Field = Literal["signature", "r", "s"]
Part = Literal["frame", "sign octet", "number", "trailing"]


class Mark(NamedTuple):
    """What ``size`` octets from ``start`` on are; ``flaw`` tells what is wrong there, if anything."""

    start: int
    size: int
    field: Field
    part: Part
    flaw: Flaw | None = None


@dataclass(slots=True)
class Encoding:
    """One way to read a signature; ``r`` and ``s`` are None when they are not there in full.

    ``marks`` cover the octets that were made out, in order. ``r_octets`` and ``s_octets`` are the contents without
    sign octet and needless zeros.
    """

    octets: bytes
    marks: list[Mark] = field(default_factory=list)
    r_octets: bytes | None = None
    s_octets: bytes | None = None

    @property
    def r(self) -> int | None:
        """The number r, read as not negative."""
        return None if self.r_octets is None else int.from_bytes(self.r_octets, "big")

    @property
    def s(self) -> int | None:
        """The number s, read as not negative."""
        return None if self.s_octets is None else int.from_bytes(self.s_octets, "big")

    @property
    def flaws(self) -> tuple[tuple[Flaw, Field], ...]:
        """What is wrong, in order, and with what."""
        return tuple((mark.flaw, mark.field) for mark in self.marks if mark.flaw is not None)

    @property
    def strict(self) -> bool:
        """Whether it is DER; the numbers may still be out of range."""
        return not self.flaws and self.r is not None and self.s is not None

    def flawed(self, flaw: Flaw) -> list[Field]:
        """Return what has that flaw."""
        return [where for what, where in self.flaws if what is flaw]


def read_encoding(octets: bytes, size: int) -> Encoding:
    """Read a signature of two numbers of up to ``size`` octets: as DER, or raw where it has that length."""
    der = _Reader(octets).read()
    if len(octets) == 2 * size and not der.strict:
        return _raw(octets, size)
    return der


def _raw(octets: bytes, size: int) -> Encoding:
    marks = [Mark(0, size, "r", "number", Flaw.RAW), Mark(size, size, "s", "number")]
    return Encoding(octets, marks, octets[:size], octets[size:])


class _Reader:
    """Goes through the octets once and marks them."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._position = 0
        self._result = Encoding(octets)

    def read(self) -> Encoding:
        """Read what can be read."""
        if not self._octets:
            self._mark(0, "signature", "frame", Flaw.EMPTY)
        elif self._octets[0] != _SEQUENCE:
            self._mark(1, "signature", "frame", Flaw.NO_SEQUENCE)
        else:
            self._sequence()
        return self._result

    def _sequence(self) -> None:
        length = self._head("signature")
        end = None if length is None else self._position + length
        self._result.r_octets = self._integer("r")
        if self._result.r_octets is not None:
            self._result.s_octets = self._integer("s")
        too_long = end is not None and end > len(self._octets)
        if self._result.s_octets is None:
            if too_long:
                self._blame(0, Flaw.TRUNCATED)
            return
        if end is None:
            self._end_of_contents()
        elif too_long or self._position > end:
            self._blame(0, Flaw.WRONG_LENGTH)
        if left := len(self._octets) - self._position:
            self._mark(left, "signature", "trailing", Flaw.TRAILING)

    def _end_of_contents(self) -> None:
        if self._octets[self._position : self._position + 2] == b"\0\0":
            self._mark(2, "signature", "frame")
        else:
            self._mark(0, "signature", "frame", Flaw.TRUNCATED)

    def _head(self, of: Field) -> int | None:
        """Read tag and length; None for an indefinite length."""
        start = self._position
        first = self._octets[start + 1] if start + 1 < len(self._octets) else None
        if first is None:
            self._mark(1, of, "frame", Flaw.TRUNCATED)
            return 0
        if first == _INDEFINITE:
            self._mark(2, of, "frame", Flaw.INDEFINITE_LENGTH)
            return None
        if first < _INDEFINITE:
            self._mark(2, of, "frame")
            return first
        count = first - _INDEFINITE
        digits = self._octets[start + 2 : start + 2 + count]
        if count > _LONGEST_LENGTH or len(digits) < count:
            self._mark(2 + len(digits), of, "frame", Flaw.TRUNCATED)
            return 0
        length = int.from_bytes(digits, "big")
        needless = length < _INDEFINITE or digits[0] == 0
        self._mark(2 + count, of, "frame", Flaw.LONG_LENGTH if needless else None)
        return length

    def _integer(self, of: Field) -> bytes | None:
        """Read one INTEGER; None when it is not there in full."""
        if self._position >= len(self._octets):
            self._mark(0, of, "frame", Flaw.TRUNCATED)
            return None
        if self._octets[self._position] != _INTEGER:
            self._mark(1, of, "frame", Flaw.NO_INTEGER)
            return None
        length = self._head(of)
        if length is None:
            return None
        content = self._octets[self._position : self._position + length]
        if not length:
            self._blame(-1, Flaw.EMPTY_INTEGER)
            return None
        number = self._content(of, content)
        if len(content) < length:
            self._mark(0, of, "number", Flaw.TRUNCATED)
            return None
        return number

    def _content(self, of: Field, content: bytes) -> bytes:
        """Mark the octets of an INTEGER and return those of the number."""
        number = content.lstrip(b"\0") or content[-1:]
        zeros = len(content) - len(number)
        needs_sign_octet = bool(number and number[0] & 0x80)
        needless = zeros - needs_sign_octet
        if needless > 0:
            self._mark(needless, of, "sign octet", Flaw.NEEDLESS_ZERO)
        if needs_sign_octet and zeros:
            self._mark(1, of, "sign octet")
        flaw = Flaw.SIGN_OCTET_MISSING if needs_sign_octet and not zeros else None
        self._mark(len(number), of, "number", flaw)
        return number

    def _blame(self, index: int, flaw: Flaw) -> None:
        """Give a mark a flaw unless it has one."""
        mark = self._result.marks[index]
        self._result.marks[index] = mark._replace(flaw=mark.flaw or flaw)

    def _mark(self, size: int, of: Field, part: Part, flaw: Flaw | None = None) -> None:
        self._result.marks.append(Mark(self._position, size, of, part, flaw))
        self._position += size
