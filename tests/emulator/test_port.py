"""The virtual port, through the eyes of pyserial."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.link import LinkError, PortLink
from firmware_model.events import Indicated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

BOOTED = b"+WIND:32:WiFi Hardware Started\r\n"


@asynccontextmanager
async def emulator(link: Path | None = None, power_on: str = "open", line: str = "paced") -> AsyncIterator[Emulator]:
    async with Emulator(Settings(link=link, power_on=power_on, line=line)) as running:
        yield running


async def host(emulator: Emulator, dialogue: Callable[[serial.Serial], bytes]) -> bytes:
    def talk() -> bytes:
        with serial.Serial(emulator.port, 115200, timeout=10, exclusive=True) as port:
            return dialogue(port)

    return await asyncio.to_thread(talk)


def ask(line: bytes) -> Callable[[serial.Serial], bytes]:
    def dialogue(port: serial.Serial) -> bytes:
        port.write(line + b"\r")
        return port.read_until(b"OK\r\n")

    return dialogue


def read_boot(port: serial.Serial) -> bytes:
    return port.read_until(BOOTED)


async def test_the_module_boots_when_the_host_opens_the_port() -> None:
    async with emulator() as running:
        assert (await host(running, read_boot)).startswith(b"+WIND:1:Poweron:171117-0328fe3-SPWF04S\r\n")


async def test_a_command_sent_while_the_module_boots_is_answered_after_wind_3() -> None:
    async with emulator() as running:
        text = await host(running, ask(b"AT"))
        assert text.endswith(b"+WIND:3:Watchdog Running:20\r\nAT\r\nAT-S.OK\r\n")


async def test_the_host_may_close_and_reopen_the_port() -> None:
    async with emulator() as running:
        await host(running, read_boot)
        await host(running, ask(b"AT+S.SCFG=console_echo,0"))
        for _ in range(5):
            assert (await host(running, ask(b"AT"))).endswith(b"AT-S.OK\r\n")
        assert running.module is not None
        assert running.module.restarts == 0


async def test_a_command_written_just_before_closing_is_carried_out() -> None:
    async with emulator() as running:
        await host(running, read_boot)
        await host(running, lambda port: str(port.write(b"AT+S.SCFG=user_desc,mine\r")).encode())

        def look(port: serial.Serial) -> bytes:
            # The reply to the first host's command may still be on its way.
            port.write(b"AT+S.GCFG=user_desc\r")
            return port.read_until(b"AT-S.Var:user_desc=mine\r\n")

        assert (await host(running, look)).endswith(b"user_desc=mine\r\n")


async def test_what_is_sent_while_nobody_listens_is_lost() -> None:
    async with emulator(power_on="start") as running:
        assert running.module is not None
        started = asyncio.Event()
        running.timeline.subscribe(
            lambda entry: started.set() if isinstance(entry.event, Indicated) and entry.event.number == 32 else None
        )
        await started.wait()
        device = os.open(running.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            with pytest.raises(BlockingIOError):
                os.read(device, 100)
        finally:
            os.close(device)


async def test_a_host_that_reads_late_loses_nothing() -> None:
    content = bytes(range(256)) * 160
    async with emulator(line="fast") as running:
        await host(running, read_boot)

        def store_and_fetch(port: serial.Serial) -> bytes:
            port.write(b"AT+S.FSC=1:/big,%d\r" % len(content) + content)
            port.read_until(b"AT-S.OK\r\n")
            port.write(b"AT+S.FSP=1:/big\r" * 4)
            head = port.read(1)
            # The pty holds a few kilobytes; everything else must wait in the emulator, and the module with it.
            return head + port.read(4 * (len(content) + len("AT+S.FSP=1:/big\r\nAT-S.OK\r\n")) - 1)

        assert await host(running, store_and_fetch) == (b"AT+S.FSP=1:/big\r\n" + content + b"AT-S.OK\r\n") * 4


async def test_a_host_that_goes_away_while_the_module_sends_leaves_it_alive() -> None:
    async with emulator(line="fast") as running:
        await host(running, read_boot)

        def leave(port: serial.Serial) -> bytes:
            port.write(b"AT+S.FSC=1:/big,60000\r" + bytes(60000))
            port.read_until(b"AT-S.OK\r\n")
            port.write(b"AT+S.FSP=1:/big\r" * 5)
            return port.read(10)

        await host(running, leave)
        assert (await host(running, ask(b"AT"))).endswith(b"AT-S.OK\r\n")


async def test_the_link_is_a_stable_name_and_goes_with_the_emulator(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    for _ in range(2):
        async with emulator(link) as running:
            assert running.port == str(link)
            assert link.readlink().as_posix() == running.device
            await host(running, read_boot)
        assert not link.is_symlink()


async def test_a_stale_link_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    link.symlink_to("/dev/pts/999999")
    async with emulator(link) as running:
        await host(running, read_boot)


@pytest.mark.parametrize("kind", ["file", "directory", "link to a file", "dangling link"])
async def test_what_is_no_port_is_never_replaced(tmp_path: Path, kind: str) -> None:
    link = tmp_path / "precious"
    if kind == "file":
        link.write_text("precious")
    elif kind == "directory":
        link.mkdir()
    else:
        link.symlink_to(tmp_path / "other")
        if kind == "link to a file":
            (tmp_path / "other").write_text("precious")
    with pytest.raises(LinkError, match="choose another --link"):
        async with emulator(link):
            pass
    assert link.is_symlink() is kind.endswith("link") or kind == "link to a file"
    assert link.is_symlink() or link.exists()


async def test_a_name_has_one_owner(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    async with emulator(link) as running:
        with pytest.raises(LinkError, match="in use by another running emulator"):
            PortLink(link)
        await host(running, read_boot)


async def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="there is no directory"):
        PortLink(tmp_path / "missing" / "ttyWIFI")


async def test_a_name_that_is_given_back_while_another_takes_it_has_one_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = PortLink(tmp_path / "ttyWIFI")

    def lock(descriptor: int, how: int, plain: Callable[[int, int], None] = fcntl.flock) -> None:
        monkeypatch.undo()
        first.close()
        plain(descriptor, how)

    monkeypatch.setattr("emulator.faces.link.fcntl.flock", lock)
    second = PortLink(tmp_path / "ttyWIFI")
    with pytest.raises(LinkError, match="in use by another running emulator"):
        PortLink(tmp_path / "ttyWIFI")
    second.close()


async def test_a_folder_that_goes_while_the_emulator_runs_takes_the_name_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    folder.mkdir()
    async with emulator(folder / "ttyWIFI") as running:
        await host(running, read_boot)
        (folder / "ttyWIFI").unlink()
        folder.rmdir()
        with await asyncio.to_thread(serial.Serial, running.device, 115200, timeout=10) as port:
            assert (await asyncio.to_thread(ask(b"AT"), port)).endswith(b"AT-S.OK\r\n")
    assert not folder.exists()


async def test_a_name_that_somebody_else_has_taken_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    async with emulator(link) as running:
        await host(running, read_boot)
        link.unlink()
        link.write_text("precious")
    assert link.read_text() == "precious"
