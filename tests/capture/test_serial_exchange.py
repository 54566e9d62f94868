"""Serial octets put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from emulator.capture.serial_exchange import Piece, SerialExchange
from emulator.capture.timeline import Entry, UartReceived, UartSent
from emulator.faces.spi.events import InterruptLine, SpiClocked
from firmware_model.events import CommandReceived, DataReceived, Event, Indicated, Replied

if TYPE_CHECKING:
    from collections.abc import Sequence

WIND_24 = Indicated(24, "WiFi Up:0:192.168.0.50", masked=False)


def pieces(*events: Event) -> list[Piece]:
    exchange, found = SerialExchange(), []
    for number, event in enumerate(events, 1):
        found += exchange.take(Entry(number, float(number), event))
    return found + exchange.flush(99.0)


def told(*events: Event) -> list[tuple[str, bytes, list[int]]]:
    """Direction, octets, and the numbers of the entries that explain them."""
    return [(piece.direction, piece.octets, [entry.number for entry in piece.entries]) for piece in pieces(*events)]


def test_a_command_and_its_reply() -> None:
    assert told(
        UartReceived(b"AT\r"),
        CommandReceived(b"AT"),
        UartSent(b"AT\r\n"),
        Replied(b"AT-S.OK\r\n"),
        UartSent(b"AT-S.OK\r\n"),
    ) == [("received", b"AT\r", [2]), ("sent", b"AT\r\n", []), ("sent", b"AT-S.OK\r\n", [4])]


def test_letters_become_a_line_again() -> None:
    typed = [event for letter in (b"A", b"T") for event in (UartReceived(letter), UartSent(letter))]
    assert told(*typed, UartReceived(b"\r"), CommandReceived(b"AT"), UartSent(b"\r\n")) == [
        ("received", b"AT\r", [6]),
        ("sent", b"AT\r\n", []),
    ]


def test_a_data_phase_follows_its_command() -> None:
    assert told(
        UartReceived(b"AT+S.FSC=a,5\rab\r\x00\nAT\r"),
        CommandReceived(b"AT+S.FSC=a,5"),
        DataReceived(5),
        CommandReceived(b"AT"),
    ) == [
        ("received", b"AT+S.FSC=a,5\r", [2]),
        ("received", b"ab\r\x00\n", [3]),
        ("received", b"AT\r", [4]),
    ]


def test_empty_lines_and_corrections_belong_to_the_command_behind_them() -> None:
    assert told(UartReceived(b"\r\n\rAX\bT\r\n"), CommandReceived(b"AT")) == [
        ("received", b"\r\n\rAX\bT\r", [2]),
        ("received", b"\n", []),
    ]


def test_an_indication_that_waits_for_a_reply_is_explained_by_when_it_was_raised() -> None:
    assert told(
        WIND_24,
        Replied(b"AT-S.OK\r\n"),
        UartSent(b"AT-S.OK\r\n"),
        UartSent(b"+WIND:24:WiFi Up:0:192.168.0.50\r\n"),
    ) == [("sent", b"AT-S.OK\r\n", [2]), ("sent", b"+WIND:24:WiFi Up:0:192.168.0.50\r\n", [1])]


def test_content_is_one_piece_whatever_lines_are_in_it() -> None:
    content = b"one\r\n+WIND:24:no\r\ntwo"
    sent = [UartSent(content[:9]), UartSent(content[9:]), Replied(b"AT-S.OK\r\n"), UartSent(b"AT-S.OK\r\n")]
    assert told(Replied(content), *sent) == [("sent", content, [1]), ("sent", b"AT-S.OK\r\n", [4])]


def test_long_content_goes_out_as_it_comes() -> None:
    content = bytes(5000)
    found = told(Replied(content), UartSent(content[:2000]), UartSent(content[2000:]))
    assert found == [("sent", content[:2000], [1]), ("sent", content[2000:], [])]


def test_what_a_fault_has_spoilt_stands_for_itself_and_is_told_with_the_next() -> None:
    assert told(
        Replied(b"AT-S.Var:x=1\r\n"),
        UartSent(b"AT-S.Vxr:x=1\r\n"),
        Replied(b"AT-S.OK\r\n"),
        UartSent(b"AT-S.OK\r\n"),
    ) == [("sent", b"AT-S.Vxr:x=1\r\n", []), ("sent", b"AT-S.OK\r\n", [1, 3])]


def test_a_lost_indication_is_told_with_the_next_of_its_kind() -> None:
    lost = WIND_24._replace(text="WiFi Up::fe80:0:0:0:280:e1ff:febd:39")
    assert told(WIND_24, lost, UartSent(b"+WIND:24:x\r\n"), UartSent(b"+WIND:24:y\r\n")) == [
        ("sent", b"+WIND:24:x\r\n", [1]),
        ("sent", b"+WIND:24:y\r\n", [2]),
    ]


def test_a_masked_indication_explains_nothing() -> None:
    assert told(WIND_24._replace(masked=True), UartSent(b"+WIND:24:x\r\n")) == [("sent", b"+WIND:24:x\r\n", [])]


def test_nothing_is_held_without_limit() -> None:
    assert [len(piece.octets) for piece in pieces(UartReceived(bytes(70_000)), UartSent(bytes(70_000)))] == [
        *[32_768, 32_768, 4_464] * 2
    ]


def test_a_piece_has_the_time_of_what_completed_it() -> None:
    (piece,) = pieces(UartReceived(b"A"), UartReceived(b"T\r"), CommandReceived(b"AT"))
    assert piece.time == 3.0


def cut(octets: bytes, sizes: Sequence[int]) -> list[bytes]:
    parts, start = [], 0
    for size in sizes:
        parts.append(octets[start : start + size])
        start += size
    return [part for part in (*parts, octets[start:]) if part]


OCTETS = st.lists(st.sampled_from([b"A", b"\r", b"\n", b"AT\r", b"+WIND:24:", b"AT-S.OK\r\n", b"\x00"])).map(b"".join)
SIZES = st.lists(st.integers(1, 6), max_size=20)


@given(st.data())
def test_every_octet_comes_out_once_and_in_order(data: st.DataObject) -> None:
    """Whatever the events say about them, true or not."""
    from_host, to_host = data.draw(OCTETS), data.draw(OCTETS)
    received, sent = data.draw(SIZES), data.draw(SIZES)
    words: list[Event] = [*map(UartReceived, cut(from_host, received)), *map(UartSent, cut(to_host, sent))]
    claims: list[Event] = data.draw(
        st.lists(
            st.sampled_from(
                [
                    CommandReceived(b"AT"),
                    DataReceived(3),
                    Replied(b"AT-S.OK\r\n"),
                    Replied(b"A" * 3),
                    Replied(b"A" * 1500),
                    WIND_24,
                ]
            )
        )
    )
    events: list[Event] = list(claims)
    for word in words:
        events.insert(data.draw(st.integers(0, len(events))), word)
    ordered = _in_order(events, words)
    found = pieces(*ordered)
    assert b"".join(piece.octets for piece in found if piece.direction == "received") == from_host
    assert b"".join(piece.octets for piece in found if piece.direction == "sent") == to_host
    numbers = [entry.number for piece in found for entry in piece.entries]
    assert len(numbers) == len(set(numbers))


def _in_order(events: list[Event], words: list[Event]) -> list[Event]:
    """The same mixture with the words of each direction in their own order."""
    kinds = (UartReceived, UartSent)
    left: dict[type, list[Event]] = {kind: [word for word in words if type(word) is kind] for kind in kinds}
    return [left[type(event)].pop(0) if type(event) in left else event for event in events]


def test_on_the_spi_bus_it_is_what_was_said() -> None:
    found = pieces(
        WIND_24,
        InterruptLine(0),
        WIND_24._replace(masked=True),
        CommandReceived(b"AT+S.FSC=a,3"),
        DataReceived(3),
        Replied(b"AT-S.OK\r\n"),
        SpiClocked(b"\xff", b"\x02"),
    )
    assert [(piece.direction, piece.octets, piece.on_spi) for piece in found] == [
        ("sent", b"+WIND:24:WiFi Up:0:192.168.0.50\r\n", True),
        ("received", b"AT+S.FSC=a,3\r", True),
        ("sent", b"AT-S.OK\r\n", True),
    ]
