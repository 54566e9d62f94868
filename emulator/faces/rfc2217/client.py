"""The client's end of RFC 2217: the one that wants the port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faces.rfc2217.messages import (
    ANSWER,
    FLOWS,
    PARITIES,
    STOP_BITS,
    Command,
    Control,
    Purge,
    code_of,
    decode,
    encode,
    errors_of,
    lines_of,
)
from emulator.faces.rfc2217.telnet import Data, Option, Side, Subnegotiation, Switched, Telnet

if TYPE_CHECKING:
    from emulator.faces.face import LineErrors, LineSettings, ModemLines
    from emulator.faces.rfc2217 import telnet
    from emulator.faces.rfc2217.messages import Message

_OPTIONS: Final = (Option.BINARY, Option.SUPPRESS_GO_AHEAD, Option.COM_PORT)
_ASKED: Final = (
    (Side.OURS, Option.COM_PORT),
    (Side.OURS, Option.BINARY),
    (Side.THEIRS, Option.BINARY),
    (Side.OURS, Option.SUPPRESS_GO_AHEAD),
    (Side.THEIRS, Option.SUPPRESS_GO_AHEAD),
)


class Received(NamedTuple):
    """Octets from the port."""

    octets: bytes


class Agreed(NamedTuple):
    """The other side lets itself be told how the port is to be set up, or refuses to."""

    agreed: bool


class Acknowledged(NamedTuple):
    """A command was carried out, and this is what is in force now."""

    command: Command
    value: int


class Signed(NamedTuple):
    """What the other side calls itself."""

    text: str


class LinesShown(NamedTuple):
    """The modem lines of the port."""

    lines: ModemLines


class ErrorsReported(NamedTuple):
    """What the port's receiver noticed."""

    errors: LineErrors


class Suspended(NamedTuple):
    """The other side can take no octets for now, or can again."""

    suspended: bool


Event = Received | Agreed | Acknowledged | Signed | LinesShown | ErrorsReported | Suspended


class Client:
    """One connection to an access server; what is to be sent waits in it."""

    def __init__(self) -> None:
        """Ask for the port; what to say first can be taken at once."""
        self._telnet = Telnet(_OPTIONS, _OPTIONS)
        for side, option in _ASKED:
            self._telnet.ask(side, option)

    @property
    def agreed(self) -> bool:
        """Whether the other side takes commands for its port."""
        return self._telnet.on(Side.OURS, Option.COM_PORT)

    def receive(self, octets: bytes) -> list[Event]:
        """Take octets from the network."""
        events = (self._event(read) for read in self._telnet.receive(octets))
        return [event for event in events if event is not None]

    def take(self) -> bytes:
        """Cut what is to be sent besides the conversation."""
        return self._telnet.take()

    def encode(self, octets: bytes) -> bytes:
        """How octets for the port travel."""
        return self._telnet.encode(octets)

    def ask_signature(self) -> None:
        """Ask what the other side calls itself."""
        self._say(Command.SIGNATURE)

    def configure(self, settings: LineSettings) -> None:
        """Set the port up; what is None stays as it is."""
        if settings.baud_rate is not None:
            self._say(Command.SET_BAUD_RATE, settings.baud_rate)
        self._say(Command.SET_DATA_SIZE, settings.data_bits)
        self._say(Command.SET_PARITY, code_of(PARITIES, settings.parity))
        self._say(Command.SET_STOP_SIZE, code_of(STOP_BITS, settings.stop_bits))
        if settings.flow_control is not None:
            self._say(Command.SET_CONTROL, code_of(FLOWS, settings.flow_control))

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Drive DTR and RTS; None leaves a line as it is."""
        if dtr is not None:
            self._say(Command.SET_CONTROL, Control.DTR_ON if dtr else Control.DTR_OFF)
        if rts is not None:
            self._say(Command.SET_CONTROL, Control.RTS_ON if rts else Control.RTS_OFF)

    def set_break(self, *, asserted: bool) -> None:
        """Begin or end a break."""
        self._say(Command.SET_CONTROL, Control.BREAK_ON if asserted else Control.BREAK_OFF)

    def purge(self, buffers: Purge) -> None:
        """Let octets be forgotten."""
        self._say(Command.PURGE, buffers)

    def suspend(self, *, suspended: bool) -> None:
        """Let the other side keep its octets for now, or send them again."""
        self._say(Command.SUSPEND if suspended else Command.RESUME)

    def watch(self, *, modem_state: int, line_state: int) -> None:
        """Say which changes of the port are worth a notification, as bits of their octets."""
        self._say(Command.SET_MODEM_STATE_MASK, modem_state)
        self._say(Command.SET_LINE_STATE_MASK, line_state)

    def _say(self, command: Command, value: int = 0) -> None:
        self._telnet.subnegotiate(Option.COM_PORT, encode(command, value))

    def _event(self, read: telnet.Event) -> Event | None:
        if isinstance(read, Data):
            return Received(read.octets)
        if isinstance(read, Switched) and (read.side, read.option) == (Side.OURS, Option.COM_PORT):
            return Agreed(read.on)
        if isinstance(read, Subnegotiation) and read.option == Option.COM_PORT:
            message = decode(read.content)
            if message is not None and message.number >= ANSWER:
                return _answer(Command(message.number - ANSWER), message)
        return None


def _answer(command: Command, message: Message) -> Event | None:
    if command is Command.SIGNATURE:
        return Signed(message.text.decode("utf-8", "replace"))
    if command in (Command.SUSPEND, Command.RESUME):
        return Suspended(command is Command.SUSPEND)
    if message.value is None:
        return None
    if command is Command.NOTIFY_MODEM_STATE:
        return LinesShown(lines_of(message.value))
    if command is Command.NOTIFY_LINE_STATE:
        return ErrorsReported(errors_of(message.value))
    return Acknowledged(command, message.value)
