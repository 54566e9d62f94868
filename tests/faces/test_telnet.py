"""The telnet layer, against a reader that is too simple to be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.faces.rfc2217.telnet import Break, Code, Data, Option, Side, Subnegotiation, Switched, Telnet
from tests.faces.cases import many_cases, time_for_many_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.faces.rfc2217.telnet import Event

pytestmark = time_for_many_cases
ALL = (Option.BINARY, Option.SUPPRESS_GO_AHEAD, Option.COM_PORT)
IAC, SB, SE, WILL, WONT, DO, DONT = 255, 250, 240, 251, 252, 253, 254

OCTETS = st.integers(0, 255)
INTERESTING = st.sampled_from([0, 10, 13, 44, 65, 240, 243, 250, 251, 252, 253, 254, 255])
STREAMS = st.lists(st.one_of(INTERESTING, INTERESTING, OCTETS), max_size=200).map(bytes)


def telnet(*, binary: bool = True) -> Telnet:
    made = Telnet(ALL, ALL)
    if binary:
        made.receive(bytes((IAC, WILL, 0, IAC, DO, 0)))
        made.take()
    return made


def cut(stream: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The stream in readings that end at these places."""
    start = 0
    for place in sorted({min(place, len(stream)) for place in places} | {len(stream)}):
        yield stream[start:place]
        start = place


def said(events: Iterable[Event]) -> bytes:
    return b"".join(event.octets for event in events if isinstance(event, Data))


def plainly(stream: bytes) -> bytes:
    """The data in a stream that is binary, octet by octet, by nothing but RFC 854."""
    data, place = bytearray(), "data"
    for octet in stream:
        if place == "data":
            if octet == IAC:
                place = "command"
            else:
                data.append(octet)
        elif place == "command":
            if octet == IAC:
                data.append(octet)
            place = "option" if WILL <= octet <= DONT else "inside" if octet == SB else "data"
        elif place == "option":
            place = "data"
        elif place == "inside":
            place = "command inside" if octet == IAC else "inside"
        else:
            place = "data" if octet == SE else "inside"
    return bytes(data)


def keeps_binary(stream: bytes) -> bool:
    return bytes((IAC, WONT, 0)) not in stream and bytes((IAC, DONT, 0)) not in stream


@many_cases
@given(STREAMS.filter(keeps_binary), st.lists(st.integers(0, 200), max_size=10))
def test_no_octet_of_a_command_becomes_data_wherever_the_stream_is_cut(stream: bytes, places: list[int]) -> None:
    end = telnet()
    data = b"".join(said(end.receive(part)) for part in cut(stream, places))
    assert data == plainly(stream)


@many_cases
@given(STREAMS, st.lists(st.integers(0, 200), max_size=10))
def test_cutting_changes_no_event_and_no_answer(stream: bytes, places: list[int]) -> None:
    whole, parts = telnet(binary=False), telnet(binary=False)
    at_once = whole.receive(stream)
    in_parts = [event for part in cut(stream, places) for event in parts.receive(part)]
    assert said(in_parts) == said(at_once)
    assert [e for e in in_parts if not isinstance(e, Data)] == [e for e in at_once if not isinstance(e, Data)]
    assert parts.take() == whole.take()


@many_cases
@given(STREAMS, STREAMS, st.booleans())
def test_what_passes_is_data_as_it_stands(before: bytes, stream: bytes, binary: bool) -> None:
    end, other = telnet(binary=binary), telnet(binary=binary)
    for each in (end, other):
        each.receive(before)
    if end.passes(stream):
        assert end.receive(stream) == ([Data(stream)] if stream else [])
        assert end.take() == other.take()


def test_data_pass_once_both_sides_send_binary() -> None:
    assert telnet().passes(b"AT\r")
    assert not telnet().passes(b"AT\r\xff")
    assert not telnet(binary=False).passes(b"AT\r")


@many_cases
@given(STREAMS)
def test_answers_are_fewer_than_what_is_answered(stream: bytes) -> None:
    end = telnet(binary=False)
    end.receive(stream)
    assert len(end.take()) <= len(stream)


@given(st.binary(max_size=300), st.booleans())
def test_what_is_encoded_arrives(data: bytes, binary: bool) -> None:
    assert said(telnet(binary=binary).receive(telnet(binary=binary).encode(data))) == (
        data if binary else data.replace(b"\r\0", b"\r")
    )


@pytest.mark.parametrize("data", [b"\xff", b"\xff" * 1000, b"a\xffb", b"\xff\xff\xf0", b"\xff\xfb\x00"])
def test_octet_255_is_data_like_any_other(data: bytes) -> None:
    assert telnet().receive(telnet().encode(data)) == [Data(data)]


def test_an_endless_subnegotiation_takes_no_memory() -> None:
    end = telnet()
    end.receive(bytes((IAC, SB, 44)))
    for _ in range(100):
        assert end.receive(b"x" * 10_000) == []
        assert len(end._reader._content) <= 300
    assert end.receive(bytes((IAC, SE)) + b"AT") == [Data(b"AT")]


