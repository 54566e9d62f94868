"""The one event log: numbers, time, and who gets to see what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.capture.timeline import Entry, HostPresent, Timeline, UartReceived, UartSent
from emulator.surroundings.clock import InstantClock, RealClock, wall_clock
from firmware_model.events import CommandReceived, DataReceived, Indicated, Note, Replied, TlsSecrets
from tests.module_host import running_module

if TYPE_CHECKING:
    from firmware_model.events import Event


class CountingClock(RealClock):
    """Counts how often it is asked."""

    asked = 0

    def monotonic(self) -> float:
        self.asked += 1
        return float(self.asked)


def test_readers_get_every_event_once_in_order_and_numbered() -> None:
    first: list[Entry] = []
    second: list[Entry] = []
    timeline = Timeline(RealClock())
    timeline.record(Note("before anybody listens"))
    timeline.subscribe(first.append)
    timeline.record(Note("one"))
    timeline.subscribe(second.append)
    timeline.record(Note("two"))
    timeline.unsubscribe(first.append)
    timeline.record(Note("three"))
    assert [(entry.number, entry.event) for entry in first] == [(2, Note("one")), (3, Note("two"))]
    assert [(entry.number, entry.event) for entry in second] == [(3, Note("two")), (4, Note("three"))]
    assert first[0].time <= first[1].time <= second[1].time


def test_a_reader_may_ask_for_some_kinds_only() -> None:
    seen: list[Entry] = []
    timeline = Timeline(RealClock())
    timeline.subscribe(seen.append, UartSent, Note)
    for event in (UartReceived(b"1"), UartSent(b"2"), Note("3"), HostPresent(True)):
        timeline.record(event)
    assert [entry.number for entry in seen] == [2, 3]


def test_an_event_that_nobody_listens_to_is_only_counted() -> None:
    clock = CountingClock()
    timeline = Timeline(clock)
    timeline.subscribe(lambda _: None, Note)
    begun = clock.asked
    for _ in range(5):
        timeline.record(UartSent(b"x"))
    assert clock.asked == begun
    timeline.record(Note("heard"))
    assert clock.asked == begun + 1


def test_secrets_go_only_to_those_who_ask_for_them() -> None:
    everybody: list[Entry] = []
    by_kind: list[Entry] = []
    trusted: list[Entry] = []
    timeline = Timeline(RealClock())
    timeline.subscribe(everybody.append)
    timeline.subscribe(by_kind.append, tuple)
    timeline.subscribe(trusted.append, secrets=True)
    secrets = TlsSecrets(bytes(range(32)), bytes(range(48)), 3)
    for event in (Note("one"), secrets, Note("three")):
        timeline.record(event)
    assert [entry.number for entry in everybody] == [entry.number for entry in by_kind] == [1, 3]
    assert [entry.event for entry in trusted] == [Note("one"), secrets, Note("three")]
    assert "0001" not in str(secrets)


async def test_the_instant_clock_stamps_what_the_module_let_pass_and_nothing_else() -> None:
    clock = InstantClock()
    seen: list[Entry] = []
    timeline = Timeline(clock, now=clock.slept, began=wall_clock(clock))
    timeline.subscribe(seen.append)
    timeline.record(Note("at once"))
    await clock.sleep(2.5)
    timeline.record(Note("later"))
    async with clock.timeout(5):
        await RealClock().sleep(0.001)
    timeline.record(Note("somebody else took a millisecond"))
    await clock.sleep(0.5)
    timeline.record(Note("last"))
    assert [entry.time for entry in seen] == [0, 2.5, 2.5, 3]
    assert timeline.began == wall_clock(InstantClock()) == 946_684_800


async def test_a_command_leaves_its_events_in_the_order_in_which_it_passes() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,1")
        begun = len(host.entries)
        await host.command("AT+S.FSC=a.txt,3", b"abc")
        events = [entry.event for entry in host.entries[begun:]]
    expected: list[Event] = [
        UartReceived(b"AT+S.FSC=a.txt,3\rabc"),
        CommandReceived(b"AT+S.FSC=a.txt,3"),
        UartSent(b"AT+S.FSC=a.txt,3\r\n"),
        DataReceived(3),
        Replied(b"AT-S.OK\r\n"),
        UartSent(b"AT-S.OK\r\n"),
    ]
    assert events == expected


async def test_an_indication_is_told_when_it_is_raised_and_its_octets_when_they_leave() -> None:
    async with running_module() as host:
        await host.boot()
    events = [entry.event for entry in host.entries]
    raised = events.index(Indicated(32, "WiFi Hardware Started", masked=False))
    assert events[raised + 1] == UartSent(b"+WIND:32:WiFi Hardware Started\r\n")
