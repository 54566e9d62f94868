"""``spwf04sx attach`` as a user starts it: in a process of its own, and across two machines' worth of network."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import serial

from tests.cli.test_run import complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

COMMAND = (sys.executable, "-m", "emulator.cli")
OK = b"AT-S.OK\r\n"
HERE: Sequence[str] = ()


class Process:
    """One command that prints a ready line as JSON; what it tells is read from standard error."""

    def __init__(self, *arguments: str | Path, prefix: Sequence[str] = HERE) -> None:
        self.process = subprocess.Popen(
            [*prefix, *COMMAND, *map(str, arguments), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read() if self.process.stderr else ""
        self.ready: dict[str, Any] = json.loads(line)

    def tells(self, pattern: str) -> str:
        """Wait for a line of standard error."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"ended without a word of {pattern}")

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def running(*arguments: str | Path, prefix: Sequence[str] = HERE) -> Iterator[Process]:
    started = Process(*arguments, prefix=prefix)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


def ask(host: serial.Serial, line: bytes = b"AT") -> None:
    host.write(line + b"\r")
    assert host.read_until(OK).endswith(OK)


def test_a_module_in_another_process(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("run", "--no-pty", "--rfc2217", "0", "--verbose") as emulator:
        url = emulator.ready["port"]
        with running("attach", url, "--link", link) as attach:
            assert attach.ready == {"event": "ready", "port": str(link), "pty": str(link.readlink()), "remote": url}
            with serial.Serial(str(link), 115200, timeout=20) as host:
                assert host.read_until(b"+WIND:32:WiFi Hardware Started\r\n").startswith(b"+WIND:1:Poweron:")
                ask(host)
                for line in (b"AT+S.SCFG=console_speed,230400", b"AT+S.WCFG"):
                    ask(host, line)
                host.write(b"AT+S.RESET\r")
                host.flush()
                emulator.tells(r"the module's UART: 230400 bit/s 8N1")
                host.baudrate = 230400
                emulator.tells(r"the host's end: 230400 bit/s 8N1")
                host.read_until(b"+WIND:32:")
                ask(host)
            emulator.tells(r"the host closed the port")
            assert attach.end() == 0
            assert not link.is_symlink()


def test_an_emulator_that_is_killed_and_started_again(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with ExitStack() as stack:
        first = stack.enter_context(running("run", "--no-pty", "--rfc2217", "0"))
        url = first.ready["port"]
        attach = stack.enter_context(running("attach", url, "--link", link))
        host = stack.enter_context(serial.Serial(str(link), 115200, timeout=20))
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        first.process.send_signal(signal.SIGKILL)
        attach.tells(rf"^spwf04sx: {re.escape(url)}: .*; trying again$")
        second = stack.enter_context(running("run", "--no-pty", "--rfc2217", url.rpartition("//")[2]))
        attach.tells(rf"^spwf04sx: {re.escape(url)} is connected again$")
        boot = host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        # Whatever the first module still said was read before; this is the second one's boot and nothing else.
        assert boot[boot.index(b"+WIND:1:Poweron:") :].count(b"+WIND:1:") == 1
        ask(host)
        assert second.end() == 0


def test_a_raw_port(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with (
        running("run", "--no-pty", "--tcp", "0") as emulator,
        running("attach", emulator.ready["port"], "--link", link),
        serial.Serial(str(link), 115200, timeout=20) as host,
    ):
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        ask(host)


def test_the_reset_pin_at_the_end_of_the_cable(tmp_path: Path) -> None:
    """With RTS off, the module that hangs on it is out of its reset."""
    link = tmp_path / "ttyWIFI"
    with (
        running("run", "--no-pty", "--rfc2217", "0", "--reset", "rts") as emulator,
        running("attach", emulator.ready["port"], "--link", link, "--rts", "off"),
        serial.Serial(str(link), 115200, timeout=20) as host,
    ):
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        ask(host)


def test_the_ready_line_for_people_says_what_goes_along(tmp_path: Path) -> None:
    for url, words in (
        ("rfc2217://127.0.0.1:9", "speed, stop bits and flow control go along; parity, 7 bits, breaks and modem lines"),
        ("tcp://127.0.0.1:9", "only octets go along"),
    ):
        with subprocess.Popen(
            [*COMMAND, "attach", url, "--link", str(tmp_path / "tty")], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(f"ready port={tmp_path / 'tty'} pty=/dev/")
            assert process.stdout.readline().strip().startswith(words)
            process.terminate()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["attach"], 2, "the following arguments are required: URL"),
        (["attach", "/dev/ttyUSB0"], 2, "'/dev/ttyUSB0' is no remote port; write it as rfc2217://"),
        (["attach", "tcp://h:1", "--dtr", "on"], 2, "a raw connection has no DTR and RTS"),
        (["attach", "tcp://h:1", "--link", "/no/such/directory/tty"], 1, "there is no directory /no/such/directory"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, words: str) -> None:
    code, text = complaint(*arguments)
    assert code == status
    assert words in text.splitlines()[-1]
    assert "Traceback" not in text


def test_a_server_that_has_no_serial_port_ends_it(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("run", "--no-pty", "--tcp", "0") as emulator:
        url = emulator.ready["port"].replace("socket", "rfc2217")
        with running("attach", url, "--link", link) as attach, serial.Serial(str(link), timeout=20):
            assert attach.process.wait(30) == 1
            assert attach.process.stderr is not None
            assert attach.process.stderr.read().splitlines()[-1] == (
                "spwf04sx: it does not answer as an RFC 2217 server does; if it is a raw port, say tcp:// instead"
            )
        assert not link.is_symlink()


class Cable:
    """Two network namespaces, and the cable between them."""

    def __init__(self) -> None:
        self._names = [f"spwf-{os.getpid()}-{end}" for end in ("module", "host")]
        self.addresses = ("10.99.0.1", "10.99.0.2")

    def lay(self) -> None:
        for name in self._names:
            _ip("netns", "add", name)
        module, host = self._names
        _ip("-n", module, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", host)
        for name, address in zip(self._names, self.addresses, strict=True):
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", "cable")
            _ip("-n", name, "link", "set", "cable", "up")
            _ip("-n", name, "link", "set", "lo", "up")

    def inside(self, end: int) -> Sequence[str]:
        return ("ip", "netns", "exec", self._names[end])

    def pull(self) -> None:
        _ip("-n", self._names[1], "link", "set", "cable", "down")

    def plug(self) -> None:
        _ip("-n", self._names[1], "link", "set", "cable", "up")

    def remove(self) -> None:
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, check=True, text=True)


@pytest.fixture
def cable(need_program: Callable[[str], None]) -> Iterator[Cable]:
    need_program("ip")
    laid = Cable()
    try:
        laid.lay()
    except subprocess.CalledProcessError as failure:
        laid.remove()
        pytest.skip(f"network namespaces cannot be made here, which takes root: {failure.stderr.strip()}")
    yield laid
    laid.remove()


def test_across_two_network_namespaces_with_the_cable_pulled_and_plugged(cable: Cable, tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with ExitStack() as stack:
        arguments = ("run", "--no-pty", "--rfc2217", f"{cable.addresses[0]}:5000", "--verbose")
        emulator = stack.enter_context(running(*arguments, prefix=cable.inside(0)))
        url = f"rfc2217://{cable.addresses[0]}:5000"
        assert emulator.ready["port"] == url
        attach = stack.enter_context(running("attach", url, "--link", link, prefix=cable.inside(1)))
        host = stack.enter_context(serial.Serial(str(link), 115200, timeout=60))
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        ask(host)
        cable.pull()
        host.write(b"AT+S.SCFG=user_desc,lost\r")
        attach.tells(rf"{url}: .*; trying again")
        emulator.tells("the host closed the port")
        cable.plug()
        attach.tells(f"{url} is connected again")
        host.baudrate = 9600
        emulator.tells("the host's end: 9600 bit/s 8N1")
        host.baudrate = 115200
        emulator.tells("the host's end: 115200 bit/s 8N1")
        host.reset_input_buffer()
        host.write(b"AT+S.GCFG=user_desc\r")
        answer = host.read_until(OK)
        assert answer.count(b"user_desc=") == 1
        assert b"lost" not in answer
