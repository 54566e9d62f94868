"""Both ends of RFC 2217: octet by octet, against each other, and against pyserial's access server."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest
import serial.rfc2217
from hypothesis import given
from hypothesis import strategies as st

from emulator.faces.face import FlowControl, LineErrors, LineSettings, ModemLines, Parity
from emulator.faces.rfc2217 import client, server
from emulator.faces.rfc2217.client import Acknowledged, Agreed, Client, ErrorsReported, LinesShown, Signed
from emulator.faces.rfc2217.messages import Command, Control, Purge
from emulator.faces.rfc2217.server import BreakSet, Configured, Driven, Purged, Received, Server, Suspended
from tests.faces.cases import many_cases, time_for_many_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = time_for_many_cases
IAC, SB, SE, WILL, WONT, DO, DONT = 255, 250, 240, 251, 252, 253, 254
BEGIN, END = bytes((IAC, SB, 44)), bytes((IAC, SE))
AGREE = bytes((IAC, WILL, 44, IAC, WILL, 0, IAC, DO, 0))

MESSAGES = st.binary(max_size=8).map(lambda content: BEGIN + content + END)
SENSIBLE = st.tuples(st.integers(0, 13), st.binary(min_size=1, max_size=4)).map(
    lambda parts: BEGIN + bytes((parts[0],)) + parts[1].replace(b"\xff", b"\xff\xff") + END
)
STREAMS = st.lists(st.one_of(MESSAGES, SENSIBLE, st.binary(max_size=6)), max_size=30).map(b"".join)


def message(*octets: int) -> bytes:
    return BEGIN + bytes(octets) + END


def agreed_server() -> Server:
    made = Server("SPWF04Sx")
    made.receive(AGREE)
    made.take()
    return made


def seen(events: Sequence[server.Event | client.Event]) -> list[tuple[type, tuple[object, ...]]]:
    """Events with their kinds: named tuples of two kinds can be equal."""
    return [(type(event), tuple(event)) for event in events]


def join(one: Client, other: Server) -> list[client.Event]:
    """Let both ends talk until they fall silent; what the client heard."""
    heard: list[client.Event] = []
    while (up := one.take()) or (down := other.take()):
        other.receive(up)
        down = other.take()
        heard += one.receive(down)
    return heard


BAUD = (0x00, 0x0E, 0x10, 0x00)  # 921600
SETTINGS = LineSettings()

COMMANDS = [
    ((1, *BAUD), (101, *BAUD), Configured(SETTINGS._replace(baud_rate=921600))),
    ((1, 0, 0, 0, 0), (101, 0, 0, 0, 0), None),
    ((1, 1, 2), (101, 0, 0, 0, 0), None),
    ((2, 7), (102, 7), Configured(SETTINGS._replace(data_bits=7))),
    ((2, 0), (102, 8), None),
    ((2, 9), (102, 8), None),
    ((3, 3), (103, 3), Configured(SETTINGS._replace(parity=Parity.EVEN))),
    ((3, 0), (103, 1), None),
    ((3, 6), (103, 1), None),
    ((4, 3), (104, 3), Configured(SETTINGS._replace(stop_bits=1.5))),
    ((4, 2), (104, 2), Configured(SETTINGS._replace(stop_bits=2))),
    ((4, 0), (104, 1), None),
    ((4, 4), (104, 1), None),
    ((5, 0), (105, 1), None),
    ((5, 1), (105, 1), Configured(SETTINGS._replace(flow_control=FlowControl.NONE))),
    ((5, 2), (105, 2), Configured(SETTINGS._replace(flow_control=FlowControl.SOFTWARE))),
    ((5, 3), (105, 3), Configured(SETTINGS._replace(flow_control=FlowControl.HARDWARE))),
    ((5, 4), (105, 6), None),
    ((5, 5), (105, 5), BreakSet(asserted=True)),
    ((5, 6), (105, 6), BreakSet(asserted=False)),
    ((5, 7), (105, 8), None),
    ((5, 8), (105, 8), Driven(dtr=True)),
    ((5, 9), (105, 9), Driven(dtr=False)),
    ((5, 10), (105, 11), None),
    ((5, 11), (105, 11), Driven(rts=True)),
    ((5, 12), (105, 12), Driven(rts=False)),
    ((5, 13), (105, 14), None),
    ((5, 15), (105, 15), None),
    ((5, 16), (105, 16), None),
    ((5, 17), (105, 1), None),
    ((5, 18), (105, 14), None),
    ((5, 19), (105, 1), None),
    ((5, 99), (105, 1), None),
    ((8,), None, Suspended(suspended=True)),
    ((9,), None, Suspended(suspended=False)),
    ((10, 16), (110, 16), None),
    ((12, 1), (112, 1), Purged(Purge.RECEIVER)),
    ((12, 2), (112, 2), Purged(Purge.TRANSMITTER)),
    ((12, 3), (112, 3), Purged(Purge.RECEIVER | Purge.TRANSMITTER)),
    ((12, 0), (112, 0), None),
    ((12, 4), (112, 0), None),
    ((0,), (100, *b"SPWF04Sx"), None),
    ((0, *b"a client"), None, None),
    ((6, 1), None, None),
    ((7, 1), None, None),
    ((13, 1), None, None),
    ((101, *BAUD), None, None),
]


@pytest.mark.parametrize(("command", "answer", "event"), COMMANDS, ids=lambda value: str(value))
def test_each_command_is_answered_with_what_is_in_force(
    command: tuple[int, ...], answer: tuple[int, ...] | None, event: server.Event | None
) -> None:
    end = agreed_server()
    assert seen(end.receive(message(*command))) == seen([] if event is None else [event])
    assert end.take() == (b"" if answer is None else message(*answer))


def test_what_was_not_set_is_what_the_module_has() -> None:
    end = agreed_server()
    end.follow(LineSettings(115200, flow_control=FlowControl.HARDWARE))
    end.receive(message(1, 0, 0, 0, 0) + message(5, 0) + message(5, 13))
    assert end.take() == message(101, 0, 1, 0xC2, 0) + message(105, 3) + message(105, 16)


def test_settings_add_up() -> None:
    end = agreed_server()
    (*_, last) = end.receive(message(1, *BAUD) + message(2, 7) + message(3, 2) + message(4, 2) + message(5, 3))
    assert last == Configured(LineSettings(921600, 7, Parity.ODD, 2, FlowControl.HARDWARE))


def test_inbound_flow_control_follows_what_is_set_for_both_ways() -> None:
    end = agreed_server()
    for command, answer in (((5, 15), 15), ((5, 13), 15), ((5, 3), 3), ((5, 13), 16)):
        end.receive(message(*command))
        assert end.take() == message(105, answer)


def test_a_break_that_goes_on_outlasts_the_break_key() -> None:
    end = agreed_server()
    end.receive(message(5, 5))
    assert seen(end.receive(bytes((IAC, 243)))) == seen([BreakSet(asserted=True), BreakSet(asserted=True)])
    end.receive(message(5, 6))
    assert seen(end.receive(bytes((IAC, 243)))) == seen([BreakSet(asserted=True), BreakSet(asserted=False)])


def test_modem_lines_are_shown_when_the_option_is_agreed_on_and_when_they_change() -> None:
    end = Server("")
    end.show(ModemLines(cts=True, dsr=True, ri=True, cd=False))
    end.take()
    end.receive(bytes((IAC, WILL, 44)))
    assert end.take() == message(107, 0x70)
    end.show(ModemLines(cts=False, dsr=True, ri=False, cd=True))
    assert end.take() == message(107, 0xA0 | 0x01 | 0x04 | 0x08)
    end.show(ModemLines(cts=False, dsr=True, ri=False, cd=True))
    assert end.take() == b""


def test_the_modem_state_mask_hides_lines_and_is_acknowledged() -> None:
    end = agreed_server()
    end.receive(message(11, 0x11))
    assert end.take() == message(111, 0x11) + message(107, 0x10)
    end.show(ModemLines(dsr=False, cd=False))
    assert end.take() == b""
    end.show(ModemLines(cts=False))
    assert end.take() == message(107, 0x01)
    end.receive(message(11, 0))
    assert end.take() == message(111, 0)
    end.show(ModemLines())
    assert end.take() == b""


@pytest.mark.parametrize(("before", "after"), list(product([False, True], repeat=2)))
def test_only_the_end_of_a_ring_is_a_change(before: bool, after: bool) -> None:
    end = agreed_server()
    end.show(ModemLines(ri=before))
    end.take()
    end.show(ModemLines(ri=after))
    lines = 0xB0 | 0x40 * after
    assert end.take() == (b"" if before == after else message(107, lines | 0x04 * (before and not after)))


def test_errors_are_reported_to_whoever_asked() -> None:
    end = agreed_server()
    end.report(LineErrors.FRAMING | LineErrors.BREAK)
    assert end.take() == b""
    end.receive(message(10, 0x0A))
    end.take()
    end.report(LineErrors.FRAMING | LineErrors.BREAK)
    end.report(LineErrors.PARITY)
    end.report(LineErrors.OVERRUN)
    assert end.take() == message(106, 8) + message(106, 2)


def test_a_client_that_never_agreed_to_the_option_is_told_nothing() -> None:
    end = Server("")
    end.take()
    end.receive(message(10, 255))
    end.take()
    end.show(ModemLines(cts=False))
    end.report(LineErrors.OVERRUN)
    assert end.take() == b""


@many_cases
@given(STREAMS)
def test_whatever_a_client_sends_the_server_goes_on(stream: bytes) -> None:
    end = agreed_server()
    end.receive(stream)
    end.take()
    # Whatever is unfinished ends here, and the conversation goes on.
    end.receive(b"\xf0" + END + bytes((IAC, WILL, 0)) + b"\n")
    end.take()
    assert seen(end.receive(message(2, 0) + b"AT")) == seen([Received(b"AT")])
    answer = end.take()
    assert answer[: len(BEGIN) + 1] == BEGIN + b"\x66"
    assert answer[len(BEGIN) + 1] in (5, 6, 7, 8)


@many_cases
@given(STREAMS)
def test_whatever_a_server_sends_the_client_goes_on(stream: bytes) -> None:
    end = Client()
    end.receive(AGREE.replace(bytes((WILL, 44)), bytes((DO, 44))))
    end.receive(stream)
    end.receive(b"\xf0" + END + bytes((IAC, WILL, 0)) + b"\n")
    assert seen(end.receive(message(101, *BAUD) + b"OK")) == seen(
        [Acknowledged(Command.SET_BAUD_RATE, 921600), client.Received(b"OK")]
    )


SETTABLE = st.builds(
    LineSettings,
    st.integers(1, 2**32 - 1),
    st.integers(5, 8),
    st.sampled_from(Parity),
    st.sampled_from([1.0, 1.5, 2.0]),
    st.sampled_from(FlowControl),
)


@given(SETTABLE)
def test_what_a_client_sets_is_what_the_server_has(wanted: LineSettings) -> None:
    one, other = Client(), Server("")
    join(one, other)
    one.configure(wanted)
    (*_, last) = other.receive(one.take())
    assert last == Configured(wanted)
    acknowledged = [event for event in one.receive(other.take()) if isinstance(event, Acknowledged)]
    assert [event.command for event in acknowledged] == [1, 2, 3, 4, 5]
    assert acknowledged[0].value == wanted.baud_rate


@given(st.builds(ModemLines, *[st.booleans()] * 4))
def test_what_a_server_shows_is_what_the_client_sees(lines: ModemLines) -> None:
    one, other = Client(), Server("")
    other.show(lines)
    heard = join(one, other)
    assert Agreed(agreed=True) in heard
    assert LinesShown(lines) in heard
    assert one.agreed


@pytest.mark.parametrize("number", range(1, 16))
def test_what_a_server_reports_is_what_the_client_hears(number: int) -> None:
    one, other = Client(), Server("")
    join(one, other)
    one.watch(modem_state=255, line_state=255)
    join(one, other)
    other.report(LineErrors(number))
    assert seen(one.receive(other.take())) == seen([ErrorsReported(LineErrors(number))])


def test_the_clients_other_words() -> None:
    one, other = Client(), Server("SPWF04Sx emulator")
    join(one, other)
    one.ask_signature()
    assert join(one, other) == [Signed("SPWF04Sx emulator")]
    one.drive(dtr=False, rts=True)
    one.set_break(asserted=True)
    one.purge(Purge.RECEIVER)
    one.suspend(suspended=True)
    one.suspend(suspended=False)
    assert seen(other.receive(one.take())) == seen(
        [
            Driven(dtr=False),
            Driven(rts=True),
            BreakSet(asserted=True),
            Purged(Purge.RECEIVER),
            Suspended(suspended=True),
            Suspended(suspended=False),
        ]
    )
    assert seen(one.receive(other.take())) == seen(
        [
            Acknowledged(Command.SET_CONTROL, Control.DTR_OFF),
            Acknowledged(Command.SET_CONTROL, Control.RTS_ON),
            Acknowledged(Command.SET_CONTROL, Control.BREAK_ON),
            Acknowledged(Command.PURGE, Purge.RECEIVER),
        ]
    )
    assert seen(one.receive(message(108) + message(109))) == seen(
        [client.Suspended(suspended=True), client.Suspended(suspended=False)]
    )


def test_a_server_that_knows_no_serial_port_says_so() -> None:
    one = Client()
    assert seen(one.receive(bytes((IAC, DONT, 44)))) == seen([Agreed(agreed=False)])
    assert not one.agreed


class PyserialServer:
    """pyserial's access server, with a port that keeps what it is told."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.baudrate, self.bytesize, self.parity, self.stopbits = 9600, 8, "N", 1
        self.rtscts = self.xonxoff = self.break_condition = False
        self.dtr = self.rts = True
        self.cts, self.dsr, self.ri, self.cd = True, False, True, False
        self.purged: list[str] = []
        self.manager: Any = serial.rfc2217.PortManager(cast("Any", self), cast("Any", self))

    def write(self, octets: bytes) -> None:
        self.sent += octets

    def reset_input_buffer(self) -> None:
        self.purged.append("input")

    def reset_output_buffer(self) -> None:
        self.purged.append("output")

    def take(self) -> bytes:
        octets = bytes(self.sent)
        self.sent.clear()
        return octets

    def receive(self, octets: bytes) -> bytes:
        return b"".join(self.manager.filter(octets))


