"""From the lines of a transcript to what the host does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from emulator.transcript.form import TranscriptError
from emulator.transcript.script import Turn, read_script
from tests.transcript import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


def script(folder: Path, text: str, **texts: str) -> tuple[Turn, ...]:
    (folder / "t.txt").write_text(text)
    return read_script(folder / "t.txt", texts)


def test_a_wait_commands_and_data(tmp_path: Path) -> None:
    (tmp_path / "ca.der").write_bytes(b"\x30\x00")
    turns = script(
        tmp_path,
        "< +WIND:0:Console active\n> AT+S.TLSCERT=ca,{ca.length}\n>= ca\n< AT-S.OK\n> AT+S.WIFI=1\n> AT+S.RESET\n"
        "< +WIND:32:x\n>| at+s.sockr=0,\\n\\r\n< at+s.sockr=0,\n<= unknown\n< AT-S.OK\n",
    )
    assert turns == (
        Turn("t.txt:1", (), (b"+WIND:0:Console active\r\n",)),
        Turn("t.txt:2", (b"AT+S.TLSCERT=ca,2\r", b"\x30\x00"), (b"AT-S.OK\r\n",)),
        Turn("t.txt:5", (b"AT+S.WIFI=1\r",), ()),
        Turn("t.txt:6", (b"AT+S.RESET\r",), (b"+WIND:32:x\r\n",)),
        Turn("t.txt:8", (b"at+s.sockr=0,\n\r",), (b"{unknown}", b"AT-S.OK\r\n")),
    )
    assert [turn.name for turn in turns] == ["", "TLSCERT", "WIFI", "RESET", "SOCKR"]
    assert [turn.wants_reply for turn in turns] == [False, True, True, False, True]
    assert [turn.awaited for turn in turns] == [Counter([0]), Counter(), Counter(), Counter([32]), Counter()]


def test_the_story_of_the_seed(tmp_path: Path) -> None:
    contents = {}
    for name in ("ca", "cert", "key"):
        contents[name] = tmp_path / name
        contents[name].write_bytes(name.encode())
    turns = read_script(FOLDER / "seed-first-post-refused.txt", {"now": "1"}, contents)
    assert turns[0].sent == ()
    assert turns[-2].command == "AT+S.HTTPGET=192.168.0.2,conf,45061,2,,,config.txt,"
    assert (b"AT+S.TLSCERT=cert,4\r", b"cert") in [turn.sent for turn in turns]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("> AT+S.SSIDTXT={ssid}\n", r"t.txt:1: nothing is known of {ssid}; give it with --text ssid=VALUE"),
        ("> AT\n>= ca\n", "t.txt:2: there is no file ca beside the transcript; name the one to send with --content"),
        ("> AT\n< WIND 0 0\n", "t.txt:2: this is a dialogue on SPI"),
        (">> 02 00\n", "t.txt:1: this is a dialogue on SPI"),
        ("> AT+S.SSIDTXT=日本\n", "t.txt:1: a character has no octet of its own in Latin-1"),
    ],
)
def test_what_cannot_be_played(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(TranscriptError) as failure:
        script(tmp_path, text)
    assert words in str(failure.value)
