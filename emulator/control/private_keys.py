"""Private keys do not leave by the control API: whatever is read here is read with their octets replaced by ``*``.

A key is on the serial line when the host stores it (``TLSCERT=key``, ``WPAECERT=key``, a file ``*.key``) and when it
prints such a file; in PEM it may pass anywhere. Those are recognised. A key in DER that comes over the network into a
file is not, and whoever has the serial line can have the module print its files as any host can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.capture.timeline import Entry, Timeline, UartReceived, UartSent
from emulator.capture.traffic import TcpClosed, TcpData, UdpDatagram
from firmware_model.events import CommandReceived, Replied

if TYPE_CHECKING:
    from emulator.capture.timeline import Reader
    from firmware_model.events import Event

_COVER: Final = b"*"
_LONGEST_LINE: Final = 1024
"""Octets before a CR that are looked at; commands are shorter."""
_BRINGS_KEY: Final = re.compile(
    rb"AT\+S\.(?:(?:TLSCERT|WPAECERT)=key|FSC=[^,\r]*\.key),(\d{1,6})(?:,[^\r]*)?\Z", re.IGNORECASE
)
_PRINTS_KEY: Final = re.compile(rb"AT\+S\.FSP=[^,\r]*\.key(?:,[^\r]*)?\Z", re.IGNORECASE)
_UP_TO_CR: Final = re.compile(rb"[^\r]*\r?")
_ERASERS: Final = b"\x08\x7f"
_ERASED: Final = re.compile(rb"[^\x08\x7f][\x08\x7f]")
_REPLY: Final = b"AT-S."
"""How the line begins that ends a print."""
_MARK: Final = b"-----"
_PEM_BEGIN: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_PEM_END: Final = b"-----END "
_LONGEST_MARK: Final = 48


class PemCover:
    """Covers private keys in PEM in one stream of octets, however that is cut into pieces."""

    def __init__(self) -> None:
        self._inside = False
        self._before = b""
        """The end of what was seen; a mark may have begun there."""

    def cover(self, octets: bytes) -> bytes:
        """As many octets as came, with ``*`` for those of a key."""
        before, everything = self._before, self._before + octets
        self._before = everything[-_LONGEST_MARK:]
        if not self._inside and _MARK not in everything:
            return octets
        covered = bytearray(everything)
        position = 0
        while self._inside or (begin := _PEM_BEGIN.search(everything, position)):
            if not self._inside and begin:
                position = begin.end()
            end = everything.find(_PEM_END, position)
            self._inside = end < 0
            last = len(everything) if self._inside else end
            covered[position:last] = _COVER * (last - position)
            if self._inside:
                break
            position = last
        return bytes(covered[len(before) :])


class SerialCover:
    """Covers private keys on one serial line, both directions of which it has to see."""

    def __init__(self) -> None:
        self._line = b""
        self._secret = 0
        """Octets of a key that the host still has to send."""
        self._prints = False
        self._from_host, self._from_module = PemCover(), PemCover()

    def from_host(self, octets: bytes) -> bytes:
        """What the host sent, covered."""
        result = b""
        rest = octets
        while rest:
            if self._secret:
                piece = rest[: self._secret]
                self._secret -= len(piece)
                result += _COVER * len(piece)
            else:
                found = _UP_TO_CR.match(rest)
                piece = found[0] if found else rest
                result += piece
                self._type(piece)
            rest = rest[len(piece) :]
        return self._from_host.cover(result)

    def from_module(self, octets: bytes) -> bytes:
        """What the module sent, covered."""
        if octets.startswith(_REPLY):
            self._prints = False
        return _COVER * len(octets) if self._prints else self._from_module.cover(octets)

    def begin(self, command: bytes) -> None:
        """Note that the module begins a command; its echo is through."""
        self._prints = bool(_PRINTS_KEY.search(command))

    def _type(self, piece: bytes) -> None:
        self._line = (self._line + piece)[-_LONGEST_LINE:]
        if not piece.endswith(b"\r"):
            return
        line = self._line[:-1].replace(b"\n", b"")
        while line != (shorter := _ERASED.sub(b"", line)):
            line = shorter
        self._line = b""
        brings = _BRINGS_KEY.search(line.lstrip(_ERASERS))
        self._secret = int(brings[1]) if brings else 0


class DiscreetTimeline(Timeline):
    """A timeline as it may be shown to others: numbers, times and lengths are the same."""

    def __init__(self, timeline: Timeline) -> None:
        """Cover what ``timeline`` says from now on."""
        self.began = timeline.began
        self._source = timeline
        self._serial = SerialCover()
        self._replies = SerialCover()
        """The module's words once more, before they are on the line."""
        self._network: dict[object, PemCover] = {}
        self._covered: Entry | None = None
        self._reading: dict[Reader, Reader] = {}
        timeline.subscribe(
            self._look, UartReceived, UartSent, CommandReceived, Replied, TcpData, TcpClosed, UdpDatagram
        )

    def subscribe(self, reader: Reader, *kinds: type, secrets: bool = False) -> None:
        """Call ``reader`` with every entry from now on, covered."""

        def read(entry: Entry) -> None:
            covered = self._covered
            reader(covered if covered is not None and covered.number == entry.number else entry)

        self._reading[reader] = read
        self._source.subscribe(read, *kinds, secrets=secrets)

    def unsubscribe(self, reader: Reader) -> None:
        """Call ``reader`` no more; nothing happens when it is not subscribed."""
        if (read := self._reading.pop(reader, None)) is not None:
            self._source.unsubscribe(read)

    def record(self, event: Event) -> None:
        """Append one event to the timeline itself."""
        self._source.record(event)

    def _look(self, entry: Entry) -> None:
        """Cover one entry before anybody else here sees it: this is the first reader."""
        covered = self._cover(entry.event)
        self._covered = None if covered is None else entry._replace(event=covered)

    def _cover(self, event: Event) -> Event | None:
        match event:
            case CommandReceived(line):
                self._serial.begin(line)
                self._replies.begin(line)
            case UartReceived(octets):
                return UartReceived(self._serial.from_host(octets))
            case UartSent(octets):
                return UartSent(self._serial.from_module(octets))
            case Replied(content):
                return Replied(self._replies.from_module(content))
            case TcpData():
                stream = event.connection, event.direction
                return event._replace(octets=self._network.setdefault(stream, PemCover()).cover(event.octets))
            case UdpDatagram():
                return event._replace(octets=PemCover().cover(event.octets))
            case TcpClosed():
                for direction in ("sent", "received"):
                    self._network.pop((event.connection, direction), None)
        return None
