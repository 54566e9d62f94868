"""Transcripts as text: their lines, and what is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.transcript.form import Step, TranscriptError, heard_lines, raw_lines, read_transcript, unescaped
from tests.transcript import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


def test_every_mark_and_an_inclusion(tmp_path: Path) -> None:
    (tmp_path / "inner.txt").write_text("> AT\n")
    (tmp_path / "outer.txt").write_text("#x\n# y\n\n@include inner\n>= ca\n>| a\\n\n< OK\n<\n<= b\n<| \\x00\n")
    assert list(read_transcript(tmp_path / "outer.txt")) == [
        Step(">", "AT", "inner.txt:1"),
        Step(">=", "ca", "outer.txt:5"),
        Step(">|", "a\\n", "outer.txt:6"),
        Step("<", "OK", "outer.txt:7"),
        Step("<", "", "outer.txt:8"),
        Step("<=", "b", "outer.txt:9"),
        Step("<|", "\\x00", "outer.txt:10"),
    ]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_all_of_ours_are_read_and_those_of_spi_told_apart(path: Path) -> None:
    steps = list(read_transcript(path))
    assert steps
    assert any(step.is_of_spi for step in steps) == (
        "SPI" in path.read_text().partition("\n")[0]
        or "dhcp-dump" in path.name
        or path.stem == "pb-radio-off"
        or path.stem.startswith("spi")
    )


@given(st.binary(min_size=1, max_size=600))
def test_octets_survive_either_way(octets: bytes) -> None:
    raw = b"".join(unescaped(line.removeprefix("<| ")) for line in raw_lines("<|", octets))
    heard = b""
    for line in heard_lines(octets):
        mark, _, text = line.partition(" ")
        heard += unescaped(text) if mark == "<|" else text.encode() + b"\r\n"
    assert raw == heard == octets


@pytest.mark.parametrize("text", ["\\", "\\q", "\\x4", "a\\\\\\", "\\u0041"])
def test_an_escape_that_is_none(text: str) -> None:
    with pytest.raises(TranscriptError, match="has an escape that there is none of"):
        unescaped(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nonsense\n", "t.txt:1: 'nonsense' is no line of a transcript"),
        (b"> AT\n<<< x\n", "t.txt:2: '<<< x' is no line"),
        (b"@include t\n", "t.txt includes itself"),
        (b"\xff\xfe\x00", "t.txt is no text"),
    ],
)
def test_what_is_no_transcript(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "t.txt").write_bytes(content)
    with pytest.raises(TranscriptError, match=re.escape(words)):
        list(read_transcript(tmp_path / "t.txt"))
