"""What travels inside of the com port option: the words of RFC 2217 and how settings are written in them.

A message is a command and its value. The client says 0..12; the access server answers, and notifies of its own
accord, with the same number plus 100.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from emulator.faces.face import FlowControl, LineErrors, ModemLines, Parity

if TYPE_CHECKING:
    from collections.abc import Mapping

_Code = TypeVar("_Code", bound=int)

ANSWER: Final = 100
"""What the access server adds to the number of a command."""


class Command(IntEnum):
    """The commands (RFC 2217, page 6)."""

    SIGNATURE = 0
    SET_BAUD_RATE = 1
    SET_DATA_SIZE = 2
    SET_PARITY = 3
    SET_STOP_SIZE = 4
    SET_CONTROL = 5
    NOTIFY_LINE_STATE = 6
    NOTIFY_MODEM_STATE = 7
    SUSPEND = 8
    RESUME = 9
    SET_LINE_STATE_MASK = 10
    SET_MODEM_STATE_MASK = 11
    PURGE = 12


WIDTHS: Final = {
    Command.SET_BAUD_RATE: 4,
    Command.SET_DATA_SIZE: 1,
    Command.SET_PARITY: 1,
    Command.SET_STOP_SIZE: 1,
    Command.SET_CONTROL: 1,
    Command.NOTIFY_LINE_STATE: 1,
    Command.NOTIFY_MODEM_STATE: 1,
    Command.SET_LINE_STATE_MASK: 1,
    Command.SET_MODEM_STATE_MASK: 1,
    Command.PURGE: 1,
}
"""How many octets the value of a command has; those that are missing have none, or a text."""


class Control(IntEnum):
    """The values of SET_CONTROL (RFC 2217, pages 8 to 11)."""

    REQUEST_FLOW = 0
    FLOW_NONE = 1
    FLOW_SOFTWARE = 2
    FLOW_HARDWARE = 3
    REQUEST_BREAK = 4
    BREAK_ON = 5
    BREAK_OFF = 6
    REQUEST_DTR = 7
    DTR_ON = 8
    DTR_OFF = 9
    REQUEST_RTS = 10
    RTS_ON = 11
    RTS_OFF = 12
    REQUEST_INBOUND_FLOW = 13
    INBOUND_FLOW_NONE = 14
    INBOUND_FLOW_SOFTWARE = 15
    INBOUND_FLOW_HARDWARE = 16
    FLOW_BY_DCD = 17
    INBOUND_FLOW_BY_DTR = 18
    FLOW_BY_DSR = 19


class ModemState(IntFlag):
    """The octet of NOTIFY_MODEM_STATE (RFC 2217, page 12): what changed below, what is asserted above."""

    CTS_CHANGED = 1
    DSR_CHANGED = 2
    RI_ENDED = 4
    CD_CHANGED = 8
    CTS = 16
    DSR = 32
    RI = 64
    CD = 128


class LineState(IntFlag):
    """Those bits of NOTIFY_LINE_STATE (RFC 2217, page 12) that tell of an error."""

    OVERRUN = 2
    PARITY = 4
    FRAMING = 8
    BREAK = 16


class Purge(IntFlag):
    """The values of PURGE, seen from the port: what it received for the client, what it still has to transmit."""

    RECEIVER = 1
    TRANSMITTER = 2


PARITIES: Final = {1: Parity.NONE, 2: Parity.ODD, 3: Parity.EVEN, 4: Parity.MARK, 5: Parity.SPACE}
STOP_BITS: Final = {1: 1.0, 2: 2.0, 3: 1.5}
DATA_BITS: Final = range(5, 9)
FLOWS: Final = {
    Control.FLOW_NONE: FlowControl.NONE,
    Control.FLOW_SOFTWARE: FlowControl.SOFTWARE,
    Control.FLOW_HARDWARE: FlowControl.HARDWARE,
}
INBOUND_FLOWS: Final = {
    Control.INBOUND_FLOW_NONE: FlowControl.NONE,
    Control.INBOUND_FLOW_SOFTWARE: FlowControl.SOFTWARE,
    Control.INBOUND_FLOW_HARDWARE: FlowControl.HARDWARE,
}
_ERRORS: Final = {
    LineErrors.OVERRUN: LineState.OVERRUN,
    LineErrors.PARITY: LineState.PARITY,
    LineErrors.FRAMING: LineState.FRAMING,
    LineErrors.BREAK: LineState.BREAK,
}


_LINES: Final = (ModemState.CTS, ModemState.DSR, ModemState.RI, ModemState.CD)
"""In the order of ModemLines."""


class Message(NamedTuple):
    """A command or an answer; ``value`` is None where the sender wrote one of the wrong length."""

    number: int
    value: int | None = None
    text: bytes = b""


def encode(number: int, value: int | None = None, text: bytes = b"") -> bytes:
    """Write a message; ``number`` is that of a command, plus ANSWER when the access server speaks."""
    width = WIDTHS.get(Command(number % ANSWER), 0)
    return bytes((number,)) + (value or 0).to_bytes(width, "big") + text


def decode(content: bytes) -> Message | None:
    """Read a message; None when it is no message of RFC 2217."""
    if not content:
        return None
    number, rest = content[0], content[1:]
    try:
        width = WIDTHS.get(Command(number if number < ANSWER else number - ANSWER))
    except ValueError:
        return None
    if width is None:
        return Message(number, None, rest)
    return Message(number, int.from_bytes(rest, "big") if len(rest) == width else None)


def code_of(table: Mapping[_Code, object], value: object) -> _Code:
    """The number by which a setting is written."""
    return next(code for code, meant in table.items() if meant == value)


def state_of(lines: ModemLines) -> ModemState:
    """How modem lines are written."""
    return ModemState(sum(bit for bit, asserted in zip(_LINES, lines, strict=True) if asserted))


def lines_of(state: int) -> ModemLines:
    """Which modem lines are asserted."""
    return ModemLines(*(bool(state & bit) for bit in _LINES))


def changes(before: int, after: int) -> int:
    """Which bits tell that modem lines changed."""
    changed = (before ^ after) >> 4
    if after & ModemState.RI:
        changed &= ~ModemState.RI_ENDED
    return changed


def line_state_of(errors: LineErrors) -> LineState:
    """How errors are written."""
    return LineState(sum(bit for error, bit in _ERRORS.items() if error in errors))


def errors_of(state: int) -> LineErrors:
    """Which errors a line state tells of."""
    errors = LineErrors(0)
    for error, bit in _ERRORS.items():
        if state & bit:
            errors |= error
    return errors
