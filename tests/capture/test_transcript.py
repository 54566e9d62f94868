"""Recorded transcripts: they are played again, to another module."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from emulator.capture.recordings import Wanted
from emulator.capture.timeline import Entry, HostPresent, UartReceived, UartSent
from emulator.capture.transcript import Transcript
from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.events import CommandReceived, DataReceived, Event, Replied
from tests.capture.test_json_lines import RUN
from tests.story.test_seed import FILE, STATION, play_to
from tests.transcript import play, read_transcript

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from emulator.peers.https import HttpsServer
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

ECHOED: tuple[Event, ...] = (UartReceived(b"AT\r"), CommandReceived(b"AT"), UartSent(b"AT\r\n"))


def lines(*events: Event, present: bool = True) -> list[str]:
    transcript = Transcript(RUN, host_present=present)
    octets = transcript.begin()
    for number, event in enumerate(events, 1):
        octets += transcript.take(Entry(number, 0.0, event))
    header, *rest = (octets + transcript.end()).decode("ascii").splitlines()
    assert header.startswith("# spwf04sx transcript, began 2000-01-01")
    assert header.endswith("--seed 7 --fault network=reset:100")
    return rest


def test_a_command_that_is_echoed() -> None:
    assert lines(*ECHOED, Replied(b"AT-S.OK\r\n"), UartSent(b"AT-S.OK\r\n")) == ["> AT", "< AT-S.OK"]


def test_a_command_that_is_not() -> None:
    assert lines(UartReceived(b"AT\r"), CommandReceived(b"AT"), Replied(b"AT-S.OK\r\n"), UartSent(b"AT-S.OK\r\n")) == [
        ">| AT\\r",
        "< AT-S.OK",
    ]


def test_a_host_that_ends_its_lines_with_cr_lf() -> None:
    events = (UartReceived(b"\n"), *ECHOED)
    assert lines(*ECHOED, *events) == ["> AT", "> AT"]


def test_data_and_content_that_are_no_lines() -> None:
    assert lines(
        UartReceived(b"\x00\\\t\r\n"),
        DataReceived(5),
        Replied(b"half\r\n\xffa"),
        UartSent(b"half\r\n\xffa"),
        UartSent(b"\r\n"),
    ) == [">| \\x00\\\\\\t\\r\\n", "<| half\\r\\n\\xffa", "<"]


def test_what_nobody_hears_is_left_out() -> None:
    assert lines(UartSent(b"+WIND:1:x\r\n"), HostPresent(True), *ECHOED, present=False) == ["> AT"]
    assert lines(HostPresent(False), UartSent(b"+WIND:1:x\r\n")) == []


@given(st.binary(min_size=1, max_size=600))
def test_any_octets_are_written_so_that_they_are_read_again(octets: bytes) -> None:
    heard = b""
    for line in lines(Replied(octets), UartSent(octets)):
        kind, _, text = line.partition(" ")
        heard += text.encode("latin-1").decode("unicode_escape").encode("latin-1") if kind == "<|" else b""
        heard += text.encode() + b"\r\n" if kind == "<" else b""
    assert heard == octets


async def test_the_seeds_story_is_played_again(
    https_server: Callable[[Site], Awaitable[HttpsServer]], site: Site, pki: Pki, tmp_path: Path
) -> None:
    server = await https_server(replace(site, files={"/conf": FILE}))
    recorded, again = tmp_path / "recorded.txt", tmp_path / "again.txt"

    def settings(transcript: Path) -> Settings:
        return Settings(
            maps=[f"192.168.0.2:45061=127.0.0.1:{server.port}"],
            stations=[STATION],
            seed=1,
            recordings=Wanted(transcript=transcript),
        )

    async with Emulator(settings(recorded)) as emulator:
        await play_to(emulator, "seed-first-post-fetched", pki)
    steps = [step.text for step in read_transcript(recorded)]
    assert "AT-S.Loading:1:2" in steps
    assert any(step.startswith("-----BEGIN") or "\\x" in step for step in steps)
    async with Emulator(settings(again)) as emulator:
        await asyncio.to_thread(play, emulator.port, recorded, {}, {})
    assert again.read_text().splitlines()[1:] == recorded.read_text().splitlines()[1:]
