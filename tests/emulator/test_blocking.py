"""The emulator for code that is not asynchronous."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import serial

from emulator import BlockingEmulator, Settings
from emulator.dialogue import NotSaidError
from emulator.faces.link import LinkError

if TYPE_CHECKING:
    from pathlib import Path

INSTANT = Settings(time="instant", seed=1)


def test_a_host_without_asyncio() -> None:
    with BlockingEmulator(INSTANT) as emulator, serial.Serial(emulator.port, 115200, timeout=10) as host:
        emulator.wait_for("+WIND:0:Console active")
        assert host.read_until(b"Console active\r\n").startswith(b"+WIND:1:Poweron:")
        emulator.press_reset()
        emulator.wait_for("+WIND:1:Poweron")
        assert emulator.state.restarts == 1
        assert emulator.transcript.count("+WIND:1:Poweron") == 2
        emulator.run(lambda it: it.pins.drive(6, 1))
        assert emulator.run(lambda it: it.pins.level(6)) == 1
        assert emulator.url == emulator.port
        emulator.inject("network=refuse@times=1")
        assert emulator.run(lambda it: str(it.faults)) == "network=refuse@times=1"
        with pytest.raises(ValueError, match="there is no fault"):
            emulator.inject("network=other")
        emulator.station_joins("02:A9:D2:A0:FF:A0")
        emulator.station_leaves("02:A9:D2:A0:FF:A0")


def test_threads_wait_side_by_side() -> None:
    with BlockingEmulator(INSTANT) as emulator, serial.Serial(emulator.port, 115200):
        waiting = threading.Thread(target=lambda: emulator.wait_for("+WIND:1:Poweron:", timeout=20))
        waiting.start()
        emulator.wait_for("+WIND:0")
        waiting.join(20)
        assert not waiting.is_alive()


def test_failures_arrive_in_the_caller(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("not a port")
    with pytest.raises(LinkError, match="choose another --link"), BlockingEmulator(Settings(link=taken)):
        pass
    emulator = BlockingEmulator(INSTANT)
    with pytest.raises(RuntimeError, match="with BlockingEmulator"):
        emulator.wait_for("+WIND:0")
    with emulator, pytest.raises(NotSaidError, match="nothing was said so far"):
        emulator.wait_for("+WIND:0", timeout=0)
    with pytest.raises(RuntimeError, match="with BlockingEmulator"):
        _ = emulator.port
