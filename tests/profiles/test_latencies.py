"""What takes time, and what does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.events import CommandReceived, Replied
from firmware_model.profile import FIRMWARE_1_1_0

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry


@pytest.mark.parametrize("line", ["WCFG", "FCFG", "STS=build", "FSL", "STS=no_such_variable"])
async def test_a_command_answers_late(line: str) -> None:
    times: dict[type, float] = {}
    answered = asyncio.Event()

    def watch(entry: Entry) -> None:
        times[type(entry.event)] = entry.time
        if isinstance(entry.event, Replied):
            answered.set()

    emulator = Emulator(Settings(time="instant", power_on="start"))
    emulator.timeline.subscribe(watch)
    async with emulator:
        emulator.line.receive(f"AT+S.{line}\r".encode())
        await asyncio.wait_for(answered.wait(), 20)
    assert times[Replied] - times[CommandReceived] >= FIRMWARE_1_1_0.latencies[line.partition("=")[0]]


async def test_a_factor_scales_the_boot() -> None:
    durations = FIRMWARE_1_1_0.durations
    emulator = Emulator(Settings(time="100", power_on="start"))
    shown = asyncio.Event()
    entries: list[Entry] = []

    def watch(entry: Entry) -> None:
        entries.append(entry)
        if "indication 32 " in str(entry.event):
            shown.set()

    emulator.timeline.subscribe(watch)
    began = asyncio.get_running_loop().time()
    async with emulator:
        await asyncio.wait_for(shown.wait(), 20)
    expected = durations.power_on + durations.console + durations.radio_start
    assert entries[-1].time >= expected
    assert asyncio.get_running_loop().time() - began < entries[-1].time
