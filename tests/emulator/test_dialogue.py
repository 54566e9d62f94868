"""The dialogue as lines: what is kept, waited for, missed and quoted."""

from __future__ import annotations

import asyncio
import re

import pytest

from emulator.capture.timeline import Timeline, UartSent
from emulator.dialogue import Dialogue, NotSaidError
from emulator.surroundings.clock import RealClock
from firmware_model.events import CommandReceived, Indicated, Replied
from firmware_model.tables.indications import Indication

UP = Indicated(24, "WiFi Up:0:192.168.0.50", masked=False)


def dialogue() -> tuple[Timeline, Dialogue]:
    timeline, reader = Timeline(RealClock()), Dialogue()
    timeline.subscribe(reader)
    return timeline, reader


def test_it_reads_like_a_transcript() -> None:
    timeline, reader = dialogue()
    for event in (
        Indicated(0, "Console active", masked=False),
        UartSent(b"+WIND:0:Console active\r\n"),
        CommandReceived(b"AT+S.SOCKR=0,"),
        Replied(b"AT-S.Reading:2:2\r\n"),
        Replied(b"\xff\r\n\r\n"),
        Indicated(55, "Pending Data::0:1:1", masked=True),
    ):
        timeline.record(event)
    assert str(reader) == "< +WIND:0:Console active\n> AT+S.SOCKR=0,\n< AT-S.Reading:2:2\n< \xff\r\n\n"
    assert [line.number for line in reader] == [1, 3, 4, 5]


@pytest.mark.parametrize("awaited", ["+WIND:24", Indication.WIFI_UP, re.compile(r"192\.168\.\d+\.50$")])
async def test_what_was_said_before_and_what_comes_later_are_both_found(awaited: str) -> None:
    timeline, reader = dialogue()
    timeline.record(UP)
    assert (await reader.wait_for(awaited)).text == "+WIND:24:WiFi Up:0:192.168.0.50"
    waiting = asyncio.create_task(reader.wait_for(awaited))
    await asyncio.sleep(0)
    assert not waiting.done()
    timeline.record(Indicated(240, "WiFi Up:0:192.168.0.51", masked=False))
    timeline.record(UP)
    assert (await waiting).text.startswith("+WIND:24")


async def test_lines_before_the_one_that_was_waited_for_are_left_behind() -> None:
    timeline, reader = dialogue()
    for event in (Replied(b"AT-S.OK\r\n"), UP, Replied(b"AT-S.ERROR:44:Wait for Connection Up\r\n")):
        timeline.record(event)
    await reader.wait_for("+WIND:24")
    assert (await reader.wait_for("AT-S.")).text.startswith("AT-S.ERROR:44")


async def test_what_the_host_says_is_not_waited_for() -> None:
    timeline, reader = dialogue()
    timeline.record(CommandReceived(b"AT-S.OK"))
    with pytest.raises(NotSaidError):
        await reader.wait_for("AT-S.OK", timeout=0)


async def test_a_failure_quotes_what_was_said_last() -> None:
    timeline, reader = dialogue()
    with pytest.raises(NotSaidError, match=r"did not say 'AT-S\.OK' within 0 s; nothing was said so far"):
        await reader.wait_for("AT-S.OK", timeout=0)
    for number in range(7):
        timeline.record(Replied(b"AT-S.Query:%d\r\n" % number))
    with pytest.raises(NotSaidError) as caught:
        await reader.wait_for(Indication.WIFI_UP, timeout=0)
    assert str(caught.value).startswith(
        "the module did not say +WIND:24:WiFi Up within 0 s; the last lines: < AT-S.Query:2"
    )
    assert str(caught.value).endswith("| < AT-S.Query:6")


def test_the_oldest_lines_go_first() -> None:
    timeline, reader = dialogue()
    for number in range(10_001):
        timeline.record(Replied(b"%d\r\n" % number))
    texts = [line.text for line in reader]
    assert (len(texts), texts[0], texts[-1]) == (10_000, "1", "10000")
