"""What passes on a port as the lines of a transcript, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.transcript.form import unescaped
from emulator.transcript.writing import DialogueWriter


def written(*said: tuple[str, bytes]) -> list[str]:
    writer = DialogueWriter()
    lines: list[str] = []
    for who, octets in said:
        lines += writer.host(octets) if who == ">" else writer.module(octets)
    return [*lines, *writer.end()]


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ([(">", b"AT\r"), ("<", b"AT\r\nAT-S.OK\r\n")], ["> AT", "< AT-S.OK"]),
        ([(">", b"AT\r"), ("<", b"AT-S.OK\r\n")], [">| AT\\r", "< AT-S.OK"]),
        ([("<", b"+WIND:0:x\r\n")], ["< +WIND:0:x"]),
        ([(">", b"A"), ("<", b"A"), (">", b"T\r"), ("<", b"T\r"), ("<", b"\nAT-S.OK\r\n")], ["> AT", "< AT-S.OK"]),
        ([(">", b"\nAT\r"), ("<", b"AT\r\n")], ["> AT"]),
        ([(">", b"AT\r"), ("<", b"+WIND:1:x\r\nAT\r\n")], [">| AT\\r", "< +WIND:1:x", "< AT"]),
        (
            [(">", b"AT+S.FSC=a,2\r"), (">", b"\x00\n"), ("<", b"AT+S.FSC=a,2\r\n"), ("<", b"AT-S.OK\r\n")],
            ["> AT+S.FSC=a,2", ">| \\x00\\n", "< AT-S.OK"],
        ),
        (
            [(">", b"AT+S.FSP=a\r"), ("<", b"AT+S.FSP=a\r\n\x00a\nAT-S.OK\r\n")],
            ["> AT+S.FSP=a", "<| \\x00a\\nAT-S.OK\\r\\n"],
        ),
        (
            [(">", b"AT\rAT\r"), ("<", b"AT\r\nAT-S.OK\r\nAT\r\nAT-S.OK\r\n")],
            ["> AT", ">| AT\\r", "< AT-S.OK", "< AT", "< AT-S.OK"],
        ),
        ([(">", b"AT"), ("<", b"half")], [">| AT", "<| half"]),
    ],
)
def test_dialogues(said: list[tuple[str, bytes]], lines: list[str]) -> None:
    assert written(*said) == lines


PIECES = st.one_of(
    st.sampled_from([b"AT\r", b"AT\r\n", b"AT-S.OK\r\n", b"+WIND:1:x\r\n", b"A", b"\r", b"\n", b"\x00\xff\\"]),
    st.binary(max_size=6),
)


@given(st.lists(st.tuples(st.sampled_from("<>"), PIECES), max_size=20))
def test_nothing_is_lost_or_made_up(said: list[tuple[str, bytes]]) -> None:
    host, module = b"", b""
    for line in written(*said):
        mark, _, text = line.partition(" ")
        if mark == ">":
            host += text.encode() + b"\r"
            module += text.encode() + b"\r\n"
        elif mark == ">|":
            host += unescaped(text)
        else:
            module += unescaped(text) if mark == "<|" else text.encode() + b"\r\n"
    # Only line feeds before a command may be missing: the module drops them, and so does who plays it again.
    assert host.replace(b"\n", b"") == b"".join(octets for who, octets in said if who == ">").replace(b"\n", b"")
    assert module == b"".join(octets for who, octets in said if who == "<")
