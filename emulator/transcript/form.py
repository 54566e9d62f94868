"""The form of transcripts: their lines, read and written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPI_KINDS: Final = (">>", ">+", "<<")
"""What only transcripts of the SPI console have."""
KINDS: Final = (">", ">=", ">|", "<", "<=", "<|", *SPI_KINDS)
_SPI_LINE: Final = re.compile(r"WIND \d+ (?:\d+|\?)(?: .*)?|LINE(?: .*)?|OK")
"""What the module says on SPI, after ``<``; on the UART no line of it looks like this."""
_DEEPEST: Final = 20
"""Transcripts within each other."""
_PRINTABLE: Final = frozenset(range(0x20, 0x7F))
_ESCAPES: Final = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}
_ESCAPED: Final = re.compile(r"\\(?:x[0-9a-fA-F]{2}|[nrt\\])")
_CHUNK: Final = 256
"""Octets in one line of what is no plain text."""


class TranscriptError(ValueError):
    """A file is no transcript, or cannot be played; the text says where and why."""


class Step(NamedTuple):
    """One line of a transcript: ``kind`` is the mark before its ``text``, ``where`` its file and line."""

    kind: str
    text: str
    where: str

    @property
    def is_of_spi(self) -> bool:
        """Whether only the SPI console says or hears this."""
        return self.kind in SPI_KINDS or (self.kind == "<" and bool(_SPI_LINE.fullmatch(self.text)))


def read_transcript(path: Path) -> Iterator[Step]:
    """The steps of a transcript, those of included ones in their place. Raises TranscriptError, OSError."""
    return _read(path, 0)


def _read(path: Path, depth: int) -> Iterator[Step]:
    if depth > _DEEPEST:
        raise TranscriptError(f"{path.name} includes itself")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as failure:
        raise TranscriptError(f"{path} is no text") from failure
    for number, line in enumerate(lines, 1):
        kind, _, text = line.partition(" ")
        if kind == "@include":
            yield from _read(path.with_name(f"{text}.txt"), depth + 1)
        elif kind in KINDS:
            yield Step(kind, text, f"{path.name}:{number}")
        elif line and not line.startswith("#"):
            raise TranscriptError(f"{path.name}:{number}: {line!r} is no line of a transcript")


def unescaped(text: str) -> bytes:
    """The octets that are written as ``text`` after ``>|`` and ``<|``. Raises TranscriptError for another escape."""
    if "\\" in _ESCAPED.sub("", text):
        raise TranscriptError(f"{text!r} has an escape that there is none of; use \\n, \\r, \\t, \\\\ and \\x00")
    try:
        return text.encode("latin-1").decode("unicode_escape").encode("latin-1")
    except UnicodeEncodeError as failure:
        raise TranscriptError(f"{text!r} has a character of more than one octet") from failure


def raw_lines(mark: str, octets: bytes) -> Iterator[str]:
    """The lines that say ``octets`` as they are, each after ``mark``."""
    for start in range(0, len(octets), _CHUNK):
        yield f"{mark} {''.join(map(_escaped, octets[start : start + _CHUNK]))}"


def heard_lines(octets: bytes) -> Iterator[str]:
    """The lines that say what the module said: whole lines of text if they are, else as they are."""
    *lines, rest = octets.split(b"\r\n")
    if not rest and all(is_text(line) for line in lines):
        yield from (f"< {line.decode('ascii')}" if line else "<" for line in lines)
    else:
        yield from raw_lines("<|", octets)


def is_text(octets: bytes) -> bool:
    """Whether octets are printable ASCII, and can stand in a line as they are."""
    return _PRINTABLE.issuperset(octets)


def _escaped(octet: int) -> str:
    return _ESCAPES.get(octet) or (chr(octet) if octet in _PRINTABLE else f"\\x{octet:02x}")
