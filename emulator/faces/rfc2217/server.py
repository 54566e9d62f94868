"""The access server's end of RFC 2217: the one that has the port.

Every command is acknowledged with the value that is in force afterwards, so a client that asked for something
impossible, or wrote nonsense, learns what it has instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faces.face import FlowControl, LineSettings, ModemLines
from emulator.faces.rfc2217.messages import (
    ANSWER,
    DATA_BITS,
    FLOWS,
    INBOUND_FLOWS,
    PARITIES,
    STOP_BITS,
    Command,
    Control,
    Purge,
    changes,
    code_of,
    decode,
    encode,
    line_state_of,
    state_of,
)
from emulator.faces.rfc2217.telnet import Break, Data, Option, Side, Subnegotiation, Switched, Telnet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.faces.face import LineErrors
    from emulator.faces.rfc2217 import telnet
    from emulator.faces.rfc2217.messages import Message

_OPTIONS: Final = (Option.BINARY, Option.SUPPRESS_GO_AHEAD, Option.COM_PORT)
_ASKED: Final = (
    (Side.OURS, Option.SUPPRESS_GO_AHEAD),
    (Side.THEIRS, Option.SUPPRESS_GO_AHEAD),
    (Side.OURS, Option.BINARY),
    (Side.THEIRS, Option.BINARY),
    (Side.THEIRS, Option.COM_PORT),
)
_EVERYTHING: Final = 255


class Received(NamedTuple):
    """Octets for the port."""

    octets: bytes


class Configured(NamedTuple):
    """The client set the port up."""

    settings: LineSettings


class Driven(NamedTuple):
    """The client drives DTR or RTS so; None for the one that it said nothing about."""

    dtr: bool | None = None
    rts: bool | None = None


class BreakSet(NamedTuple):
    """The client began or ended a break."""

    asserted: bool


class Purged(NamedTuple):
    """The client wants octets forgotten."""

    buffers: Purge


class Suspended(NamedTuple):
    """The client can take no octets for now, or can again."""

    suspended: bool


Event = Received | Configured | Driven | BreakSet | Purged | Suspended


class Server:
    """One connection of a client, from the access server's end."""

    def __init__(self, signature: str) -> None:
        """Be ready for a client that may ask for ``signature``; what to say first can be taken at once."""
        self._signature = signature.encode()
        self._telnet = Telnet(_OPTIONS, _OPTIONS)
        for side, option in _ASKED:
            self._telnet.ask(side, option)
        self._chosen = LineSettings()
        self._module = LineSettings()
        self._inbound: FlowControl | None = None
        self._dtr = self._rts = True
        self._break = False
        self._lines = state_of(ModemLines())
        self._line_mask = 0
        self._modem_mask = _EVERYTHING
        self._carry_out = {
            Command.SIGNATURE: self._sign,
            Command.SET_BAUD_RATE: self._set_baud_rate,
            Command.SET_DATA_SIZE: self._set_data_size,
            Command.SET_PARITY: self._set_parity,
            Command.SET_STOP_SIZE: self._set_stop_size,
            Command.SET_CONTROL: self._set_control,
            Command.SUSPEND: self._suspend,
            Command.RESUME: self._suspend,
            Command.SET_LINE_STATE_MASK: self._set_line_state_mask,
            Command.SET_MODEM_STATE_MASK: self._set_modem_state_mask,
            Command.PURGE: self._purge,
        }

    def follow(self, settings: LineSettings) -> None:
        """Answer with these settings where the client asks for what it has not set itself."""
        self._module = settings

    def receive(self, octets: bytes) -> list[Event]:
        """Take octets from the network."""
        return [event for read in self._telnet.receive(octets) for event in self._heed(read)]

    def passes(self, octets: bytes) -> bool:
        """Whether octets from the network are for the port as they stand, so that they need not be received here."""
        return self._telnet.passes(octets)

    def take(self) -> bytes:
        """Cut what is to be sent besides the conversation."""
        return self._telnet.take()

    def encode(self, octets: bytes) -> bytes:
        """How octets from the port travel."""
        return self._telnet.encode(octets)

    def show(self, lines: ModemLines) -> None:
        """Tell the client of the modem lines, if it wants to know and something changed."""
        before, self._lines = self._lines, state_of(lines)
        changed = changes(before, self._lines)
        if (changed | (before ^ self._lines)) & self._modem_mask:
            self._notify_modem_state(changed)

    def report(self, errors: LineErrors) -> None:
        """Tell the client of errors, if it wants to know."""
        told = line_state_of(errors) & self._line_mask
        if told and self._agreed:
            self._say(Command.NOTIFY_LINE_STATE, told)

    @property
    def _agreed(self) -> bool:
        return any(self._telnet.on(side, Option.COM_PORT) for side in Side)

    def _heed(self, read: telnet.Event) -> Iterable[Event]:
        if isinstance(read, Data):
            return (Received(read.octets),)
        if isinstance(read, Break):
            # A key that was pressed and released: as short a break as there is.
            return BreakSet(asserted=True), BreakSet(asserted=self._break)
        if isinstance(read, Switched):
            if read.option is Option.COM_PORT and read.on:
                self._notify_modem_state()
            return ()
        return self._command(read)

    def _command(self, read: Subnegotiation) -> Iterable[Event]:
        message = decode(read.content) if read.option == Option.COM_PORT else None
        if message is None or message.number not in self._carry_out:
            return ()
        event = self._carry_out[Command(message.number)](message)
        return () if event is None else (event,)

    def _say(self, command: Command, value: int = 0, text: bytes = b"") -> None:
        self._telnet.subnegotiate(Option.COM_PORT, encode(ANSWER + command, value, text))

    def _notify_modem_state(self, changed: int = 0) -> None:
        if self._agreed:
            self._say(Command.NOTIFY_MODEM_STATE, (self._lines | changed) & self._modem_mask)

    def _sign(self, message: Message) -> None:
        if not message.text:
            self._say(Command.SIGNATURE, text=self._signature)

    def _choose(self, settings: LineSettings) -> Configured:
        self._chosen = settings
        return Configured(settings)

    def _set_baud_rate(self, message: Message) -> Event | None:
        event = self._choose(self._chosen._replace(baud_rate=message.value)) if message.value else None
        self._say(Command.SET_BAUD_RATE, self._chosen.baud_rate or self._module.baud_rate or 0)
        return event

    def _set_data_size(self, message: Message) -> Event | None:
        bits = message.value
        event = self._choose(self._chosen._replace(data_bits=bits)) if bits is not None and bits in DATA_BITS else None
        self._say(Command.SET_DATA_SIZE, self._chosen.data_bits)
        return event

    def _set_parity(self, message: Message) -> Event | None:
        parity = None if message.value is None else PARITIES.get(message.value)
        event = self._choose(self._chosen._replace(parity=parity)) if parity else None
        self._say(Command.SET_PARITY, code_of(PARITIES, self._chosen.parity))
        return event

    def _set_stop_size(self, message: Message) -> Event | None:
        bits = None if message.value is None else STOP_BITS.get(message.value)
        event = self._choose(self._chosen._replace(stop_bits=bits)) if bits else None
        self._say(Command.SET_STOP_SIZE, code_of(STOP_BITS, self._chosen.stop_bits))
        return event

    def _set_control(self, message: Message) -> Event | None:
        event, answer = self._control(message.value)
        self._say(Command.SET_CONTROL, answer)
        return event

    def _control(self, value: int | None) -> tuple[Event | None, Control]:
        """What comes of a value of SET_CONTROL, and the value in force."""
        event: Event | None = None
        if value in (Control.REQUEST_BREAK, Control.BREAK_ON, Control.BREAK_OFF):
            if value != Control.REQUEST_BREAK:
                self._break = value == Control.BREAK_ON
                event = BreakSet(self._break)
            return event, Control.BREAK_ON if self._break else Control.BREAK_OFF
        if value in (Control.REQUEST_DTR, Control.DTR_ON, Control.DTR_OFF):
            if value != Control.REQUEST_DTR:
                self._dtr = value == Control.DTR_ON
                event = Driven(dtr=self._dtr)
            return event, Control.DTR_ON if self._dtr else Control.DTR_OFF
        if value in (Control.REQUEST_RTS, Control.RTS_ON, Control.RTS_OFF):
            if value != Control.REQUEST_RTS:
                self._rts = value == Control.RTS_ON
                event = Driven(rts=self._rts)
            return event, Control.RTS_ON if self._rts else Control.RTS_OFF
        return self._flow_control(value)

    def _flow_control(self, value: int | None) -> tuple[Event | None, Control]:
        event: Event | None = None
        if value in FLOWS:
            self._inbound = None
            event = self._choose(self._chosen._replace(flow_control=FLOWS[Control(value)]))
        elif value in INBOUND_FLOWS:
            # It says when the port lets its other end wait, for which the network has a way of its own.
            self._inbound = INBOUND_FLOWS[Control(value)]
        flow = self._chosen.flow_control or self._module.flow_control or FlowControl.NONE
        if value in (Control.REQUEST_INBOUND_FLOW, Control.INBOUND_FLOW_BY_DTR, *INBOUND_FLOWS):
            return event, code_of(INBOUND_FLOWS, self._inbound or flow)
        return event, code_of(FLOWS, flow)

    def _suspend(self, message: Message) -> Event:
        return Suspended(message.number == Command.SUSPEND)

    def _set_line_state_mask(self, message: Message) -> None:
        if message.value is not None:
            self._line_mask = message.value
        self._say(Command.SET_LINE_STATE_MASK, self._line_mask)

    def _set_modem_state_mask(self, message: Message) -> None:
        if message.value is not None:
            self._modem_mask = message.value
        self._say(Command.SET_MODEM_STATE_MASK, self._modem_mask)
        if self._modem_mask:
            self._notify_modem_state()

    def _purge(self, message: Message) -> Event | None:
        buffers = Purge(message.value) if message.value in (1, 2, 3) else Purge(0)
        self._say(Command.PURGE, buffers)
        return Purged(buffers) if buffers else None
