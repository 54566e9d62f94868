"""``spwf04sx compare``: real modules are played by other emulators and by scripts with known differences."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import serial

from emulator.blocking import BlockingEmulator
from emulator.configuration import Settings
from tests.compare.scripted import babbling_port, hanging_up_port, scripted_module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = ("--settle", "0.05", "--wait", "10")
DIALOGUE = "> AT\n< AT-S.OK\n> AT+S.GCFG=console_echo\n< AT-S.Var:console_echo=1\n< AT-S.OK\n> AT+S.NONSENSE\n"


def compare(*arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "emulator.cli", "compare", *QUICK, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    return result.returncode, result.stdout, result.stderr


def compared(*arguments: str | Path) -> dict[str, Any]:
    status, output, errors = compare("--json", *arguments)
    assert errors == ""
    result: dict[str, Any] = json.loads(output)
    assert status == {"same": 0, "different": 1}[result["verdict"]]
    return result


WAYS: dict[str, dict[str, Any]] = {
    "pty": {},
    "tcp": {"pty": False, "tcp": ["0"]},
    "rfc2217": {"pty": False, "rfc2217": ["0"]},
}


@contextmanager
def module(firmware: str = "1.1.0", *, way: str = "tcp") -> Iterator[str]:
    """A second emulator in the place of a real module; it runs already."""
    ways = WAYS[way]
    with BlockingEmulator(Settings(firmware=firmware, time="instant", power_on="start", **ways)) as emulator:
        emulator.wait_for("+WIND:32")
        yield emulator.port


@pytest.fixture
def dialogue(tmp_path: Path) -> Path:
    path = tmp_path / "dialogue.txt"
    path.write_text(DIALOGUE)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_two_of_a_kind_say_the_same(dialogue: Path, way: str) -> None:
    with module(way=way) as port:
        status, output, errors = compare(dialogue, "--with", port)
    assert (status, errors) == (0, "")
    assert output.startswith(f"SAME: the module at {port} and the emulator (firmware 1.1.0) say the same (3 of 3 turns")


def test_another_firmware_differs_where_it_does(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("> AT\n> AT+S.STS=build\n> AT+S.SOCKL\n")
    with module("1.0.0") as port:
        result = compared(path, "--with", port)
        assert compared(path, "--with", port, "--firmware", "1.0.0")["verdict"] == "same"
    assert [(one["left"].partition(":")[0], one["right"]) for one in result["differences"]] == [
        ("AT-S.OK", "AT-S.OK")
    ] * 3
    assert "firmware" in {variation["kind"] for variation in result["variations"]}


def test_known_differences_are_shown_with_the_rows_behind_them(dialogue: Path) -> None:
    answers = {
        "AT+S.GCFG=console_echo": b"AT-S.Var:console_echo=0\r\nAT-S.OK\r\n",
        "AT+S.NONSENSE": b"AT-S.ERROR:1:Command not found\r\n+WIND:10:MallocFailed!\r\n",
    }
    with scripted_module(answers) as port:
        status, output, _ = compare(dialogue, "--with", port)
        result = compared(dialogue, "--with", port)
    assert status == 1
    assert "2 lines differ" in output
    assert "1. after AT+S.GCFG=console_echo (dialogue.txt:3)\n" in output
    assert "\n   AT-S.Var:console_echo=0" in output
    assert "| AT-S.Var:console_echo=1\n   - variables console_echo: " in output
    assert "   - indications 10: MallocFailed [" in output
    assert "open: what a real module says here settles it" in output
    first, second = result["differences"]
    assert (first["left"], first["right"]) == ("AT-S.Var:console_echo=0", "AT-S.Var:console_echo=1")
    assert (second["left"], second["right"]) == ("+WIND:10:MallocFailed!", None)
    assert second["reference"][0]["is_open"] is True


def test_a_reply_that_never_ends(dialogue: Path) -> None:
    with scripted_module({"AT+S.NONSENSE": b"AT-S.Half"}) as port:
        result = compared(dialogue, "--with", port, "--timeout", "1")
    assert ("AT-S.Half", "AT-S.ERROR:1:Command not found") in [
        (one["left"], one["right"]) for one in result["differences"]
    ]
    assert any("does not come to its end" in (one["left"] or "") for one in result["differences"])


def test_a_start_is_compared_after_a_reset(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(
        "< +WIND:1:Poweron:x\n< +WIND:0:Console active\n< +WIND:32:WiFi Hardware Started\n> AT\n< AT-S.OK\n"
    )
    with module() as port:
        without = compared(path, "--with", port)
        result = compared(path, "--with", port, "--reset")
        factory = compared(path, "--with", port, "--factory")
    assert (without["turns"], result["turns"], factory["turns"]) == (1, 2, 2)
    assert (without["verdict"], result["verdict"], factory["verdict"]) == ("same", "same", "same")


def test_without_a_module_the_transcript_itself_is_the_measure(dialogue: Path, tmp_path: Path) -> None:
    dialogue.write_text(f"< +WIND:0:Console active\n{DIALOGUE}< AT-S.ERROR:1:No such command\n")
    result = compared(dialogue, "--time", "instant")
    assert result["left"] == "the transcript"
    pairs = [(one["left"], one["right"]) for one in result["differences"]]
    assert ("AT-S.ERROR:1:No such command", "AT-S.ERROR:1:Command not found") in pairs
    # What a start says and the transcript leaves out is a difference as well.
    assert any(left is None and right.startswith("+WIND:1:") for left, right in pairs)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "says nothing to AT; check its power and wiring, the speed (--baud, now 9600)"),
        (b"\x00\xfe\x80\xf8\x00\xe6\x18\x98", "is no text; the speed is wrong, probably: --baud, now 9600"),
        (b"OK\r\n", r"is no SPWF04Sx: to AT it says 'OK\r\n"),
    ],
    ids=["silence", "garbage", "another modem"],
)
def test_what_is_no_module(dialogue: Path, octets: bytes, words: str) -> None:
    with babbling_port(octets) as port:
        status, output, errors = compare(dialogue, "--with", port, "--baud", "9600")
    assert (status, output) == (2, "")
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_a_module_at_another_speed(dialogue: Path) -> None:
    with BlockingEmulator(Settings(power_on="start")) as emulator:
        emulator.wait_for("+WIND:0")
        status, _, errors = compare(dialogue, "--with", emulator.port, "--baud", "9600")
    assert status == 2
    assert errors.endswith("the speed is wrong, probably: --baud, now 9600\n")


def test_a_port_that_is_missing_busy_or_goes_away(dialogue: Path) -> None:
    status, _, errors = compare(dialogue, "--with", "/dev/ttyNOSUCH")
    assert (status, errors) == (2, "spwf04sx: cannot open the port /dev/ttyNOSUCH: No such file or directory\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"socket://127.0.0.1:{taken.getsockname()[1]}"
    status, _, errors = compare(dialogue, "--with", url)
    assert status == 2
    assert errors.startswith(f"spwf04sx: cannot open the port {url}: ")
    with hanging_up_port() as url:
        status, _, errors = compare(dialogue, "--with", url)
    assert status == 2
    assert errors.startswith(f"spwf04sx: the port {url} has gone: ")
    assert len(errors.splitlines()) == 1


def test_a_port_that_somebody_else_has(dialogue: Path) -> None:
    with module(way="pty") as port, serial.Serial(port, 115200, exclusive=True):
        status, _, errors = compare(dialogue, "--with", port)
    assert status == 2
    assert errors.startswith(f"spwf04sx: cannot open the port {port}: ")


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("> AT\n", ["--baud", "0"], "--baud 0 is no speed"),
        ("> AT\n", ["--timeout", "0"], "--timeout 0 is no time to wait"),
        ("> AT\n", ["--text", "now"], "--text now: write it as NAME=VALUE"),
        ("> AT\n", ["--content", "ca=/no/such"], "--content ca=/no/such: there is no such file"),
        ("> AT\n", ["--firmware", "9"], "there is no firmware '9'"),
        ("< +WIND:0:x\n", [], "has no line of the host's; they begin with '> '"),
        ("> AT+S.SSIDTXT={ssid}\n", [], "give it with --text ssid=VALUE"),
        (">> 02\n", [], "only those of the UART can be played"),
        ("hello\n", [], "is no line of a transcript"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, content: str, arguments: list[str], words: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(content)
    status, output, errors = compare(path, *arguments)
    assert (status, output) == (2, "")
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_a_transcript_that_is_missing(tmp_path: Path) -> None:
    status, _, errors = compare(tmp_path / "none.txt")
    assert (status, errors) == (2, f"spwf04sx: {tmp_path / 'none.txt'}: No such file or directory\n")
