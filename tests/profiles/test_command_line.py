"""Firmware and time as options of ``spwf04sx run``."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import serial

from emulator.images import firmware_image
from emulator.surroundings.flash import DirectoryFlash
from firmware_model.profile import FIRMWARE_1_1_0
from firmware_model.updates.firmware import FirmwareFlash
from tests.doubles import RecordingTimeline

if TYPE_CHECKING:
    from pathlib import Path

SCANS = b"+WIND:35:WiFi Scan Complete:00\r\n"


def converse(*options: str | Path, line: bytes) -> tuple[dict[str, object], bytes]:
    """Boot a module as far as the first scan and send one line; return its ready line and its reply."""
    command = [sys.executable, "-m", "emulator.cli", "run", "--json", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            with serial.Serial(ready["port"], 115200, timeout=20) as host:
                host.read_until(SCANS)
                host.write(line + b"\r")
                host.read_until(line + b"\r\n")
                return ready, host.read_until(b"\r\n")
        finally:
            process.kill()


def test_the_firmware_is_chosen_and_time_leaps() -> None:
    began = time.monotonic()
    ready, reply = converse("--firmware", "1.0.0", "--time", "instant", line=b"AT+S.STS=fw_version")
    assert (ready["firmware"], ready["time"]) == ("1.0.0", "instant")
    assert reply == b"AT-S.Var:fw_version=1.0.0\r\n"
    assert time.monotonic() - began < 20


def test_the_mac_address_is_chosen() -> None:
    _, reply = converse("--mac", "00:80:E1:00:00:01", "--time", "100", line=b"AT+S.GCFG=nv_wifi_macaddr")
    assert reply == b"AT-S.Var:nv_wifi_macaddr=00:80:E1:00:00:01\r\n"


def test_the_ready_line_names_an_update_that_the_flash_holds(tmp_path: Path) -> None:
    firmware = FirmwareFlash(DirectoryFlash(tmp_path), RecordingTimeline(), FIRMWARE_1_1_0)
    firmware.store(firmware_image("1.2.0", size=10).octets())
    assert firmware.install(bytes(16))
    ready, reply = converse("--flash", tmp_path, "--time", "instant", line=b"AT+S.STS=fw_version")
    assert ready["firmware"] == "1.2.0"
    assert reply == b"AT-S.Var:fw_version=1.2.0\r\n"
