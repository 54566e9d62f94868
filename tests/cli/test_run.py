"""The command as a user starts it: in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import serial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "emulator.cli")


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "run", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def complaint(*arguments: str | Path) -> tuple[int, str]:
    result = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)
    assert result.stdout == ""
    return result.returncode, result.stderr


def test_the_ready_line_as_json_names_the_ways_in(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("--link", link, "--seed", "7", "--fault", "signature=nonpadded:always-lucky", "--json") as process:
        line = json.loads(ready(process))
        assert line["event"] == "ready"
        assert line["port"] == str(link)
        assert line["pty"] == str(link.readlink())
        assert (line["firmware"], line["seed"]) == ("1.1.0", 7)
        assert line["faults"] == ["signature=nonpadded:always-lucky"]
        with serial.Serial(line["port"], 115200, timeout=10) as host:
            host.write(b"AT\r")
            assert host.read_until(b"OK\r\n").endswith(b"AT\r\nAT-S.OK\r\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not link.is_symlink()


def test_the_ready_line_for_people_has_commands_to_copy() -> None:
    with running() as process:
        line = ready(process)
        words = dict(word.split("=", 1) for word in line.split()[1:])
        assert line.startswith("ready ")
        assert words["firmware"] == "1.1.0"
        assert process.stdout is not None
        assert f"picocom -b 115200 {words['port']}\n" in process.stdout.readline()
        assert f"miniterm --eol CR {words['port']} 115200\n" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_verbose_logs_every_event_on_standard_error() -> None:
    with running("--verbose", "--power-on", "start") as process:
        ready(process)
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(3)]
        assert "the module starts (power-on)" in lines[0]
        assert "the module's UART: 115200 bit/s 8N1" in lines[1]
        assert "indication 1 'Poweron:" in lines[2]


def test_the_identity_is_what_was_asked_for() -> None:
    options = ("--model", "SPWF04SC", "--serial", "A 1", "--mac", "00:80:E1:00:00:07")
    with running(*options, "--json") as process:
        with serial.Serial(json.loads(ready(process))["port"], 115200, timeout=10) as host:
            host.write(b"AT+S.GCFG=nv_serial\rAT+S.GCFG=nv_wifi_macaddr\rAT\r")
            told = host.read_until(b"AT\r\nAT-S.OK\r\n")
        assert b"nv_serial=A 1\r\n" in told
        assert b"nv_wifi_macaddr=00:80:E1:00:00:07\r\n" in told
        assert b":SPWF04SC\r\n" in told
        process.terminate()
        assert process.wait(10) == 0


def test_flash_in_a_directory_outlives_the_emulator(tmp_path: Path) -> None:
    for line, answer in (
        (b"AT+S.SCFG=user_desc,mine\rAT+S.WCFG\rAT\r", b""),
        (b"AT+S.GCFG=user_desc\rAT\r", b"user_desc=mine"),
    ):
        with running("--flash", tmp_path / "flash", "--json") as process:
            with serial.Serial(json.loads(ready(process))["port"], 115200, timeout=10) as host:
                host.write(line)
                assert answer in host.read_until(b"AT\r\nAT-S.OK\r\n")
            process.terminate()
            assert process.wait(10) == 0


def test_a_saved_speed_is_the_one_that_the_hint_names(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with running("--flash", flash, "--json") as process:
        with serial.Serial(json.loads(ready(process))["port"], 115200, timeout=10) as host:
            host.write(b"AT+S.SCFG=console_speed,57600\rAT+S.WCFG\rAT\r")
            assert host.read_until(b"AT\r\nAT-S.OK\r\n").endswith(b"AT\r\nAT-S.OK\r\n")
        process.terminate()
        assert process.wait(10) == 0
    with running("--flash", flash) as process:
        port = dict(word.split("=", 1) for word in ready(process).split()[1:])["port"]
        assert process.stdout is not None
        assert f"picocom -b 57600 {port}\n" in process.stdout.readline()
        with serial.Serial(port, 57600, timeout=10) as host:
            assert host.read_until(b"\r\n").startswith(b"+WIND:1:Poweron:")
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("flag", "words"), [("--line", "invalid choice: 'slow'"), ("--reset", "invalid choice: 'slow'")]
)
def test_a_line_of_no_known_kind(flag: str, words: str) -> None:
    code, text = complaint("run", flag, "slow")
    assert (code, words in text.splitlines()[-1]) == (2, True)


def test_a_reader_that_stops_listening_does_not_stop_the_emulator(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("--link", link, "--json") as process:
        ready(process)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        with serial.Serial(str(link), 115200, timeout=10) as host:
            host.write(b"AT+S.SCFG=wifi_mode,3\rAT+S.WIFI=0\rAT\r")
            assert host.read_until(b"AT\r\nAT-S.OK\r\n").endswith(b"AT\r\nAT-S.OK\r\n")
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "--no-such-flag"], 2, "unrecognized arguments: --no-such-flag"),
        (["nonsense"], 2, "invalid choice: 'nonsense'"),
        ([], 2, "required"),
        (
            ["run", "--fault", "signature=nonsense"],
            2,
            "there is no fault 'signature=nonsense'; known there: signature=nonpadded",
        ),
        (["run", "--fault", "nonsense"], 2, "there is no fault 'nonsense'; its name begins with one of signature="),
        (["run", "--firmware", "9.9.9"], 2, "there is no firmware '9.9.9'; known: 1.0.0, 1.1.0, 1.2.0, 170726"),
        (["run", "--map", "192.168.0.2"], 2, "write it as 192.168.0.2=127.0.0.1"),
        (["run", "--station", "PC"], 2, "is no station; write it as"),
        (["run", "--python", "cobra"], 2, "no program 'cobra' to run Python with; take auto, off, wasm or a program"),
        (["run", "--mac", "00:80"], 2, "'00:80' is no MAC address; write it as 00:80:E1:BD:00:39"),
        (["run", "--serial", ""], 2, "'' is no serial number; use 1..64 printable characters"),
        (["run", "--seed", "x"], 2, "invalid int value: 'x'"),
        (["run", "--link", "/no/such/directory/tty"], 1, "there is no directory /no/such/directory"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, words: str) -> None:
    code, text = complaint(*arguments)
    assert code == status
    assert words in text.splitlines()[-1]
    assert "Traceback" not in text


def test_a_link_path_that_is_a_file_stays_a_file(tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("precious")
    code, text = complaint("run", "--link", file)
    assert (code, file.read_text()) == (1, "precious")
    assert text == f"spwf04sx: {file} exists and is no link; choose another --link or remove it\n"


def test_a_flash_directory_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "flash"
    file.write_text("x")
    code, text = complaint("run", "--flash", file)
    assert code == 1
    assert text == f"spwf04sx: {file}: File exists\n"


def test_a_link_that_another_emulator_holds(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("--link", link) as process:
        ready(process)
        code, text = complaint("run", "--link", link)
        assert code == 1
        assert "in use by another running emulator" in text
        assert link.is_symlink()


def test_help_and_version() -> None:
    for arguments, words in ((["--help"], "run"), (["run", "--help"], "--fault"), (["--version"], "spwf04sx 0.1.0")):
        result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True)
        assert words in result.stdout
