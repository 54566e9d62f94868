"""The bus over a real socket, with the client that is shipped as its master."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint
from emulator.faces.spi.client import SpiError, SpiMaster
from emulator.faces.spi.events import InterruptLine, SpiClocked
from emulator.surroundings.flash import DirectoryFlash
from firmware_model.console.spi_frames import Frame, Packet
from firmware_model.events import Note
from firmware_model.storage.configuration import Configuration
from tests.doubles import RecordingTimeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.capture.timeline import Entry

ANYWHERE = Endpoint("127.0.0.1")
PATIENCE = 20


def packet(bus: SpiMaster) -> Packet:
    bus.wait_for_interrupt(low=True)
    header = bus.transfer(bytes(5))
    payload = bus.transfer(bytes(int.from_bytes(header[3:], "little")))
    return Packet(header[1] >> 4, header[1] & 0x0F, header[2], payload)


def until(bus: SpiMaster, number: int) -> list[int]:
    """Read packets up to an indication; the numbers of all of them."""
    numbers: list[int] = []
    while number not in numbers:
        numbers.append(packet(bus).indication)
    return numbers


def boot(bus: SpiMaster) -> None:
    until(bus, 32)


@pytest.fixture
def idle(tmp_path: Path) -> Settings:
    """A module whose radio idles, so that nothing is said that was not asked for."""
    configuration = Configuration(DirectoryFlash(tmp_path), RecordingTimeline())
    configuration.set("wifi_mode", "0")
    configuration.save()
    return Settings(spi=ANYWHERE, flash=tmp_path)


async def use(emulator: Emulator, dialogue: Callable[[SpiMaster], None]) -> None:
    """Let a master hold a dialogue on a thread of its own."""

    def hold() -> None:
        with SpiMaster(emulator.port, PATIENCE) as bus:
            dialogue(bus)

    await asyncio.to_thread(hold)


async def test_a_master_boots_the_module_and_is_answered(idle: Settings) -> None:
    entries: list[Entry] = []

    def dialogue(bus: SpiMaster) -> None:
        assert not bus.interrupt_is_low()
        assert until(bus, 32) == [7, 1, 13, 3, 0, 32]
        bus.transfer(Frame(0x01).encode())
        assert packet(bus).encode() == b"\x02\x33\0\0\0"

    async with Emulator(idle) as emulator:
        emulator.timeline.subscribe(entries.append)
        assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", emulator.port)
        assert emulator.device is None
        await use(emulator, dialogue)
    events = [entry.event for entry in entries]
    assert SpiClocked(b"\x02\0\x02\x01\0", bytes(5)) in events
    assert [event.level for event in events if isinstance(event, InterruptLine)] == 7 * [0, 1]


async def test_a_pulse_between_two_packets_is_waited_for_but_is_not_the_level(idle: Settings) -> None:
    def dialogue(bus: SpiMaster) -> None:
        # WIND 7, 1 and 13 come at once.
        assert packet(bus).indication == 7
        assert bus.interrupt_is_low()
        assert packet(bus).indication == 1
        bus.wait_for_interrupt(low=False)
        bus.wait_for_interrupt(low=True)
        assert packet(bus).indication == 13

    async with Emulator(idle) as emulator:
        await use(emulator, dialogue)


async def test_a_unix_socket_replaces_one_that_was_left_over(tmp_path: Path) -> None:
    path = tmp_path / "spi"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    settings = Settings(spi=Endpoint(path=str(path)))
    async with Emulator(settings) as emulator:
        assert emulator.port == str(path)
        await use(emulator, boot)
        with pytest.raises(OSError, match="is served by another program"):
            await Emulator(settings).__aenter__()
    assert not path.exists()


async def test_a_path_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "diary"
    path.write_text("dear diary")
    with pytest.raises(OSError, match="is no socket"):
        await Emulator(Settings(spi=Endpoint(path=str(path)))).__aenter__()
    assert path.read_text() == "dear diary"


async def test_a_socket_of_another_kind_that_somebody_uses_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(OSError, match="is a socket of another program; choose another path or remove it"):
            await Emulator(Settings(spi=Endpoint(path=str(path)))).__aenter__()
        assert path.exists()


async def test_a_bus_that_other_machines_reach_is_announced_and_named_as_this_one_reaches_it() -> None:
    emulator = Emulator(Settings(spi=Endpoint("*")))
    notes: list[str] = []
    emulator.timeline.subscribe(lambda entry: notes.append(str(entry.event)), Note)
    async with emulator:
        assert emulator.port.startswith("127.0.0.1:")
        assert "*:0 (spi) can be reached from other machines, without a password" in notes[0]
        await use(emulator, boot)


async def test_a_second_master_is_told_and_may_come_back() -> None:
    async with Emulator(Settings(spi=ANYWHERE)) as emulator:
        port = emulator.port

        def meet_another(bus: SpiMaster) -> None:
            boot(bus)
            with pytest.raises(SpiError, match="in use by another master"):
                SpiMaster(port, PATIENCE)
            bus.transfer(Frame(0x01).encode())

        await use(emulator, meet_another)
        # The module knows nothing of masters: what the first one did not fetch is there for the second one.
        await use(emulator, lambda bus: bus.wait_for_interrupt(low=True))


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"no message begins with b'G'"),
        (b"\x02\0\x02\x01\0", b"no message begins with b'\\x02'"),
        (b"C\0\0", b"a message C with 0 octets means nothing"),
        (b"S\0\1\2", b"a message S with 1 octets means nothing"),
        (b"R\0\2\0\0", b"a message R with 2 octets means nothing"),
        (b"I\0\1\0", b"a message I with 1 octets means nothing"),
    ],
)
async def test_what_is_no_message_is_complained_about_and_the_face_goes_on(octets: bytes, complaint: bytes) -> None:
    async with Emulator(Settings(spi=ANYWHERE)) as emulator:
        host, port = emulator.port.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.readexactly(4) == b"I\0\1\1"
        writer.write(octets)
        async with asyncio.timeout(PATIENCE):
            kind = await reader.readexactly(1)
            while kind != b"E":
                await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                kind = await reader.readexactly(1)
            text = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        assert complaint in text
        writer.close()
        await writer.wait_closed()
        await use(emulator, boot)


async def test_without_chip_select_nobody_answers(idle: Settings) -> None:
    def dialogue(bus: SpiMaster) -> None:
        boot(bus)
        bus.select(selected=False)
        assert bus.transfer(Frame(0x01).encode()) == b"\xff" * 5
        bus.select(selected=True)
        bus.transfer(Frame(0x01).encode()[:2])
        bus.select(selected=False)
        bus.select(selected=True)
        bus.transfer(Frame(0x01).encode()[2:])
        assert packet(bus).encode() == b"\x02\x33\0\0\0"

    async with Emulator(idle) as emulator:
        await use(emulator, dialogue)


async def test_the_reset_pin_holds_the_module(idle: Settings) -> None:
    def dialogue(bus: SpiMaster) -> None:
        bus.drive_reset(high=False)
        numbers = [7, 1, 13, 3, 0, 32]
        with pytest.raises(TimeoutError, match="was not low within"):
            bus.wait_for_interrupt(low=True, within=0.2)
        bus.drive_reset(high=True)
        assert until(bus, 32) == numbers
        bus.transfer(Frame(0x01).encode())
        bus.wait_for_interrupt(low=True)
        bus.drive_reset(high=False)
        bus.wait_for_interrupt(low=False)
        bus.drive_reset(high=True)
        assert until(bus, 32) == numbers

    async with Emulator(idle) as emulator:
        await use(emulator, dialogue)


async def test_a_master_that_leaves_lets_go_of_the_reset_pin(idle: Settings) -> None:
    async with Emulator(idle) as emulator:
        await use(emulator, lambda bus: bus.drive_reset(high=False))
        await use(emulator, boot)


async def test_much_goes_through_in_one_transfer(idle: Settings) -> None:
    content = bytes(range(256)) * 240

    def dialogue(bus: SpiMaster) -> None:
        boot(bus)
        bus.transfer(Frame(0x23, (b"1:/f", str(len(content)).encode())).encode())
        bus.wait_for_interrupt(low=True)
        assert bus.transfer(content) == bytes(len(content))
        assert packet(bus).encode() == b"\x02\x33\0\0\0"
        bus.transfer(Frame(0x28, (b"1:/f",)).encode())
        received = b""
        while piece := packet(bus).payload:
            received += piece
        assert received == content

    async with Emulator(idle) as emulator:
        await use(emulator, dialogue)


async def test_the_emulator_goes_away_under_its_master() -> None:
    async with Emulator(Settings(spi=ANYWHERE, power_on="start")) as emulator:
        bus = await asyncio.to_thread(SpiMaster, emulator.port, PATIENCE)
    with bus, pytest.raises(OSError, match=r"closed|reset|[Bb]roken"):
        await asyncio.to_thread(bus.transfer, bytes(5))


async def test_indications_can_be_waited_for_as_on_the_uart() -> None:
    async with Emulator(Settings(spi=ANYWHERE)) as emulator:
        await use(emulator, boot)
        assert (await emulator.wait_for("+WIND:0:Console active")).speaker == "module"
        assert "< +WIND:7:Configuration Failure:10\n" in emulator.transcript


def test_a_link_and_spi_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leave one of the two out"):
        Settings(spi=ANYWHERE, link=tmp_path / "tty")


@pytest.mark.parametrize("form", [["--json"], []])
def test_the_command_line(form: list[str]) -> None:
    command = [sys.executable, "-m", "emulator.cli", "run", "--spi", "127.0.0.1:0", *form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        ready = running.stdout.readline()
        address = json.loads(ready)["spi"] if form else ready.split("spi=")[1].split()[0]
        with SpiMaster(address, PATIENCE) as bus:
            boot(bus)
        running.terminate()
        assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--spi", "x"], "'x' is no address; write it as HOST:PORT"),
        (["--spi", "127.0.0.1:0", "--link", "./tty"], "leave one of the two out"),
        (["--spi", "127.0.0.1:0", "--reset", "dtr"], "'dtr' is a line of the serial port"),
        (["--spi", "127.0.0.1:0", "--fault", "serial=drop"], "'serial=drop' is a fault of the serial line"),
        (["--spi", "/nowhere/spi"], "/nowhere/spi"),
        (["--spi", "192.0.2.1:0"], "192.0.2.1:0"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(arguments: list[str], complaint: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "emulator.cli", "run", *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert result.stderr.startswith("spwf04sx: ")
    assert len(result.stderr.splitlines()) == 1
    assert complaint in result.stderr
