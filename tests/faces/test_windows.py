"""The emulator on Python for Windows, and a Windows program on its pty, as far as Wine is Windows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import tty
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.mqtt.mosquitto import Mosquitto

PATIENCE = 60.0
PROJECT = Path(__file__).parents[2]
COMMAND = str(PROJECT / "scripts" / "windows")
PORTS = PROJECT / ".windows" / "prefix" / "dosdevices"
BOOTED = b"+WIND:32:WiFi Hardware Started\r\n"
ASK_AT = """
import sys, serial
with serial.Serial(sys.argv[1], 115200, timeout=30) as port:
    booted = port.read_until(b"+WIND:32:WiFi Hardware Started\\r\\n")
    port.write(b"AT\\r")
    print(booted + port.read_until(b"AT-S.OK\\r\\n"))
"""


@pytest.fixture(autouse=True)
def windows(need_program: Callable[[str], None]) -> None:
    """Python for Windows, made when it is not there yet."""
    need_program("wine")
    on_windows("-c", "")


def on_windows(*arguments: str) -> str:
    """What a program says."""
    done = subprocess.run(
        [COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """An emulator on Windows, and the URLs of its faces."""
    with subprocess.Popen(
        [COMMAND, "-m", "emulator.cli", "run", "--json", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, [way["url"] for way in json.loads(line)["faces"]]
        finally:
            process.kill()


def com_port(name: str, device: str) -> None:
    """Let a COM port of Windows be ``device``."""
    port = PORTS / name
    port.unlink(missing_ok=True)
    port.symlink_to(device)


@pytest.mark.parametrize("options", [(), ("--rfc2217", "0"), ("--tcp", "0")], ids=["no option", "RFC 2217", "TCP"])
def test_hosts_come_over_the_network(options: tuple[str, ...]) -> None:
    with running(*options) as (process, [url]):
        assert url.startswith("socket:" if "--tcp" in options else "rfc2217:")
        with serial.serial_for_url(url, 115200, timeout=PATIENCE) as host:
            assert host.read_until(BOOTED).endswith(BOOTED)
            host.write(b"AT\r")
            assert host.read_until(b"AT-S.OK\r\n").endswith(b"AT\r\nAT-S.OK\r\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


def test_the_emulator_at_a_com_port() -> None:
    host, device = os.openpty()
    tty.setraw(device)
    com_port("com7", os.ttyname(device))
    said = b""
    with running("--port", "COM7") as (_, urls):
        assert urls == ["COM7"]
        while BOOTED not in said:
            said += os.read(host, 4096)
        os.write(host, b"AT\r")
        while b"AT\r\nAT-S.OK\r\n" not in said:
            said += os.read(host, 4096)
    os.close(host)
    os.close(device)


async def test_a_program_at_a_com_port_that_is_the_pty() -> None:
    async with asyncio.timeout(PATIENCE), Emulator(Settings(time="10")) as emulator:
        com_port("com5", emulator.port)
        said = await asyncio.to_thread(on_windows, "-c", ASK_AT, "COM5")
        assert re.search(r"\+WIND:1:Poweron.*AT\\r\\nAT-S.OK\\r\\n'", said)


def test_the_demonstration() -> None:
    assert "CORRECT: the signature of" in on_windows("-m", "emulator.cli", "demo", "--handshakes", "1")


async def test_mqtt(broker: Mosquitto) -> None:
    def talk() -> None:
        options = ("--access-point", "*", "--map", "192.168.0.2=127.0.0.1", "--time", "10")
        with running("--tcp", "0", *options) as (_, [url]), serial.serial_for_url(url, timeout=PATIENCE) as host:
            host.read_until(BOOTED)
            for line, end in (
                ("AT+S.SSIDTXT=any", b"AT-S.OK\r\n"),
                ("AT+S.SCFG=wifi_mode,1", b"AT-S.OK\r\n"),
                ("AT+S.WIFI=0", b"AT-S.OK\r\n"),
                ("AT+S.WIFI=1", b"+WIND:24:WiFi Up"),
                (f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web}", b"AT-S.On:0\r\nAT-S.OK\r\n"),
                ("AT+S.MQTTSUB=0,here,", b"AT-S.OK\r\n"),
                ("AT+S.MQTTPUB=0,here,,,5", b"AT+S.MQTTPUB=0,here,,,5\r\n"),
                ("hello", b"+WIND:86:MQTT Published:0:here:0:0:0:5:5:hello\r\n"),
                ("AT+S.MQTTDISC=0", b"+WIND:87:MQTT Closed:0\r\n"),
            ):
                host.write(line.encode() + (b"" if line == "hello" else b"\r"))
                said = host.read_until(end)
                assert said.endswith(end), said

    await asyncio.to_thread(talk)
