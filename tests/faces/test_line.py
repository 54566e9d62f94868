"""The serial line between a module's UART and a host in memory, on a clock that the test moves."""

from __future__ import annotations

import asyncio

import pytest

from emulator.capture.timeline import UartReceived
from emulator.faces.events import HostBreak, ReceiverNoticed
from emulator.faces.face import FlowControl, LineErrors, LineSettings, Parity
from emulator.faces.line import HOST_BUFFER, Line
from emulator.faces.memory import MemoryFace
from emulator.faces.receive_buffer import CAPACITY
from firmware_model.events import Note
from firmware_model.outside import UartSettings
from tests.doubles import RecordingTimeline
from tests.faces.stepped_clock import SteppedClock, give_way

OCTET = 10 / 115200
"""Seconds that one octet takes, 8N1 at the factory speed."""
GRAIN = 0.001
TEXT = bytes(range(256)) * 40
PATIENCE = 20.0


class Bench:
    """A line with a host in memory; the module's UART is the test's to use."""

    def __init__(
        self, speed: int = 115200, *, flow_control: bool = False, clock: SteppedClock | None = None, fast: bool = False
    ) -> None:
        self.clock = clock or SteppedClock()
        self.timeline = RecordingTimeline()
        self.line = Line(self.timeline, None if fast else self.clock)
        self.host = MemoryFace(self.line)
        self.line.set_up(UartSettings(speed, flow_control))

    async def read(self, count: int) -> bytes:
        """What the module gets, so many octets of it."""
        octets = b""
        async with asyncio.timeout(PATIENCE):
            while len(octets) < count:
                octets += await self.line.read()
        return octets

    def notes(self) -> list[str]:
        return [note.text for note in self.timeline.of(Note)]


