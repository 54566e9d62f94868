"""A signature's octets with a mark beneath each one, readable without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.judging.encoding import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.judging.damage import Flip
    from emulator.diagnosis.judging.encoding import Encoding, Mark

_PER_LINE: Final = 16
_SHORT: Final = 25
"""Longer explanations have a line of their own."""
_INDENT: Final = " " * 6
_LEGEND: Final = {
    "--": "tag and length",
    "+0": "sign octet",
    "rr": "r",
    "ss": "s",
    "r!": "r, whose top bit is set: the sign octet 00 is missing before it",
    "s!": "s, whose top bit is set: the sign octet 00 is missing before it",
    "0!": "needless zero",
    "-!": "not as DER wants it",
    "x!": "does not belong here",
    "^^": "the octet with the flipped bit",
    "  ": "",
}


def marked(encoding: Encoding, flip: Flip | None = None) -> Iterator[str]:
    """Give the octets in lines of 16, each with its line of marks, then the meaning of the marks that were used."""
    octets = encoding.octets
    marks = _marks(encoding)
    if flip is not None and flip.octet < len(marks):
        marks[flip.octet] = "^^"
    for start in range(0, len(octets), _PER_LINE):
        yield f"{start:4}  {octets[start : start + _PER_LINE].hex(' ')}"
        yield f"{_INDENT}{' '.join(marks[start : start + _PER_LINE])}".rstrip()
    used = [f"{mark} {text}" for mark, text in _LEGEND.items() if mark in marks and text]
    short = "; ".join(text for text in used if len(text) <= _SHORT)
    yield from (f"{_INDENT}{text}" for text in (short, *(text for text in used if len(text) > _SHORT)) if text)


def _marks(encoding: Encoding) -> list[str]:
    marks = ["  "] * len(encoding.octets)
    for mark in encoding.marks:
        for index in range(mark.start, min(mark.start + mark.size, len(marks))):
            marks[index] = _sign(mark, first=index == mark.start)
    return marks


def _sign(mark: Mark, *, first: bool) -> str:
    if mark.part == "sign octet":
        return "0!" if mark.flaw is Flaw.NEEDLESS_ZERO else "+0"
    if mark.part == "trailing":
        return "x!"
    if mark.part == "frame":
        return "-!" if mark.flaw is not None else "--"
    letter = "r" if mark.field == "r" else "s"
    return f"{letter}!" if first and mark.flaw is Flaw.SIGN_OCTET_MISSING else letter * 2
