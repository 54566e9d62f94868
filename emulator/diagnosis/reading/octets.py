"""A capture file as a stream of octets, with notes on what was wrong with it."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from typing import Final, Protocol

COMPRESSION_ERRORS: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a damaged gzip file raises."""
_CHUNK: Final = 1 << 16
_MOST_NOTES: Final = 50


class UnusableInput(ValueError):  # noqa: N818  it says what is the matter, as an answer to the user
    """The input is nothing that can be read; the message is one sentence for the user."""


class DamagedInput(UnusableInput):
    """The input ends or goes wrong here; what came before it was read."""


class Notes:
    """What a reader has to say besides its results; equal notes are counted, and there are never more than 50.

    ``file`` is the input that notes are on, empty when there is only one.
    """

    def __init__(self) -> None:
        self.file = ""
        self._counts: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Keep one note: a sentence in which ``{n}``, if there is one, stands for how often it was made."""
        text = f"{self.file}: {text}" if self.file else text
        if text in self._counts or len(self._counts) < _MOST_NOTES:
            self._counts[text] += 1

    def lines(self) -> list[str]:
        """All notes, in the order in which they were first made."""
        return [text.replace("{n}", str(count)) for text, count in self._counts.items()]


class Input(Protocol):
    """What an input must be able to do: a file, a pipe, standard input, a gzip file."""

    def read(self, size: int, /) -> bytes:
        """Return ``size`` octets, fewer only at the end."""
        ...

    def read1(self, size: int, /) -> bytes:
        """Return up to ``size`` octets, none only at the end."""
        ...


class Octets:
    """Reads exact amounts from a stream that need not be seekable; ``position`` counts what was read."""

    def __init__(self, stream: Input) -> None:
        self._stream = stream
        self.position = 0

    def exactly(self, count: int) -> bytes:
        """Return ``count`` octets; raises DamagedInput when fewer are left, EOFError when none is."""
        octets = self.some(count)
        if len(octets) < count:
            if not octets:
                raise EOFError
            raise DamagedInput(f"the file ends in the middle of something, {self.position} octets from its start")
        return octets

    def some(self, count: int) -> bytes:
        """Return up to ``count`` octets, fewer only at the end of the stream."""
        parts = []
        while count and (part := self._read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Pass over ``count`` octets; raises DamagedInput when the stream ends before."""
        while count:
            passed = len(self._read(min(count, _CHUNK)))
            if not passed:
                raise DamagedInput(f"the file ends in the middle of something, {self.position} octets from its start")
            count -= passed

    def _read(self, count: int) -> bytes:
        try:
            octets = self._stream.read(count)
        except COMPRESSION_ERRORS:
            raise DamagedInput("the compressed file is damaged or ends early") from None
        self.position += len(octets)
        return octets