@pytest.mark.parametrize(
    ("content", "heeded"),
    [
        (b"\x01" * 256, b"\x01" * 256),
        (b"\x01" * 257, None),
        (b"\xff\xff", b"\xff"),
        (b"a\xff\xf1b", None),
        (b"a\xff\xfa\x2cb", b"b"),
        (b"", b""),
    ],
    ids=["longest", "too long", "escaped", "with a command", "begun again", "empty"],
)
def test_a_subnegotiation(content: bytes, heeded: bytes | None) -> None:
    events = telnet().receive(bytes((IAC, SB, 44)) + content + bytes((IAC, SE)) + b"AT")
    assert events == [*([] if heeded is None else [Subnegotiation(44, heeded)]), Data(b"AT")]


def test_a_subnegotiation_of_nothing_at_all_is_dropped() -> None:
    assert telnet().receive(bytes((IAC, SB, IAC, SE)) + b"AT") == [Data(b"AT")]


def test_commands_are_taken_out_and_a_break_is_told() -> None:
    commands = b"".join(bytes((IAC, code)) for code in range(SE + 1, SB))
    events = telnet().receive(b"A" + commands + b"T")
    assert [type(event) for event in events] == [Data, Break, Data]
    assert said(events) == b"AT"


def test_an_option_that_is_agreed_on_is_answered_once() -> None:
    end = Telnet(ALL, ALL)
    assert end.receive(bytes((IAC, WILL, 0))) == [Switched(Side.THEIRS, Option.BINARY, on=True)]
    assert end.take() == bytes((IAC, DO, 0))
    assert end.receive(bytes((IAC, WILL, 0)) * 3) == []
    assert end.take() == b""


def test_what_was_asked_for_is_not_answered_again() -> None:
    end = Telnet(ALL, ALL)
    end.ask(Side.OURS, Option.BINARY)
    assert end.take() == bytes((IAC, WILL, 0))
    assert end.receive(bytes((IAC, DO, 0))) == [Switched(Side.OURS, Option.BINARY, on=True)]
    assert end.take() == b""


def test_a_refusal_is_told_and_not_answered() -> None:
    end = Telnet(ALL, ALL)
    end.ask(Side.OURS, Option.COM_PORT)
    end.take()
    assert end.receive(bytes((IAC, DONT, 44))) == [Switched(Side.OURS, Option.COM_PORT, on=False)]
    assert end.take() == b""


def test_an_option_that_goes_off_is_confirmed() -> None:
    end = telnet()
    end.receive(bytes((IAC, WONT, 0)))
    assert end.take() == bytes((IAC, DONT, 0))


@pytest.mark.parametrize("option", [1, 2, 6, 31, 200, 255])
def test_other_options_are_refused(option: int) -> None:
    end = telnet()
    assert end.receive(bytes((IAC, WILL, option, IAC, DO, option, IAC, WONT, option, IAC, DONT, option))) == []
    assert end.take() == bytes((IAC, DONT, option, IAC, WONT, option))


WISHES = st.lists(st.tuples(st.sampled_from(Side), st.sampled_from(ALL)), unique=True)


@given(WISHES, WISHES, st.sets(st.sampled_from(ALL)), st.sets(st.sampled_from(ALL)))
def test_two_ends_come_to_agree_and_fall_silent(
    left_asks: list[tuple[Side, Option]],
    right_asks: list[tuple[Side, Option]],
    left_can: set[Option],
    right_can: set[Option],
) -> None:
    left, right = Telnet(left_can, left_can), Telnet(right_can, right_can)
    for end, wishes, able in ((left, left_asks, left_can), (right, right_asks, right_can)):
        for side, option in wishes:
            if option in able:
                end.ask(side, option)
    for _ in range(4):
        # Both speak before either has heard the other.
        from_left, from_right = left.take(), right.take()
        left.receive(from_right)
        right.receive(from_left)
    assert (left.take(), right.take()) == (b"", b"")
    for option in ALL:
        for ours, theirs in ((left, right), (right, left)):
            assert ours.on(Side.OURS, option) == theirs.on(Side.THEIRS, option)
        wished = any(
            option in able and (side, option) in wishes
            for side in Side
            for wishes, able in ((left_asks, left_can), (right_asks, right_can))
        )
        assert any(left.on(side, option) for side in Side) == (wished and option in left_can & right_can)


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"AT\r\0", b"AT\r"),
        (b"AT\r\n", b"AT\r\n"),
        (b"\r\0\0", b"\r\0"),
        (b"\0\r", b"\0\r"),
        (b"\r\xff\xf1\0A", b"\rA"),
    ],
)
def test_the_nul_behind_a_cr_is_padding_unless_the_other_side_sends_binary(stream: bytes, data: bytes) -> None:
    for places in (range(0), range(10)):
        end = telnet(binary=False)
        assert b"".join(said(end.receive(part)) for part in cut(stream, places)) == data
    assert said(telnet().receive(stream)) == plainly(stream)


def test_a_cr_is_padded_only_for_a_side_that_refused_binary() -> None:
    end = Telnet(ALL, ALL)
    end.ask(Side.OURS, Option.BINARY)
    assert end.encode(b"a\rb\r\n") == b"a\rb\r\n"
    end.receive(bytes((IAC, DONT, 0)))
    assert end.encode(b"a\rb\r\n") == b"a\r\0b\r\n"


def test_the_codes_are_those_of_rfc_854() -> None:
    assert (Code.SE, Code.SB, Code.WILL, Code.WONT, Code.DO, Code.DONT, Code.IAC) == (SE, SB, WILL, WONT, DO, DONT, IAC)
