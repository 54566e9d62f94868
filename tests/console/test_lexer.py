from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.console.lexer import MAXIMUM_LINE, CommandLine, Lexer


def lines_of(*pieces: bytes) -> list[bytes]:
    lexer = Lexer()
    lines = []
    for piece in pieces:
        lexer.feed(piece)
        while (line := lexer.next_line()) is not None:
            lines.append(line.content)
    return lines


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (b"AT\r", [b"AT"]),
        (b"AT\r\n", [b"AT"]),
        (b"AT\n\r", [b"AT"]),
        (b"AT\r\nAT+S.STS\r\n", [b"AT", b"AT+S.STS"]),
        (b"AT\n\rAT+S.STS\n\r", [b"AT", b"AT+S.STS"]),
        (b"\r\r\n\n\rAT\r", [b"AT"]),
        (b"AT", []),
        (b"AX\x08T\r", [b"AT"]),
        (b"AX\x7fT\r", [b"AT"]),
        (b"\x08\x08AT\r", [b"AT"]),
        (b"AT+S.SSIDTXT=My Router AP\r", [b"AT+S.SSIDTXT=My Router AP"]),
        (b"\x00\xff\r", [b"\x00\xff"]),
    ],
)
def test_lines_end_with_cr_and_line_feeds_do_not_count(sent: bytes, lines: list[bytes]) -> None:
    assert lines_of(sent) == lines


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_how_the_octets_are_split_makes_no_difference(sent: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    pieces = [sent[start:end] for start, end in pairwise(places)]
    assert lines_of(*pieces) == lines_of(sent)


@given(st.binary(max_size=40).filter(lambda content: b"\r" not in content), st.binary(max_size=60), st.data())
def test_data_follows_the_cr_untouched(line: bytes, data: bytes, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(data)))
    lexer = Lexer()
    lexer.feed(b"AT" + line.translate(None, b"\x08\x7f") + b"\r" + data[:cut])
    assert lexer.next_line() is not None
    received = lexer.take_data(len(data))
    lexer.feed(data[cut:])
    received += lexer.take_data(len(data) - len(received))
    assert received == data


@pytest.mark.parametrize(("length", "too_long"), [(512, False), (513, True), (100_000, True)])
def test_a_line_holds_512_octets(length: int, too_long: bool) -> None:
    lexer = Lexer()
    lexer.feed(b"A" * length + b"\rAT\r")
    assert lexer.next_line() == CommandLine(b"A" * min(length, MAXIMUM_LINE), too_long)
    assert lexer.next_line() == CommandLine(b"AT", False)


def test_an_endless_line_takes_no_endless_memory() -> None:
    lexer = Lexer()
    for _ in range(1000):
        lexer.feed(b"x" * 1000)
        assert lexer.next_line() is None
        lexer.take_echo()
    lexer.feed(b"\r")
    assert lexer.next_line() == CommandLine(b"x" * MAXIMUM_LINE, True)


def test_the_echo_shows_what_was_typed_and_turns_cr_into_cr_lf() -> None:
    lexer = Lexer()
    lexer.feed(b"at+s.STX\x08S\n\rdata")
    lexer.next_line()
    assert lexer.take_echo() == b"at+s.STX\b \bS\r\n"
    lexer.take_data(4)
    assert lexer.take_echo() == b""


@pytest.mark.parametrize(
    ("sent", "begun"), [(b"A", True), (b"at+s", True), (b"+", False), (b"AT\r", False), (b"\n", False)]
)
def test_a_command_begins_with_its_letter_a(sent: bytes, begun: bool) -> None:
    lexer = Lexer()
    lexer.feed(sent)
    lexer.next_line()
    assert lexer.command_begun is begun
