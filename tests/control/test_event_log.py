"""Readers of the timeline: they come late, read slowly, come back; nobody waits for them."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from emulator.capture.timeline import Timeline
from emulator.control.event_log import EventLog
from emulator.surroundings.clock import InstantClock
from firmware_model.events import Note
from tests.control.own_server import served
from tests.control.running import API, Client, controlled

if TYPE_CHECKING:
    from tests.control.own_server import Served


def timeline_of(*texts: str) -> tuple[Timeline, EventLog]:
    timeline = Timeline(InstantClock())
    log = EventLog(timeline, entries=3, octets=100)
    for text in texts:
        timeline.record(Note(text))
    return timeline, log


def numbers(log: EventLog, place: int) -> list[int]:
    return [entry.number for entry in log.read(place).entries]


def test_the_newest_entries_are_kept() -> None:
    _, log = timeline_of("a", "b", "c", "d", "e")
    assert (log.first, log.last) == (3, 5)
    assert numbers(log, log.place_after(0)) == [3, 4, 5]
    assert numbers(log, log.place_after(4)) == [5]
    assert numbers(log, log.place_after(9)) == []


def test_who_has_fallen_behind_is_told_how_far() -> None:
    timeline, log = timeline_of("a", "b")
    batch = log.read(0)
    assert (len(batch.entries), batch.lost, batch.place) == (2, 0, 2)
    for text in ("c", "d", "e", "f", "g", "h"):
        timeline.record(Note(text))
    batch = log.read(batch.place)
    assert ([entry.number for entry in batch.entries], batch.lost, batch.place) == ([6, 7, 8], 3, 8)


def test_octets_are_bounded_as_well() -> None:
    from emulator.capture.timeline import UartSent

    timeline, log = timeline_of()
    for _ in range(3):
        timeline.record(UartSent(b"x" * 60))
    assert (log.first, log.last) == (3, 3)
    timeline.record(UartSent(b"x" * 1000))
    assert numbers(log, 0) == [4]


async def test_a_reader_waits_until_there_is_something_or_the_end() -> None:
    timeline, log = timeline_of("a")
    waiting = [asyncio.create_task(log.wait(log.end)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    timeline.record(Note("b"))
    assert await asyncio.gather(*waiting) == [True, True, True]
    last = asyncio.create_task(log.wait(log.end))
    await asyncio.sleep(0)
    log.close()
    assert await last is False


class SlowReader:
    """Asks for the stream and takes as little as the system lets it."""

    def __init__(self, client: Client) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((client.host, client.port))
        request = f"GET {API}/events/stream HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n\r\n"
        self.socket.sendall(request.encode())

    def read_until(self, ending: str) -> str:
        text = ""
        while ending not in text:
            octets = self.socket.recv(65536)
            assert octets, text[-200:]
            text += octets.decode()
        return text

    def hurry(self) -> None:
        """Take much at once from now on: through a small window megabytes take minutes on a busy machine."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)


def begin_reading(client: Client) -> SlowReader:
    reader = SlowReader(client)
    reader.read_until("event: hello")
    return reader


async def test_a_reader_that_does_not_read_slows_nobody_and_is_told_what_it_missed() -> None:
    async with served() as here:
        reader = await asyncio.to_thread(begin_reading, here.client)
        try:
            for number in range(60):
                for _ in range(1000):
                    here.emulator.timeline.record(Note(f"{number} {'x' * 200}"))
                # Another reader, and the module itself, have their turn all the while.
                assert (await here.get("/events?limit=1"))["last"] > number * 1000
            here.emulator.press_reset()
            await here.emulator.wait_for("+WIND:0:Console active")
            kept = await here.get("/events?limit=1")
            assert kept["last"] - kept["first"] == 19_999
            reader.hurry()
            text = await asyncio.to_thread(reader.read_until, "event: lost")
            text += await asyncio.to_thread(reader.read_until, "\n\n")
            lost = json.loads(text.partition("event: lost\n")[2].partition("\n")[0].removeprefix("data: "))
            assert lost["entries"] > 10_000
        finally:
            reader.socket.close()


async def test_an_emulator_ends_though_a_reader_does_not_read(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as here:
        reader = await asyncio.to_thread(begin_reading, here.client)
        for _ in range(10_000):
            here.emulator.timeline.record(Note("x" * 1000))
        assert (await here.get("/events?limit=1"))["last"] > 10_000
    assert caplog.records == []
    reader.socket.close()


async def test_nothing_is_missed_by_who_comes_back_with_the_last_id() -> None:
    async with served() as here:
        first = await follow(here, 5, {})
        again = await follow(here, 5, {"Last-Event-ID": first[-1]["id"]})
        assert [event["number"] for event in again] == [first[-1]["number"] + n for n in range(1, 6)]


async def test_who_comes_from_another_run_begins_anew() -> None:
    async with served() as here:
        events = await follow(here, 1, {"Last-Event-ID": "00000000-500"})
        assert events[0]["number"] == 1


async def follow(here: Served, count: int, headers: dict[str, str]) -> list[dict[str, Any]]:
    """The first events of a stream, each with its id."""

    def read() -> list[dict[str, Any]]:
        import http.client

        connection = http.client.HTTPConnection(here.client.host, here.client.port, timeout=20)
        try:
            connection.request("GET", f"{API}/events/stream", headers=headers)
            found: list[dict[str, Any]] = []
            for line in connection.getresponse():
                if line.startswith(b"id: "):
                    name = line[4:].decode().strip()
                    found.append({"id": name, "number": int(name.partition("-")[2])})
                if len(found) == count:
                    break
            return found
        finally:
            connection.close()

    return await asyncio.to_thread(read)


@pytest.mark.parametrize("after", ["x", "1.5", "9" * 30])
def test_a_place_that_is_none_is_refused(client: Client, after: str) -> None:
    answer = client.ask("GET", f"{API}/events/stream?after={after}")
    assert answer.status == 400
    assert "neither the number of an event" in answer.detail


def test_there_is_an_end_to_readers() -> None:
    with controlled("--power-on", "start") as client:
        readers = [begin_reading(client) for _ in range(32)]
        answer = client.ask("GET", f"{API}/events/stream")
        assert answer.status == 503
        assert "32 programs read events already" in answer.detail
        for reader in readers:
            reader.socket.close()
