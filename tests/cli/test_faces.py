"""The ways in, as the command offers them; on a system without ptys, too."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest
import serial

from emulator.configuration import Settings
from tests.cli.test_run import complaint, ready, running

ASK, ANSWER = b"AT\r", b"AT\r\nAT-S.OK\r\n"
ABSENT_ON_WINDOWS = ("termios", "fcntl", "pty", "tty", "pwd", "grp", "resource", "syslog", "readline")
WITHOUT_PTYS = f"""
import os, sys
import asyncio, subprocess, tempfile, signal
for name in {ABSENT_ON_WINDOWS!r}:
    sys.modules[name] = None
for name in ("openpty", "fork", "forkpty", "ttyname", "getuid", "register_at_fork"):
    if hasattr(os, name):
        delattr(os, name)
class Loop(asyncio.SelectorEventLoop):
    # What Windows' ProactorEventLoop does not have.
    def add_signal_handler(self, *_): raise NotImplementedError
    def add_reader(self, *_): raise NotImplementedError
    def add_writer(self, *_): raise NotImplementedError
class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self): return Loop()
asyncio.set_event_loop_policy(Policy())
from emulator.cli import main
sys.exit(main())
"""


def ask(url: str) -> bytes:
    with serial.serial_for_url(url, 115200, timeout=10) as host:
        host.write(ASK)
        return bytes(host.read_until(ANSWER))


def test_the_ready_line_names_every_way_in() -> None:
    with running("--json", "--rfc2217", "0", "--tcp", "0", "--tcp", "localhost:0") as process:
        line = json.loads(ready(process))
        kinds = [way["kind"] for way in line["faces"]]
        urls = [way["url"] for way in line["faces"]]
        assert kinds == ["pty", "rfc2217", "tcp", "tcp"]
        assert urls[0] == line["port"] == line["pty"]
        assert [url.rpartition(":")[0] for url in urls[1:]] == [
            "rfc2217://127.0.0.1",
            "socket://127.0.0.1",
            "socket://localhost",
        ]
        for url in urls:
            assert ask(url).endswith(ANSWER)


def test_the_ready_line_for_people_names_them_too() -> None:
    with running("--rfc2217", "0", "--tcp", "0") as process:
        words = dict(word.split("=", 1) for word in ready(process).split()[1:])
        for url in words["url"].split(","):
            assert ask(url).endswith(ANSWER)


def test_without_a_pty_the_port_is_the_first_url() -> None:
    with running("--no-pty", "--rfc2217", "0") as process:
        words = dict(word.split("=", 1) for word in ready(process).split()[1:])
        assert "pty" not in words
        assert words["port"] == words["url"]
        assert process.stdout is not None
        assert process.stdout.readline().startswith("  talk to it:  python -m serial.tools.miniterm --eol CR rfc2217:")
        assert ask(words["port"]).endswith(ANSWER)


def test_a_face_for_everybody_is_announced() -> None:
    with running("--no-pty", "--json", "--tcp", "*:0", "--rfc2217", "0") as process:
        way, local = json.loads(ready(process))["faces"][::-1]
        assert way["url"].startswith("socket://127.0.0.1:")
        assert process.stderr is not None
        note = process.stderr.readline()
        assert "note: *:" in note
        assert "can be reached from other machines, without a password" in note
        assert local["kind"] == "rfc2217"
        assert ask(way["url"]).endswith(ANSWER)


def test_a_second_host_gets_one_clear_line() -> None:
    with running("--json", "--tcp", "0") as process:
        line = json.loads(ready(process))
        with serial.Serial(line["port"], 115200, timeout=10) as first:
            first.write(ASK)
            first.read_until(ANSWER)
            host, _, port = line["faces"][1]["url"].partition("://")[2].partition(":")
            with socket.create_connection((host, int(port)), 10) as second, second.makefile("rb") as said:
                words = said.read()
        assert words.count(b"\n") == 1
        assert f"in use by another host, at pty {line['pty']}".encode() in words


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "--tcp", "nonsense"], 2, "'nonsense' is no address; write it as HOST:PORT"),
        (["run", "--rfc2217", "127.0.0.1:65536"], 2, "'127.0.0.1:65536' is no address"),
        (["run", "--tcp", "203.0.113.1:0"], 1, "cannot listen at 203.0.113.1:0: "),
        (["run", "--tcp", "./socket"], 2, "'./socket' is a path, and these hosts come over TCP"),
        (["run", "--tcp", "0", "--spi", "127.0.0.1:0"], 2, "lead to a serial port, and with SPI there is none"),
        (["run", "--no-pty"], 2, "nothing leads to the module; say how hosts reach it: --rfc2217 5000"),
        (["run", "--no-pty", "--link", "x", "--tcp", "0"], 2, "a link names a pseudo terminal, and there is none"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, words: str) -> None:
    code, text = complaint(*arguments)
    assert code == status
    assert words in text.splitlines()[-1]
    assert "Traceback" not in text


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = complaint("run", "--tcp", str(port))
    assert code == 1
    assert text == f"spwf04sx: cannot listen at 127.0.0.1:{port}: Address already in use; choose another one\n"


def test_which_addresses_hosts_may_come_from_is_known_beforehand() -> None:
    settings = Settings(rfc2217=["5000"], tcp=["[::1]:0", "*:5001"])
    assert settings.listening_at == ("127.0.0.1", "::1", "*")
    assert settings.why_no_python
    assert not Settings(rfc2217=["5000"], tcp=["[::1]:0"]).why_no_python


@pytest.mark.parametrize("flag", ["--tcp", "--rfc2217"])
def test_a_system_without_ptys_and_unix_modules(flag: str) -> None:
    """As near to Windows as Linux comes: what is missing there is taken away."""
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_PTYS, "run", "--json", flag, "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first, process.stderr.read() if process.stderr else ""
            line = json.loads(first)
            assert line["pty"] is None
            assert ask(line["port"]).endswith(ANSWER)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_a_system_without_ptys_has_a_way_in_that_nobody_asked_for() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_PTYS, "run", "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
            assert [way["kind"] for way in line["faces"]] == ["rfc2217"]
            assert ask(line["port"]).endswith(ANSWER)
        finally:
            process.kill()


def test_help_does_not_need_what_a_pty_is_made_of() -> None:
    for command in ("run", "demo", "commands"):
        result = subprocess.run(
            [sys.executable, "-c", WITHOUT_PTYS, command, "--help"], capture_output=True, text=True, check=True
        )
        assert "usage: spwf04sx" in result.stdout
