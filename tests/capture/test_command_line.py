"""Recordings as the command line begins them."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import serial

from tests.capture.tshark import comments
from tests.cli.test_run import COMMAND, complaint, ready, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTANT = ("--time", "instant", "--seed", "7", "--json")


def talk(process: subprocess.Popen[str]) -> None:
    """Boot the module, switch its radio off and ask something."""
    with serial.Serial(json.loads(ready(process))["port"], 115200, timeout=20) as host:
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        host.write(b"AT+S.WIFI=0\rAT\r")
        host.read_until(b"AT\r\nAT-S.OK\r\n")


def test_the_timeline_and_the_transcript_of_a_run(tmp_path: Path) -> None:
    events, text, dialogue = (tmp_path / name for name in ("run.jsonl", "run.txt", "run.transcript"))
    with running(*INSTANT, "--timeline", events, "--transcript", dialogue) as process:
        talk(process)
        process.terminate()
        assert process.wait(10) == 0
    with running(*INSTANT, "--timeline", text) as process:
        talk(process)
        process.terminate()
        assert process.wait(10) == 0
    header, *lines = (json.loads(line) for line in events.read_text().splitlines())
    assert (header["seed"], header["time"]) == (7, "instant")
    commands = [bytes.fromhex(line["line"]) for line in lines if line["event"] == "command_received"]
    assert commands == [b"AT+S.WIFI=0", b"AT"]
    assert "> AT+S.WIFI=0\n< AT-S.OK\n" in dialogue.read_text()
    assert "command 'AT+S.WIFI=0'" in text.read_text()


def test_a_killed_run_leaves_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with running(*INSTANT, "--timeline", file) as process:
        talk(process)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert file.read_bytes().endswith(b"}\n")
    events = [json.loads(line).get("event") for line in file.read_text().splitlines()]
    assert events.count("command_received") == 2


def test_a_capture_with_keys_is_said_loudly(tmp_path: Path) -> None:
    capture, keys = tmp_path / "run.pcapng", tmp_path / "run.keys"
    with running(*INSTANT, "--capture", capture, "--capture-secrets", "--keylog", keys) as process:
        talk(process)
        process.terminate()
        _, warnings = process.communicate(timeout=20)
    assert [line for line in warnings.splitlines() if "WARNING" in line] == [
        f"spwf04sx: WARNING: {path} holds the keys of all TLS connections: who has it can read them"
        for path in (capture, keys)
    ]
    for path in (capture, keys):
        assert path.stat().st_mode & 0o777 == 0o600
    assert b"This file holds the keys" in capture.read_bytes()


def test_a_capture_without_keys_needs_no_warning(tmp_path: Path, need_program: Callable[[str], None]) -> None:
    need_program("tshark")
    capture = tmp_path / "run.pcapng"
    with running(*INSTANT, "--capture", capture) as process:
        talk(process)
        process.send_signal(signal.SIGKILL)
        _, warnings = process.communicate(timeout=20)
    assert "WARNING" not in warnings
    assert b"holds the keys" not in capture.read_bytes()
    told = " ".join(comments(capture))
    assert "command 'AT+S.WIFI=0'" in told
    assert "reply 'AT-S.OK" in told


def test_secrets_need_a_capture() -> None:
    code, text = complaint("run", "--capture-secrets")
    assert code == 2
    assert text == "spwf04sx: there is no capture for the secrets; name one with --capture FILE\n"


@pytest.mark.parametrize("flag", ["--timeline", "--transcript", "--capture"])
def test_a_file_that_cannot_be_made(tmp_path: Path, flag: str) -> None:
    code, text = complaint("run", flag, tmp_path / "nowhere" / "file")
    assert (code, text) == (1, f"spwf04sx: {tmp_path}/nowhere/file: No such file or directory\n")
    precious = tmp_path / "precious.c"
    precious.write_text("int main;\n")
    code, text = complaint("run", flag, precious)
    assert (code, text) == (1, f"spwf04sx: {precious}: holds something else; choose another name or remove it\n")
    assert precious.read_text() == "int main;\n"


def test_a_disk_that_fills_up_does_not_stop_the_module(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"

    def leave_room_for_little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    command = [*COMMAND, "run", *INSTANT, "--timeline", str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=leave_room_for_little
    ) as process:
        talk(process)
        process.terminate()
        _, complaints = process.communicate(timeout=20)
        assert process.returncode == 0
    assert "Traceback" not in complaints
    (line,) = (line for line in complaints.splitlines() if str(file) in line)
    assert line.endswith("the recording ends here, the module goes on")
    assert file.stat().st_size <= 1000
    assert all(json.loads(line) for line in file.read_text().splitlines())
