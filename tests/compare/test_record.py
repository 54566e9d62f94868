"""``spwf04sx record``: what is written is played again, strictly, to another module."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.blocking import BlockingEmulator
from emulator.certificates import make_folder
from emulator.configuration import Settings
from emulator.faces.events import HostSetUp
from emulator.peers.certificate_folder import Wish
from emulator.transcript.form import read_transcript
from tests.compare.scripted import babbling_port, scripted_module
from tests.transcript import play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from emulator.capture.timeline import Entry

COMMAND = (sys.executable, "-m", "emulator.cli", "record")
BOOTED = "< +WIND:32:WiFi Hardware Started\n"


def record(port: str, output: Path, *arguments: str | Path) -> tuple[int, str, str]:
    command = [*COMMAND, port, str(output), "--settle", "0.1", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    return result.returncode, result.stdout, result.stderr


def quiet(**changes: object) -> Settings:
    """A module that boots when its port is opened, the same every time."""
    return Settings(time="instant", seed=1, **changes)  # type: ignore[arg-type]


@pytest.fixture
def idle(tmp_path: Path) -> Callable[[], AbstractContextManager[BlockingEmulator]]:
    """Modules that run already and whose radio idles, so that they say nothing by themselves."""
    flash = tmp_path / "flash"
    with BlockingEmulator(quiet(flash=flash)) as module, serial.Serial(module.port, 115200, timeout=20) as host:
        for line in (b"AT+S.SCFG=wifi_mode,0\r", b"AT+S.WCFG\r"):
            host.write(line)
            assert host.read_until(b"AT-S.OK\r\n").endswith(b"AT-S.OK\r\n")
    copies = count()

    @contextmanager
    def running() -> Iterator[BlockingEmulator]:
        own = shutil.copytree(flash, tmp_path / f"flash-{next(copies)}")
        with BlockingEmulator(quiet(flash=own, power_on="start")) as module:
            module.wait_for("+WIND:32")
            yield module

    return running


def test_commands_data_and_content_are_recorded_and_played_again(
    idle: Callable[[], AbstractContextManager[BlockingEmulator]], tmp_path: Path
) -> None:
    commands, output = tmp_path / "commands.txt", tmp_path / "out.txt"
    commands.write_text(
        f"{BOOTED}> AT+S.FSC=a,6\n>| \\x00\\r\\n\\\\\\xff\\t\n> AT+S.FSP=a\n> AT+S.NONSENSE\n> AT+S.GCFG\n"
    )
    with idle() as module:
        status, told, errors = record(module.port, output, "--commands", commands, "--reset")
    assert (status, errors) == (0, "")
    assert told == f"{output}: {len(list(read_transcript(output)))} lines\n"
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    lines = output.read_text().splitlines()
    assert lines[0].startswith("# spwf04sx record of /dev/")
    assert lines[1:4] == ["> AT", "< AT-S.OK", "> AT+S.RESET"]
    assert "< +WIND:32:WiFi Hardware Started" in lines
    written = lines.index("> AT+S.FSC=a,6")
    assert lines[written + 1 : written + 6] == [
        ">| \\x00\\r\\n\\\\\\xff\\t",
        "< AT-S.OK",
        "> AT+S.FSP=a",
        "<| \\x00\\r\\n",
        "<| \\\\\\xff\\tAT-S.OK\\r\\n",
    ]
    with idle() as module:
        play(module.port, output, {}, {})


def test_certificates_are_loaded_by_the_transcript_that_comes_with_them(tmp_path: Path) -> None:
    folder, output = tmp_path / "certificates", tmp_path / "loaded.txt"
    make_folder(Wish(), folder)
    with BlockingEmulator(quiet(power_on="start")) as module:
        module.wait_for("+WIND:32")
        status, _, errors = record(module.port, output, "--commands", folder / "load.txt")
        assert (status, errors) == (0, "")
        contents = module.run(lambda it: {str(slot): size for slot, size in it.module.credentials.contents()})
    sizes = {
        slot: (folder / f"{name}.der").stat().st_size
        for slot, name in (("ca", "ca"), ("cert", "client"), ("key", "client.key"))
    }
    assert contents == {**sizes, "auth": 20}
    assert "AT-S.SubjectKeyId:" in output.read_text()


def test_a_reply_that_does_not_come_is_told_and_the_rest_recorded(tmp_path: Path) -> None:
    commands, output = tmp_path / "commands.txt", tmp_path / "out.txt"
    commands.write_text("> AT+S.DEAF\n> AT+S.GOOD\n")
    with scripted_module({"AT+S.DEAF": None}, echo=False) as port:
        status, _, errors = record(port, output, "--commands", commands, "--timeout", "0.5")
    assert status == 1
    assert errors == "spwf04sx: commands.txt:1: no end of the reply to AT+S.DEAF within 0.5 s\n"
    assert output.read_text().splitlines()[1:] == [
        ">| AT\\r",
        "< AT-S.OK",
        ">| AT+S.DEAF\\rAT+S.GOOD\\r",
        "< AT-S.OK",
    ]


@contextmanager
def linked(port: str, output: Path, link: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, port, str(output), "--link", str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_host_software_talks_through_a_link(
    idle: Callable[[], AbstractContextManager[BlockingEmulator]], tmp_path: Path
) -> None:
    link, output = tmp_path / "ttyHOST", tmp_path / "out.txt"
    with idle() as module, linked(module.port, output, link) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready port={link} real={module.port}\n"
        with serial.Serial(str(link), 115200, timeout=20, exclusive=True) as host:
            for line in (b"AT\r", b"AT+S.FSC=a,3\r\x00\r\n", b"AT+S.FSP=a\r"):
                host.write(line)
                assert host.read_until(b"AT-S.OK\r\n").endswith(b"AT-S.OK\r\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not link.is_symlink()
    assert output.read_text().splitlines()[1:] == [
        "> AT",
        "< AT-S.OK",
        "> AT+S.FSC=a,3",
        ">| \\x00\\r\\n",
        "< AT-S.OK",
        "> AT+S.FSP=a",
        "<| \\x00\\r\\n",
        "< AT-S.OK",
    ]
    with idle() as module:
        play(module.port, output, {}, {})


def test_a_link_follows_the_hosts_speed(tmp_path: Path) -> None:
    link, output = tmp_path / "ttyHOST", tmp_path / "out.txt"
    speeds: SimpleQueue[int | None] = SimpleQueue()

    def note(entry: Entry) -> None:
        if isinstance(entry.event, HostSetUp):
            speeds.put(entry.event.settings.baud_rate)

    def wait_for(speed: int) -> None:
        while speeds.get(timeout=20) != speed:
            pass

    with BlockingEmulator(quiet()) as module, linked(module.port, output, link) as process:
        assert process.stdout is not None
        process.stdout.readline()
        module.run(lambda it: it.timeline.subscribe(note))
        with serial.Serial(str(link), 9600, timeout=20) as host:
            wait_for(9600)
            host.baudrate = 115200
            wait_for(115200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_link_ends_when_the_module_is_gone(tmp_path: Path) -> None:
    link = tmp_path / "ttyHOST"
    module = BlockingEmulator(quiet(pty=False, tcp=["0"]))
    with module, linked(module.port, tmp_path / "out.txt", link) as process:
        assert process.stdout is not None
        process.stdout.readline()
        module.__exit__(None, None, None)
        assert process.wait(20) == 2
        assert process.stderr is not None
        assert process.stderr.read().startswith("spwf04sx: the port socket://")
    assert not link.is_symlink()


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    commands, output = tmp_path / "commands.txt", tmp_path / "out.txt"
    commands.write_text("> AT\n")
    output.write_text("precious")
    with scripted_module({}) as port:
        status, _, errors = record(port, output, "--commands", commands)
        assert (status, output.read_text()) == (2, "precious")
        assert errors == f"spwf04sx: {output} exists; choose another name, or --force to replace it\n"
        assert record(port, output, "--commands", commands, "--force")[0] == 0
    assert output.read_text().splitlines()[1:] == ["> AT", "< AT-S.OK", "> AT", "< AT-S.OK"]


def test_nothing_is_recorded_of_what_is_no_module(tmp_path: Path) -> None:
    commands = tmp_path / "commands.txt"
    commands.write_text("> AT\n")
    with babbling_port(b"") as port:
        status, _, errors = record(port, tmp_path / "out.txt", "--commands", commands)
    assert status == 2
    assert "says nothing to AT" in errors
    status, _, errors = record("/dev/ttyNOSUCH", tmp_path / "out2.txt", "--commands", commands)
    assert (status, errors) == (2, "spwf04sx: cannot open the port /dev/ttyNOSUCH: No such file or directory\n")
    assert not (tmp_path / "out2.txt").exists()


def test_a_link_name_that_is_taken_by_a_file(tmp_path: Path) -> None:
    link = tmp_path / "precious"
    link.write_text("precious")
    with scripted_module({}) as port:
        status, _, errors = record(port, tmp_path / "out.txt", "--link", link)
    assert (status, link.read_text()) == (2, "precious")
    assert "exists and is no link" in errors
