"""Telnet: takes commands and option negotiation out of a stream of octets, and puts them in.

An option is on or off for each side. Who may say what follows RFC 1143, without its queue since nobody here changes
his mind; only a request to *change* something is ever answered, so two ends cannot answer each other for ever::

    received     option OFF                 option ASKED    option ON
    WILL, DO     agree: ON, answer yes      ON              -
                 else:  OFF, answer no
    WONT, DONT   -                          OFF             OFF, answer no

A subnegotiation that is longer than the longest sensible one is read to its end and dropped, as is one that holds
a command; an octet of it never becomes data.
"""

from __future__ import annotations

from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_SUBNEGOTIATION: Final = 256
"""Octets of a subnegotiation that is heeded; those of RFC 2217 have five, a signature some more."""
_IAC: Final = b"\xff"
_PAIR: Final = _IAC + _IAC
"""An IAC that is data."""


class Code(IntEnum):
    """The octets that follow an IAC (RFC 854, pages 14 and 15)."""

    SE = 240
    NOP = 241
    BREAK = 243
    SB = 250
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254
    IAC = 255


class Option(IntEnum):
    """The options that somebody here may use."""

    BINARY = 0
    ECHO = 1
    SUPPRESS_GO_AHEAD = 3
    COM_PORT = 44


class Side(Enum):
    """Whose option it is: WILL and WONT speak of the speaker's own, DO and DONT of the other's."""

    OURS = auto()
    THEIRS = auto()


class Data(NamedTuple):
    """Octets of the conversation."""

    octets: bytes


class Negotiation(NamedTuple):
    """WILL, WONT, DO or DONT, with the option's number."""

    code: Code
    option: int


class Subnegotiation(NamedTuple):
    """What was between SB and SE, without the option's number."""

    option: int
    content: bytes


class Break(NamedTuple):
    """The telnet command BRK: somebody pressed the break key."""


class Switched(NamedTuple):
    """An option went on or off, or the other side refused to have it on."""

    side: Side
    option: Option
    on: bool


Token = Data | Negotiation | Subnegotiation | Break
Event = Data | Subnegotiation | Break | Switched


class _Place(Enum):
    """Where in the stream the next octet stands."""

    DATA = auto()
    COMMAND = auto()
    """behind an IAC"""
    OPTION = auto()
    """behind IAC and WILL, WONT, DO or DONT"""
    SUBNEGOTIATION = auto()
    """between IAC SB and IAC SE"""
    SUBNEGOTIATION_COMMAND = auto()
    """behind an IAC in there"""


class Reader:
    """Cuts the stream into tokens, wherever it is cut into readings."""

    def __init__(self) -> None:
        self._place = _Place.DATA
        self._code = Code.WILL
        self._content = bytearray()
        self._sound = True
        self._tokens: list[Token] = []
        self._data = bytearray()

    @property
    def plain(self) -> bool:
        """Whether the next octet is data unless it is an IAC."""
        return self._place is _Place.DATA

    def read(self, octets: bytes) -> list[Token]:
        """Take the next octets of the stream; whatever they complete is returned."""
        position = 0
        while position < len(octets):
            if self._place is _Place.DATA:
                position = self._read_data(octets, position)
            elif self._place is _Place.SUBNEGOTIATION:
                position = self._read_content(octets, position)
            else:
                self._read_one(octets[position])
                position += 1
        self._end_data()
        tokens, self._tokens = self._tokens, []
        return tokens

    def _read_data(self, octets: bytes, start: int) -> int:
        end = octets.find(_IAC, start)
        if end < 0:
            self._data += octets[start:]
            return len(octets)
        self._data += octets[start:end]
        self._place = _Place.COMMAND
        return end + 1

    def _read_content(self, octets: bytes, start: int) -> int:
        end = octets.find(_IAC, start)
        stop = len(octets) if end < 0 else end
        self._append_content(octets[start:stop])
        if end < 0:
            return stop
        self._place = _Place.SUBNEGOTIATION_COMMAND
        return end + 1

    def _read_one(self, octet: int) -> None:
        if self._place is _Place.OPTION:
            self._end_data()
            self._tokens.append(Negotiation(self._code, octet))
            self._place = _Place.DATA
        elif self._place is _Place.COMMAND:
            self._read_command(octet)
        else:
            self._read_command_in_content(octet)

    def _read_command(self, octet: int) -> None:
        self._place = _Place.DATA
        if octet == Code.IAC:
            self._data += _IAC
        elif octet == Code.SB:
            self._begin_subnegotiation()
        elif Code.WILL <= octet <= Code.DONT:
            self._place, self._code = _Place.OPTION, Code(octet)
        elif octet == Code.BREAK:
            self._end_data()
            self._tokens.append(Break())

    def _read_command_in_content(self, octet: int) -> None:
        self._place = _Place.SUBNEGOTIATION
        if octet == Code.IAC:
            self._append_content(_IAC)
        elif octet == Code.SB:
            # The end of the one before was forgotten.
            self._begin_subnegotiation()
        elif octet == Code.SE:
            self._place = _Place.DATA
            if self._sound and self._content:
                self._end_data()
                self._tokens.append(Subnegotiation(self._content[0], bytes(self._content[1:])))
            self._content.clear()
        else:
            self._sound = False

    def _begin_subnegotiation(self) -> None:
        self._place, self._sound = _Place.SUBNEGOTIATION, True
        self._content.clear()

    def _append_content(self, octets: bytes) -> None:
        if self._sound:
            self._content += octets[: _LONGEST_SUBNEGOTIATION + 2 - len(self._content)]
            self._sound = len(self._content) <= _LONGEST_SUBNEGOTIATION + 1

    def _end_data(self) -> None:
        if self._data:
            self._tokens.append(Data(bytes(self._data)))
            self._data.clear()


