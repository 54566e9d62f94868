"""Serial faults on octets, lines and indications, and what passes while nothing is armed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.faults.plan import FaultPlan
from emulator.faults.serial import FaultyUart
from emulator.surroundings.clock import InstantClock
from emulator.surroundings.entropy import SeededEntropy
from firmware_model.outside import UartSettings
from tests.doubles import RecordingTimeline

if TYPE_CHECKING:
    from firmware_model.outside import UartSettings

SETTINGS = UartSettings(115200, flow_control=False)
OK = b"AT-S.OK\r\n"
PENDING = b"+WIND:55:Pending Data::0:31:31\r\n"
UP = b"+WIND:24:WiFi Up:0:192.168.0.50\r\n"


class Wire:
    """A UART whose two ends are lists."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.arriving: asyncio.Queue[bytes] = asyncio.Queue()
        self._news = asyncio.Event()

    async def read(self) -> bytes:
        return await self.arriving.get()

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self._news.set()

    async def written_to(self, count: int) -> None:
        """Wait for so many pieces."""
        while len(self.written) < count:
            self._news.clear()
            await self._news.wait()

    async def drain(self) -> None:
        """Everything is taken at once."""

    def set_up(self, settings: UartSettings) -> None:
        """Any settings will do."""

    def shut_down(self) -> None:
        """It is never off."""


def uart_with(*orders: str, seed: int = 1) -> tuple[FaultyUart, Wire]:
    wire = Wire()
    plan = FaultPlan(SeededEntropy(seed), RecordingTimeline())
    for order in orders:
        plan.arm(order)
    return FaultyUart(wire, plan, InstantClock(), SeededEntropy(seed)), wire


async def say(uart: FaultyUart, *lines: bytes) -> None:
    for line in lines:
        uart.write(line)
    await uart.drain()


async def test_nothing_armed_hands_everything_through() -> None:
    uart, wire = uart_with()
    await say(uart, OK, PENDING)
    wire.arriving.put_nowait(b"AT\r")
    assert (wire.written, await uart.read()) == ([OK, PENDING], b"AT\r")
    uart.set_up(SETTINGS)
    assert wire.written == [OK, PENDING]


async def test_octets_are_lost_doubled_and_damaged_in_one_direction_only() -> None:
    uart, wire = uart_with("serial=drop@nth=2,on=to-host", "serial=duplicate@nth=1,on=from-host")
    await say(uart, OK)
    wire.arriving.put_nowait(b"AT\r")
    assert (wire.written, await uart.read()) == ([b"A-S.OK\r\n"], b"AAT\r")


async def test_a_damaged_octet_differs_in_one_bit_the_same_for_the_same_seed() -> None:
    spoilt = []
    for _ in range(2):
        uart, wire = uart_with("serial=corrupt@nth=4")
        await say(uart, OK)
        spoilt.append(wire.written[0])
    assert spoilt[0] == spoilt[1]
    differing = [a ^ b for a, b in zip(spoilt[0], OK, strict=True) if a != b]
    assert len(differing) == 1
    assert differing[0].bit_count() == 1


async def test_a_lost_octet_is_not_waited_for() -> None:
    uart, wire = uart_with("serial=drop@times=3,on=from-host")
    wire.arriving.put_nowait(b"AT\r")
    wire.arriving.put_nowait(b"next\r")
    assert await uart.read() == b"next\r"


async def test_a_line_comes_in_two_parts() -> None:
    uart, wire = uart_with("serial=split@nth=2")
    await say(uart, OK, PENDING, UP)
    assert [wire.written[0], wire.written[-1], len(wire.written)] == [OK, UP, 4]
    assert b"".join(wire.written) == OK + PENDING + UP


async def test_a_delayed_line_holds_up_what_follows() -> None:
    uart, wire = uart_with("serial=delay:300@nth=1")
    uart.write(OK)
    uart.write(UP)
    assert wire.written == []
    await uart.drain()
    assert wire.written == [OK, UP]


async def test_an_indication_is_lost_and_only_that_one() -> None:
    uart, wire = uart_with("serial=lost-indication@on=WIND:55")
    await say(uart, PENDING, OK, UP, PENDING)
    assert wire.written == [OK, UP]


async def test_an_indication_comes_late_and_what_follows_does_not_wait() -> None:
    uart, wire = uart_with("serial=late-indication:700@on=WIND:55,times=1")
    await say(uart, PENDING, OK)
    assert wire.written == [OK]
    await wire.written_to(2)
    assert wire.written == [OK, PENDING]


@pytest.mark.parametrize("octets", [1, 8])
async def test_junk_comes_at_boot(octets: int) -> None:
    uart, wire = uart_with(f"serial=junk-at-boot:{octets}@nth=1")
    for _ in range(2):
        uart.set_up(SETTINGS)
        uart.write(OK)
    assert [len(written) for written in wire.written] == [octets, len(OK), len(OK)]


async def test_what_is_under_way_is_forgotten_at_the_end() -> None:
    uart, wire = uart_with("serial=delay:60000", "serial=late-indication:60000@on=WIND:55")
    uart.write(OK)
    uart.write(PENDING)
    await uart.close()
    assert wire.written == []