def test_pyserials_server_understands_the_client() -> None:
    one, other = Client(), PyserialServer()
    heard: list[client.Event] = []
    for _ in range(3):
        other.receive(one.take())
        heard += one.receive(other.take())
    assert Agreed(agreed=True) in heard
    one.watch(modem_state=255, line_state=0)
    one.configure(LineSettings(250000, 7, Parity.MARK, 2, FlowControl.HARDWARE))
    one.drive(dtr=False, rts=False)
    one.set_break(asserted=True)
    one.purge(Purge.RECEIVER | Purge.TRANSMITTER)
    assert other.receive(one.take() + one.encode(b"A\xff\rT")) == b"A\xff\rT"
    assert (other.baudrate, other.bytesize, other.parity, other.stopbits) == (250000, 7, "M", 2)
    assert (other.rtscts, other.dtr, other.rts, other.break_condition) == (True, False, False, True)
    assert sorted(other.purged) == ["input", "output"]
    answers = one.receive(other.take())
    assert Acknowledged(Command.SET_BAUD_RATE, 250000) in answers
    other.manager.check_modem_lines(force_notification=True)
    assert one.receive(other.take() + b"".join(other.manager.escape(b"\xff"))) == [
        LinesShown(ModemLines(cts=True, dsr=False, ri=True, cd=False)),
        client.Received(b"\xff"),
    ]
