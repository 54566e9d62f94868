"""The socat recipe: a device for programs that know no TCP."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import serial

from tests.cli.test_run import ready, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_socat_makes_a_device_of_a_raw_tcp_port(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("socat")
    link = tmp_path / "ttyWIFI"
    with running("--json", "--no-pty", "--tcp", "0", "--power-on", "start") as emulator:
        address = json.loads(ready(emulator))["port"].removeprefix("socket://")
        command = ["socat", "-d", "-d", f"PTY,link={link},raw,echo=0", f"TCP:{address}"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as socat:
            try:
                assert socat.stderr is not None
                while "starting data transfer loop" not in socat.stderr.readline():
                    assert socat.poll() is None
                with serial.Serial(str(link), 115200, timeout=20) as host:
                    host.write(b"AT\r")
                    assert host.read_until(b"AT-S.OK\r\n").endswith(b"AT-S.OK\r\n")
            finally:
                socat.terminate()