@pytest.mark.parametrize("speed", [1200, 9600, 74880, 115200, 250000, 921600])
async def test_octets_for_the_host_take_their_time(speed: int) -> None:
    bench, text = Bench(speed), TEXT[: speed // 20]
    bench.line.write(text)
    assert await bench.clock.run_dry() == pytest.approx(len(text) * 10 / speed)
    assert bench.host.take() == text


@pytest.mark.parametrize(
    ("settings", "bits"),
    [
        (LineSettings(115200), 10),
        (LineSettings(115200, stop_bits=2), 11),
        (LineSettings(115200, 7, Parity.EVEN, 1.5), 10.5),
        (LineSettings(115200, 8, Parity.ODD, 2), 12),
        (LineSettings(57600), 20),
        (LineSettings(), 10),
    ],
)
async def test_octets_from_the_host_take_the_time_of_its_settings(settings: LineSettings, bits: float) -> None:
    bench = Bench()
    bench.line.configure(settings)
    bench.host.write(bytes(500))
    assert await bench.clock.run_dry() == pytest.approx(500 * bits / 115200)


async def test_what_a_slow_host_left_behind_does_not_keep_the_next_one_waiting() -> None:
    bench = Bench()
    bench.line.configure(LineSettings(300))
    bench.host.write(TEXT)
    await bench.clock.advance(1)
    bench.line.release(bench.host)
    assert "the host that has left were lost: they would take longer than 30 s" in bench.notes()[-1]
    following = MemoryFace(bench.line)
    assert following.reading
    following.write(b"AT\r")
    assert await bench.clock.run_dry() == pytest.approx(31, abs=0.1)
    assert (await bench.line.read()).endswith(b"AT\r")


async def test_what_a_host_left_behind_is_not_lost_within_half_a_minute() -> None:
    bench = Bench()
    bench.host.write(TEXT)
    bench.line.release(bench.host)
    assert await bench.clock.run_dry() == pytest.approx(len(TEXT) * OCTET)


async def test_half_of_the_octets_are_there_after_half_of_the_time() -> None:
    bench = Bench()
    bench.line.write(TEXT)
    await bench.clock.advance(len(TEXT) * OCTET / 2)
    assert abs(len(bench.host.take()) - len(TEXT) / 2) <= GRAIN / OCTET + 1


async def test_nothing_arrives_before_its_last_bit_has() -> None:
    bench = Bench(1200)
    bench.line.write(b"AT")
    await bench.clock.advance(0.99 * 10 / 1200)
    assert bench.host.take() == b""
    await bench.clock.advance(0.02 * 10 / 1200)
    assert bench.host.take() == b"A"


async def test_both_directions_run_side_by_side() -> None:
    bench = Bench()
    bench.line.write(TEXT[:5000])
    bench.host.write(TEXT[:5000])
    assert await bench.clock.run_dry() == pytest.approx(5000 * OCTET)
    assert (bench.host.take(), await bench.read(5000)) == (TEXT[:5000], TEXT[:5000])


async def test_the_event_loop_is_not_woken_for_each_octet() -> None:
    bench = Bench(921600)
    bench.line.write(TEXT)
    assert await bench.clock.run_dry() / GRAIN >= bench.clock.sleeps - 1


async def test_lateness_does_not_add_up() -> None:
    bench = Bench(clock=SteppedClock(oversleeps=0.7 * GRAIN))
    bench.line.write(TEXT)
    assert await bench.clock.run_dry() == pytest.approx(len(TEXT) * OCTET, abs=2 * GRAIN)


async def test_who_was_held_up_for_long_does_not_hurry() -> None:
    bench = Bench(clock=SteppedClock(oversleeps=10.0))
    bench.line.write(TEXT)
    most = 0
    while bench.clock.now < 100:
        await bench.clock.advance(5)
        most = max(most, len(bench.host.take()))
    assert 0 < most <= 4096


async def test_the_module_may_run_ahead_of_the_wire_by_a_buffer() -> None:
    bench = Bench()
    bench.line.write(bytes(1000))
    await bench.line.drain()
    bench.line.write(bytes(1000))
    draining = asyncio.create_task(bench.line.drain())
    await give_way()
    assert not draining.done()
    await bench.clock.advance(1000 * OCTET)
    assert draining.done()


async def test_a_purge_takes_back_what_is_not_on_its_way() -> None:
    bench = Bench()
    bench.host.write(bytes(5000))
    assert not bench.host.reading
    await bench.clock.advance(1000 * OCTET)
    bench.line.purge()
    assert bench.host.reading
    bench.host.write(b"\r")
    await bench.clock.run_dry()
    octets = await bench.read(1)
    assert octets.endswith(b"\r")
    assert 990 <= len(octets) <= 1001


# Wrong settings


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("rate", [9600, 57600, 74880, 230400, 921600])
async def test_a_wrong_rate_is_garbage_both_ways_until_it_is_corrected(rate: int, fast: bool) -> None:
    bench = Bench(fast=fast)
    bench.line.configure(LineSettings(rate))
    bench.line.write(b"AT-S.OK\r\n")
    bench.host.write(b"AT+S.STS\r")
    await bench.clock.run_dry()
    garbage = bench.host.take()
    assert garbage != b"AT-S.OK\r\n"
    assert all(b"AT" not in event.octets for event in bench.timeline.of(UartReceived))
    bench.line.configure(LineSettings(115200))
    bench.line.write(b"AT-S.OK\r\n")
    bench.host.write(b"AT\r")
    await bench.clock.run_dry()
    assert bench.host.take() == b"AT-S.OK\r\n"
    assert (await bench.read(3)).endswith(b"AT\r")


async def test_the_same_octets_give_the_same_garbage() -> None:
    heard = set()
    for oversleeps in (0.0, 0.3 * GRAIN, 0.9 * GRAIN):
        bench = Bench(clock=SteppedClock(oversleeps))
        bench.line.configure(LineSettings(74880))
        bench.line.write(TEXT)
        await bench.clock.run_dry()
        heard.add(bench.host.take())
    assert len(heard) == 1


@pytest.mark.parametrize("rate", [112_000, 117_600])
async def test_a_few_percent_do_no_harm(rate: int) -> None:
    bench = Bench()
    bench.line.configure(LineSettings(rate))
    bench.line.write(TEXT)
    await bench.clock.run_dry()
    assert bench.host.take() == TEXT
    assert bench.notes() == []


async def test_the_log_says_once_for_each_setting_what_is_wrong_and_what_to_do() -> None:
    bench = Bench()
    for rate in (9600, 9600, 57600, 115200, 9600):
        bench.line.configure(LineSettings(rate))
        for _ in range(3):
            bench.line.write(b"AT-S.OK\r\n")
            bench.host.write(b"AT\r")
            await bench.clock.run_dry()
    assert bench.notes() == [
        f"the host's end is set to {rate} bit/s 8N1, the module's UART to 115200 bit/s 8N1: each hears garbage; set "
        f"the host to 115200, or console_speed to {rate} (over 115200 bit/s, with AT+S.WCFG and a reset)"
        for rate in (9600, 57600, 9600)
    ]


async def test_what_is_left_over_from_a_wrong_speed_is_no_reason_to_complain_of_the_right_one() -> None:
    bench = Bench()
    bench.line.configure(LineSettings(9600))
    bench.line.write(TEXT[:1000])
    await bench.clock.advance(100.5 * OCTET)
    bench.line.configure(LineSettings(115200))
    await bench.clock.run_dry()
    assert bench.host.take().endswith(TEXT[300:1000])
    assert len(bench.notes()) == 1


async def test_seven_bits_with_parity_are_noticed_too() -> None:
    bench = Bench()
    bench.line.configure(LineSettings(115200, 7, Parity.EVEN))
    bench.host.write(b"AT+S.C\r")
    await bench.clock.run_dry()
    assert await bench.read(7) == b"A\xd4+S.\xc3\x8d"
    assert bench.notes()[0].endswith("set the host to 115200 bit/s 8N1")
    bench.line.write(b"AC")
    await bench.clock.run_dry()
    assert bench.host.take() == b"AC"
    assert bench.host.errors == LineErrors.PARITY


async def test_a_slower_module_looks_like_breaks_and_framing_errors_to_the_host() -> None:
    bench = Bench(9600)
    bench.line.configure(LineSettings(115200))
    bench.line.write(b"U")
    await bench.clock.run_dry()
    assert bench.host.take() == bytes(5)
    assert bench.host.errors == LineErrors.BREAK
    assert bench.timeline.of(ReceiverNoticed) == [ReceiverNoticed(LineErrors.BREAK)]


async def test_octets_keep_what_they_were_sent_with() -> None:
    bench = Bench()
    bench.host.write(b"sent at 115200 ")
    bench.line.configure(LineSettings(9600))
    await bench.clock.run_dry()
    assert await bench.read(15) == b"sent at 115200 "


async def test_a_module_that_was_not_started_yet_is_set_up_as_its_host() -> None:
    line = Line(RecordingTimeline())
    host = MemoryFace(line)
    line.configure(LineSettings(9600))
    host.write(b"early")
    assert await asyncio.wait_for(line.read(), PATIENCE) == b"early"


# Nobody reads


async def test_a_host_that_does_not_read_is_overrun_and_told_once() -> None:
    bench = Bench()
    bench.host.deaf = True
    bench.line.write(TEXT)
    await bench.clock.run_dry()
    assert bench.host.errors == LineErrors.OVERRUN
    assert bench.notes() == [
        "the host does not read: octets for it are lost; read in time, or use RTS/CTS (console_hwfc)"
    ]
    assert bench.timeline.of(ReceiverNoticed) == [ReceiverNoticed(LineErrors.OVERRUN)]
    bench.host.deaf = False
    assert bench.host.take() == TEXT[:HOST_BUFFER]
    bench.line.write(b"heard")
    await bench.clock.run_dry()
    assert bench.host.take() == b"heard"
    bench.host.deaf = True
    bench.line.write(TEXT)
    await bench.clock.run_dry()
    assert len(bench.notes()) == 2


async def test_flow_control_lets_the_module_wait_for_a_host_that_does_not_read() -> None:
    bench = Bench(flow_control=True)
    bench.host.deaf = True
    for piece in (TEXT[:5000], TEXT[5000:]):
        bench.line.write(piece)
    await bench.clock.advance(5)
    waiting = bench.host.backlog
    assert HOST_BUFFER <= waiting < len(TEXT)
    await bench.clock.advance(5)
    assert bench.host.backlog == waiting
    bench.host.deaf = False
    await bench.clock.run_dry()
    assert bench.host.take() == TEXT
    assert bench.notes() == []


async def test_a_host_without_flow_control_is_overrun_all_the_same() -> None:
    bench = Bench(flow_control=True)
    bench.line.configure(LineSettings(115200, flow_control=FlowControl.NONE))
    bench.host.deaf = True
    bench.line.write(TEXT)
    await bench.clock.run_dry()
    assert bench.host.take() == TEXT[:HOST_BUFFER]
    assert "its end is set up without RTS/CTS" in bench.notes()[0]


@pytest.mark.parametrize("fast", [False, True])
async def test_the_module_sends_while_rts_is_asserted(fast: bool) -> None:
    bench = Bench(flow_control=True, fast=fast)
    bench.line.drive(rts=False)
    bench.line.write(TEXT)
    await bench.clock.advance(5)
    assert bench.host.take() == b""
    bench.line.drive(rts=True)
    await bench.clock.run_dry()
    assert bench.host.take() == TEXT


async def test_without_flow_control_the_module_does_not_look_at_rts() -> None:
    bench = Bench()
    bench.line.drive(rts=False)
    bench.line.write(b"AT-S.OK\r\n")
    await bench.clock.run_dry()
    assert bench.host.take() == b"AT-S.OK\r\n"


async def test_rts_that_goes_off_stops_the_module_within_a_grain() -> None:
    bench = Bench(flow_control=True)
    bench.line.write(TEXT)
    await bench.clock.advance(1000 * OCTET)
    bench.line.drive(rts=False)
    bench.host.take()
    await bench.clock.advance(5)
    assert len(bench.host.take()) <= GRAIN / OCTET + 1


async def test_a_module_that_may_not_send_for_too_long_loses_what_comes_last() -> None:
    bench = Bench(flow_control=True)
    bench.line.drive(rts=False)
    for _ in range(300):
        bench.line.write(bytes(1000))
    assert bench.notes() == ["octets of the module are lost: the host has not let it send for too long"]
    bench.line.drive(rts=True)
    await bench.clock.run_dry()
    assert 65536 <= len(bench.host.take()) < 100_000


@pytest.mark.parametrize("host", [FlowControl.NONE, None])
async def test_a_busy_module_without_flow_control_loses_octets(host: FlowControl | None) -> None:
    bench = Bench()
    bench.line.configure(LineSettings(115200, flow_control=host))
    bench.host.write(TEXT)
    await bench.clock.run_dry()
    assert await bench.read(1) == TEXT[:CAPACITY]
    assert bench.notes() == [
        "the module is busy: octets from the host are lost; wait for replies, or use RTS/CTS (console_hwfc)"
    ]
    assert bench.host.lines.cts


async def test_a_busy_module_with_flow_control_lowers_cts_and_loses_nothing() -> None:
    bench = Bench(flow_control=True)
    bench.host.write(TEXT * 2)
    await bench.clock.run_dry()
    assert not bench.host.lines.cts
    assert not bench.host.reading
    octets = await bench.read(1)
    assert len(octets) <= CAPACITY
    while len(octets) < 2 * len(TEXT):
        await bench.clock.run_dry()
        octets += await bench.read(1)
    assert octets == TEXT * 2
    assert bench.host.reading
    assert bench.host.lines.cts
    assert bench.notes() == []


async def test_a_host_that_does_not_heed_cts_overruns_a_module_with_flow_control() -> None:
    bench = Bench(flow_control=True)
    bench.line.configure(LineSettings(115200, flow_control=FlowControl.SOFTWARE))
    bench.host.write(TEXT)
    await bench.clock.run_dry()
    assert await bench.read(1) == TEXT[:CAPACITY]
    assert "without RTS/CTS" in bench.notes()[0]


async def test_a_fast_line_waits_instead_of_losing_anything() -> None:
    bench = Bench(fast=True)
    bench.host.deaf = True
    bench.line.write(TEXT * 10)
    draining = asyncio.create_task(bench.line.drain())
    await give_way()
    assert not draining.done()
    bench.host.deaf = False
    await draining
    assert bench.host.take() == TEXT * 10
    octets = b""
    for _ in range(10):
        bench.host.write(TEXT)
    assert not bench.host.reading
    while len(octets) < 10 * len(TEXT):
        octets += await bench.read(1)
    assert octets == TEXT * 10
    assert bench.host.reading
    assert bench.notes() == []


# Breaks and resets


class ForwardHost(MemoryFace):
    """A host that has more to send at once, whenever it may."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.more: list[bytes] = []

    def resume(self) -> None:
        super().resume()
        if self.more:
            self.write(self.more.pop(0))


async def test_a_face_that_has_more_at_once_keeps_its_octets_in_order() -> None:
    line = Line(RecordingTimeline())
    line.set_up(UartSettings(115200, flow_control=False))
    host, parts = ForwardHost(line), [bytes([number]) * 10_000 for number in range(10)]
    for part in parts[:3]:
        host.write(part)
    assert not host.reading
    host.more = parts[3:]
    received = b""
    async with asyncio.timeout(PATIENCE):
        while len(received) < 100_000:
            received += await line.read()
    assert received == b"".join(parts)


async def test_a_break_is_recorded_and_leaves_the_module_alone() -> None:
    bench = Bench()
    bench.line.set_break(asserted=True)
    bench.host.write(b"lost in the break")
    bench.line.set_break(asserted=False)
    bench.host.write(b"AT\r")
    await bench.clock.run_dry()
    assert await bench.read(3) == b"AT\r"
    assert bench.timeline.of(HostBreak) == [HostBreak(True), HostBreak(False)]


@pytest.mark.parametrize("pin", ["dtr", "rts"])
async def test_the_reset_pin_follows_the_line_that_it_is_wired_to(pin: str) -> None:
    bench, held = Bench(), list[bool]()
    bench.line.wire_reset(pin, held.append)
    bench.line.drive(dtr=False, rts=False)
    bench.line.drive(dtr=pin == "dtr", rts=pin == "rts")
    bench.line.drive(dtr=False, rts=False)
    bench.line.drive(dtr=pin != "dtr", rts=pin != "rts")
    assert held == [True, False]


async def test_a_host_that_leaves_lets_go_of_the_reset_pin() -> None:
    bench, held = Bench(), list[bool]()
    bench.line.wire_reset("dtr", held.append)
    bench.line.drive(dtr=True)
    bench.line.release(bench.host)
    assert held == [True, False]


async def test_a_module_that_is_held_in_reset_neither_hears_nor_says_anything() -> None:
    bench = Bench()
    bench.line.write(TEXT)
    bench.line.shut_down()
    bench.host.write(b"lost")
    bench.host.write(b"lost")
    await bench.clock.run_dry()
    assert (bench.host.take(), bench.host.lines.dsr) == (b"", False)
    bench.line.set_up(UartSettings(115200, flow_control=False))
    bench.host.write(b"AT\r")
    await bench.clock.run_dry()
    assert await bench.read(3) == b"AT\r"
    assert bench.notes() == ["what the host sends is lost: the module is held in reset"]


async def test_a_host_that_leaves_gives_back_what_it_held() -> None:
    bench = Bench(flow_control=True)
    bench.line.drive(rts=False)
    bench.line.write(TEXT[:1000])
    bench.line.release(bench.host)
    await bench.clock.run_dry()
    await asyncio.wait_for(bench.line.drain(), PATIENCE)
    other = MemoryFace(bench.line)
    bench.line.write(b"for the next")
    await bench.clock.run_dry()
    assert other.take() == b"for the next"


async def test_a_face_that_is_told_to_wait_reads_again_for_the_next_host() -> None:
    bench = Bench()
    bench.host.write(TEXT)
    assert not bench.host.reading
    bench.line.release(bench.host)
    assert bench.host.reading
    other = MemoryFace(bench.line)
    assert not other.reading
    await bench.clock.run_dry()
    assert other.reading


async def test_closing_ends_what_is_under_way() -> None:
    bench = Bench(flow_control=True)
    bench.host.deaf = True
    bench.line.write(TEXT)
    bench.host.write(TEXT)
    await bench.clock.advance(1)
    await bench.line.close()
    assert await bench.clock.run_dry() <= 2