class _State(Enum):
    OFF = auto()
    ASKED = auto()
    ON = auto()


_AGREE: Final = {Side.OURS: Code.WILL, Side.THEIRS: Code.DO}
_REFUSE: Final = {Side.OURS: Code.WONT, Side.THEIRS: Code.DONT}
_ABOUT: Final = {
    Code.WILL: (Side.THEIRS, True),
    Code.WONT: (Side.THEIRS, False),
    Code.DO: (Side.OURS, True),
    Code.DONT: (Side.OURS, False),
}
"""What the other side's words are about, and whether it wants or has the option on."""


class Telnet:
    """One end of a telnet connection; the octets to send in answer wait in it."""

    def __init__(self, ours: Iterable[Option], theirs: Iterable[Option]) -> None:
        """Agree to these options and to no others."""
        self._states = {
            **{(Side.OURS, option): _State.OFF for option in ours},
            **{(Side.THEIRS, option): _State.OFF for option in theirs},
        }
        self._reader = Reader()
        self._answers = bytearray()
        self._carriage_return = False
        self._they_send_binary = False
        self._pads = False

    def ask(self, side: Side, option: Option) -> None:
        """Ask for an option that is off."""
        self._states[side, option] = _State.ASKED
        self._say(_AGREE[side], option)

    def on(self, side: Side, option: Option) -> bool:
        """Whether both sides agreed on an option."""
        return self._states.get((side, option)) is _State.ON

    def passes(self, octets: bytes) -> bool:
        """Whether ``octets`` are data as they stand, so that they need not be received here."""
        return _IAC not in octets and self._they_send_binary and self._reader.plain

    def receive(self, octets: bytes) -> list[Event]:
        """Take octets from the network."""
        if self._they_send_binary and self._reader.plain and _is_data(octets):
            return [Data(_unescaped(octets))] if octets else []
        events: list[Event] = []
        for token in self._reader.read(octets):
            if isinstance(token, Negotiation):
                self._negotiate(token, events)
            elif isinstance(token, Data):
                data = self._without_padding(token.octets)
                if data:
                    events.append(Data(data))
            else:
                events.append(token)
        return events

    def take(self) -> bytes:
        """Cut what is to be sent in answer."""
        if not self._answers:
            return b""
        answers = bytes(self._answers)
        self._answers.clear()
        return answers

    def encode(self, octets: bytes) -> bytes:
        """How octets of the conversation travel.

        Until the other side refuses to let us send binary it is taken to be willing: hosts that never answer
        want the octets as they are.
        """
        if _IAC in octets:
            octets = octets.replace(_IAC, _PAIR)
        if self._pads and b"\r" in octets:
            octets = octets.replace(b"\r", b"\r\0").replace(b"\r\0\n", b"\r\n")
        return octets

    def subnegotiate(self, option: Option, content: bytes) -> None:
        """Send what stands between SB and SE."""
        escaped = content.replace(_IAC, _PAIR)
        self._answers += bytes((Code.IAC, Code.SB, option)) + escaped + bytes((Code.IAC, Code.SE))

    def _negotiate(self, words: Negotiation, events: list[Event]) -> None:
        side, wanted = _ABOUT[words.code]
        try:
            key = side, Option(words.option)
            before = self._states[key]
        except (ValueError, KeyError):
            if wanted:
                self._say(_REFUSE[side], words.option)
            return
        after = _State.ON if wanted else _State.OFF
        if before is after:
            return
        self._states[key] = after
        if wanted and before is _State.OFF:
            self._say(_AGREE[side], words.option)
        elif not wanted and before is _State.ON:
            self._say(_REFUSE[side], words.option)
        if key == (Side.OURS, Option.BINARY):
            self._pads = not wanted
        elif key == (Side.THEIRS, Option.BINARY):
            self._they_send_binary = wanted
        events.append(Switched(*key, on=wanted))

    def _say(self, code: Code, option: int) -> None:
        self._answers += bytes((Code.IAC, code, option))

    def _without_padding(self, octets: bytes) -> bytes:
        """Drop the NUL that follows a lone CR where the other side does not send binary (RFC 854, page 11)."""
        if self._they_send_binary:
            self._carriage_return = False
            return octets
        if self._carriage_return and octets.startswith(b"\0"):
            octets = octets[1:]
            self._carriage_return = False
        if octets:
            self._carriage_return = octets.endswith(b"\r")
        return octets.replace(b"\r\0", b"\r")


def _is_data(octets: bytes) -> bool:
    """Whether no command is in there: every IAC is one of a pair, so that it is data."""
    return _IAC not in octets or octets.count(_IAC) == 2 * octets.count(_PAIR)


def _unescaped(octets: bytes) -> bytes:
    """Data as it was before its IACs were doubled."""
    # Looking for one octet is a hundred times as fast as looking for two, and mostly there is none.
    return octets.replace(_PAIR, _IAC) if _IAC in octets else octets
