"""Opens an input, finds out what it is by its first octets, and reads it."""

from __future__ import annotations

import gzip
import io
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from emulator.diagnosis.handshakes.connection import Connection
from emulator.diagnosis.reading.capture import read_capture
from emulator.diagnosis.reading.conversation import Place
from emulator.diagnosis.reading.octets import COMPRESSION_ERRORS, Octets, UnusableInput
from emulator.diagnosis.reading.openssl_log import OpenSslLog
from emulator.diagnosis.reading.pcap import MAGIC as PCAP
from emulator.diagnosis.reading.pcap import pcap_frames
from emulator.diagnosis.reading.pcapng import SECTION, pcapng_frames
from emulator.diagnosis.reading.timeline import FORMAT, TimelineLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.reading.octets import Input, Notes

STANDARD_INPUT: Final = "-"
_PEEKED: Final = 8
"""Octets that tell what an input is."""
_BUFFER: Final = 1 << 18
_ENOUGH: Final = 2
"""Interruptions."""
_GZIP: Final = b"\x1f\x8b"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_LINE: Final = 1 << 20
_KNOWN: Final = "a pcap or pcapng capture, nor the output of 'openssl s_server -msg', nor a timeline of the emulator"
_OTHER_FORMS: Final = {
    b"snoop\0\0\0": "a capture in the form of snoop",
    b"XCP\0": "a capture in the form of NetXRay",
    b"\x54\x52\x53\x4e": "a capture in the form of a Network Associates Sniffer",
}


def read(name: str, tell: Callable[[Finding], None], notes: Notes) -> None:
    """Read the file ``name`` (``-`` is standard input) and tell each handshake in it.

    Raises UnusableInput for what is no capture or log, OSError when it cannot be read.
    """
    with _opened(name) as stream:
        read_stream(stream, tell, notes)


def read_stream(stream: Input, tell: Callable[[Finding], None], notes: Notes) -> None:
    """Read an open stream, compressed by gzip or not; see :func:`read`."""
    start = stream.read(_PEEKED)
    whole = replayed(start, stream)
    if start.startswith(_GZIP):
        unpacked = gzip.GzipFile(fileobj=whole)
        start = _first(unpacked)
        whole = replayed(start, unpacked)
    _read(start, whole, tell, notes)


def _first(unpacked: Input) -> bytes:
    try:
        return unpacked.read(_PEEKED)
    except COMPRESSION_ERRORS:
        raise UnusableInput("the gzip file is damaged from its beginning") from None


def _read(start: bytes, stream: io.BufferedReader, tell: Callable[[Finding], None], notes: Notes) -> None:
    if not start:
        raise UnusableInput("it is empty")
    if start[:4] in PCAP or start[:4] == SECTION:
        frames = pcap_frames if start[:4] in PCAP else pcapng_frames
        read_capture(frames(Octets(stream)), lambda ends: Connection(ends, tell), notes)
        return
    for octets, what in _OTHER_FORMS.items():
        if start.startswith(octets):
            raise UnusableInput(f"it is {what}; convert it to pcap or pcapng (Wireshark's editcap does)")
    _read_text(stream, "utf-16" if start[:2] in _UTF_16 else "utf-8", tell, notes)


def _read_text(stream: io.BufferedReader, encoding: str, tell: Callable[[Finding], None], notes: Notes) -> None:
    lines = io.TextIOWrapper(stream, encoding, errors="replace")
    log: OpenSslLog | TimelineLog = OpenSslLog(tell)
    place = Place("line", 0)
    try:
        while text := lines.readline(_LONGEST_LINE):
            place = Place("line", place.number + 1)
            if place.number == 1 and text.startswith("{") and FORMAT in text:
                log = TimelineLog(tell, notes)
            log.line(text.rstrip("\r\n"), place)
    except COMPRESSION_ERRORS:
        notes.add("The compressed file is damaged or ends early; what came before that was read.")
    if isinstance(log, OpenSslLog) and not log.seen:
        raise UnusableInput(f"it is neither {_KNOWN}")
    log.end(place)


@contextmanager
def _opened(name: str) -> Iterator[Input]:
    if name == STANDARD_INPUT:
        yield _Interruptible(cast("io.BufferedReader", sys.stdin.buffer))
        return
    if Path(name).is_dir():
        raise UnusableInput("it is a directory")
    with Path(name).open("rb") as stream:
        yield stream


class _Interruptible:
    """Standard input, mostly a pipe from a program that captures and gets the same Ctrl-C.

    It is read until that program ends; a second Ctrl-C is an end too. Either way there is a report.
    """

    def __init__(self, stream: Input) -> None:
        self._stream = stream
        self._interruptions = 0

    def read(self, size: int, /) -> bytes:
        """Return ``size`` octets, fewer only at the end."""
        return self._patiently(self._stream.read, size)

    def read1(self, size: int, /) -> bytes:
        """Return up to ``size`` octets, none only at the end."""
        return self._patiently(self._stream.read1, size)

    def _patiently(self, read: Callable[[int], bytes], size: int) -> bytes:
        while self._interruptions < _ENOUGH:
            try:
                return read(size)
            except KeyboardInterrupt:
                self._interruptions += 1
        return b""


class _Replay(io.RawIOBase):
    """A stream whose first octets were read already and come once more."""

    def __init__(self, start: bytes, stream: Input) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of ``buffer`` as one read gives."""
        octets = self._start or self._stream.read1(len(buffer))
        taken, self._start = octets[: len(buffer)], octets[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def replayed(start: bytes, stream: Input) -> io.BufferedReader:
    """Put ``start`` back before the rest of ``stream``."""
    return io.BufferedReader(_Replay(start, stream), _BUFFER)
