"""Breakdowns of the firmware, memory that runs out, configurations that cannot be."""

from __future__ import annotations

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.breakdown import Breakdown
from firmware_model.events import Indicated, Note, PoweredOn
from firmware_model.heap import Heap
from firmware_model.tables.errors import AtError, Error
from tests.module_host import ModuleHost, running_module

LAST_WORDS = [
    (Breakdown.WATCHDOG, b"+WIND:6:Watchdog Terminating\r\n"),
    (Breakdown.HARD_FAULT, b"+WIND:8:Hard Fault\r\n"),
    (Breakdown.STACK_OVERFLOW, b"+WIND:9:Stack Overflow\r\n"),
    (Breakdown.MALLOC_FAILED, b"+WIND:10:MallocFailed\r\n"),
]


async def status(host: ModuleHost, name: str) -> str:
    """One status variable."""
    head, end, empty = (await host.command(f"AT+S.STS={name}")).decode().split("\r\n")[-3:]
    assert (end, empty) == ("AT-S.OK", "")
    return head.removeprefix(f"AT-S.Var:{name}=")


@pytest.mark.parametrize(("breakdown", "words"), LAST_WORDS)
async def test_a_breakdown_says_so_and_the_watchdog_restarts_the_module(breakdown: Breakdown, words: bytes) -> None:
    async with running_module() as host:
        await host.boot()
        assert await status(host, "reset_reason") == "4"
        host.module.break_down(breakdown)
        assert (await host.boot()).startswith(words + b"+WIND:1:Poweron:")
        assert await status(host, "nv_wdog_resets") == "1"
        assert await status(host, "nv_reset_cycles") == "0"
        assert await status(host, "reset_reason") == "2"
        assert [event.reason for event in host.events(PoweredOn) if isinstance(event, PoweredOn)] == [
            "power-on",
            "watchdog",
        ]


async def test_a_breakdown_does_not_wait_for_the_end_of_a_reply() -> None:
    async with running_module() as host:
        await host.boot()
        host.face.write(b"AT+S.FSC=/file,100\rdata")
        await host.until(b"100\r\n")
        host.module.break_down(Breakdown.HARD_FAULT)
        assert (await host.boot()).startswith(b"+WIND:8:Hard Fault\r\n+WIND:1:")


async def test_the_reset_after_a_breakdown_is_an_ordinary_one() -> None:
    async with running_module() as host:
        await host.boot()
        host.module.break_down(Breakdown.WATCHDOG)
        await host.boot()
        host.module.reset()
        await host.boot()
        assert await status(host, "nv_wdog_resets") == "1"
        assert await status(host, "nv_reset_cycles") == "1"
        assert await status(host, "reset_reason") == "1"


async def test_the_emulator_lets_its_module_break_down() -> None:
    async with Emulator(Settings(time="instant", power_on="start")) as emulator:
        while emulator.module.radio.state == 0:
            await emulator.module.outside.clock.sleep(0.001)
        emulator.break_down(Breakdown.STACK_OVERFLOW)
        while emulator.module.restarts == 0:
            await emulator.module.outside.clock.sleep(0.001)
        assert emulator.module.counters.watchdog_resets == 1


def test_the_heap_warns_once_each_time_it_gets_low() -> None:
    warnings: list[int] = []
    heap = Heap(10_000, lambda: warnings.append(heap.free))
    with heap.allocated(7_000):
        assert warnings == []
        with heap.allocated(1_000), heap.allocated(500):
            assert warnings == [2_000]
        with heap.allocated(3_000):
            assert warnings == [2_000, 0]
        with pytest.raises(AtError) as failure, heap.allocated(3_001):
            pass
        assert failure.value.error is Error.LOW_MEMORY
    assert (heap.free, heap.minimum) == (10_000, 0)


async def test_low_memory_is_indicated() -> None:
    async with running_module() as host:
        await host.boot()
        with host.module.heap.allocated(host.module.heap.free - 1):
            assert await host.until(b"Memory\r\n") == b"+WIND:4:Low Memory\r\n"


async def test_a_console_that_is_not_on_spi_says_so_and_works() -> None:
    async with running_module() as host:
        await host.boot()
        for line in ("AT+S.SCFG=console_echo,0", "AT+S.SCFG=console_enabled,0", "AT+S.SCFG=wifi_mode,0", "AT+S.WCFG"):
            await host.command(line)
        host.module.reset()
        assert (await host.boot()).startswith(b"+WIND:7:Configuration Failure:10\r\n+WIND:1:Poweron:")
        assert await host.command("AT") == b"AT-S.OK\r\n"


async def test_a_ram_disk_larger_than_the_memory_halts_the_boot_until_the_factory_comes_back() -> None:
    async with running_module() as host:
        await host.boot()
        for line in ("AT+S.SCFG=ramdisk_memsize,64", "AT+S.WCFG"):
            await host.command(line)
        host.module.reset()
        await host.until(b"+WIND:7:Configuration Failure:2\r\n")
        assert any("ramdisk_memsize" in str(note) for note in host.events(Note))
        assert [event.number for event in host.events(Indicated) if isinstance(event, Indicated)][-1] == 7
        host.module.pins.drive(0, 1)
        host.module.reset()
        assert b"+WIND:65:Factory Reset:0\r\n" in await host.boot()
