"""The whole emulator behind a pty, with pyserial as the host: speeds, wrong speeds, locks, who does not read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.events import ModuleSetUp
from firmware_model.events import Note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.capture.timeline import Entry

PATIENCE = 20.0
OK = b"AT-S.OK\r\n"
BOOTED = b"+WIND:32:WiFi Hardware Started\r\n"
QUICK = "10"


class Desk:
    """A running emulator, and what its log noted."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.notes: list[str] = []
        self._speed = 0
        self._news = asyncio.Event()
        emulator.timeline.subscribe(self._hear, Note, ModuleSetUp)

    def _hear(self, entry: Entry) -> None:
        if isinstance(entry.event, Note):
            self.notes.append(entry.event.text)
        elif isinstance(entry.event, ModuleSetUp) and entry.event.settings is not None:
            self._speed = entry.event.settings.speed
            self._news.set()

    async def runs_at(self, speed: int) -> None:
        """Wait until the module has set its UART up so."""
        async with asyncio.timeout(PATIENCE):
            while self._speed != speed:
                self._news.clear()
                await self._news.wait()

    def opened(self, rate: int = 115200, **settings: object) -> serial.Serial:
        return serial.Serial(self.emulator.port, rate, timeout=PATIENCE, **settings)  # type: ignore[arg-type]


@asynccontextmanager
async def desk(**settings: str) -> AsyncIterator[Desk]:
    async with Emulator(Settings(**settings)) as emulator:  # type: ignore[arg-type]
        yield Desk(emulator)


async def played(dialogue: Callable[[], None]) -> None:
    await asyncio.wait_for(asyncio.to_thread(dialogue), 3 * PATIENCE)


def ask(host: serial.Serial, line: str, ending: bytes = OK) -> bytes:
    host.write(f"{line}\r".encode())
    return host.read_until(ending)


def boot(host: serial.Serial) -> None:
    assert host.read_until(BOOTED).endswith(BOOTED)


@pytest.mark.parametrize("rate", [1200, 9600, 38400, 57600, 230400, 460800, 921600, 74880, 250000])
async def test_the_module_changes_its_speed_at_a_reset_and_the_host_follows(rate: int) -> None:
    async with desk(time=QUICK) as bench:
        host = await asyncio.to_thread(bench.opened)

        def change() -> None:
            boot(host)
            ask(host, "AT+S.SCFG=wifi_mode,0")
            ask(host, f"AT+S.SCFG=console_speed,{rate}")
            assert ask(host, "AT+S.WCFG").endswith(OK)
            assert ask(host, "AT").endswith(OK)
            host.write(b"AT+S.RESET\r")

        def follow() -> None:
            host.baudrate = rate
            assert ask(host, "AT").endswith(b"AT\r\n" + OK)
            ask(host, "AT+S.RESET", b"+WIND:1:Poweron:")
            boot(host)
            assert ask(host, "AT") == b"AT\r\n" + OK
            host.close()
            with bench.opened(rate) as reopened:
                assert ask(reopened, "AT") == b"AT\r\n" + OK

        await played(change)
        await bench.runs_at(rate)
        await played(follow)


async def test_a_speed_that_was_not_saved_is_forgotten_by_a_reset() -> None:
    async with desk(time=QUICK) as bench:

        def dialogue() -> None:
            with bench.opened() as host:
                boot(host)
                ask(host, "AT+S.SCFG=console_speed,9600")
                ask(host, "AT+S.RESET", BOOTED)
                assert b"console_speed=115200\r\n" in ask(host, "AT+S.GCFG=console_speed")

        await played(dialogue)


async def test_a_host_at_the_wrong_speed_reads_garbage_until_it_corrects_that() -> None:
    async with desk(time=QUICK) as bench:

        def dialogue() -> None:
            with bench.opened(9600) as host:
                garbage = host.read(10)
                assert len(garbage) == 10
                assert b"WIND" not in garbage
                host.write(b"AT\r")
                host.baudrate = 115200
                host.reset_input_buffer()
                assert ask(host, "AT").endswith(b"AT\r\n" + OK)

        await played(dialogue)
        assert [note for note in bench.notes if "garbage" in note] == [
            "the host's end is set to 9600 bit/s 8N1, the module's UART to 115200 bit/s 8N1: each hears garbage; "
            "set the host to 115200, or console_speed to 9600 (over 115200 bit/s, with AT+S.WCFG and a reset)"
        ]
        assert bench.emulator.module.restarts == 0


async def test_a_fast_line_garbles_as_much() -> None:
    async with desk(line="fast", time=QUICK) as bench:

        def dialogue() -> None:
            with bench.opened(57600) as host:
                assert b"WIND" not in host.read(50)

        await played(dialogue)
        assert "each hears garbage" in bench.notes[0]


async def test_the_boot_is_not_lost_to_a_host_that_empties_the_port_on_opening_it() -> None:
    for time in ("real", "100", "instant"):
        async with desk(time=time) as bench:

            def dialogue(bench: Desk = bench) -> None:
                with bench.opened() as host:
                    assert host.read_until(b"\r\n") == b"+WIND:1:Poweron:171117-0328fe3-SPWF04S\r\n"

            await played(dialogue)


async def test_a_host_that_wants_the_port_for_itself_gets_it() -> None:
    async with desk(time=QUICK) as bench:

        def dialogue() -> None:
            with bench.opened(exclusive=True) as host:
                with pytest.raises(serial.SerialException, match=r"[Cc]ould not exclusively lock port"):
                    bench.opened(exclusive=True)
                boot(host)
                assert ask(host, "AT").endswith(OK)
            with bench.opened(exclusive=True) as host:
                assert ask(host, "AT").endswith(OK)

        await played(dialogue)
