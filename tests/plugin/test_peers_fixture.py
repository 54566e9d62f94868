"""``spwf04_peers``: each matched server met by the module, through the port, from code that is not asynchronous."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import serial

from emulator.configuration import Settings
from emulator.testing import Peers, WatchedEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OK = b"AT-S.OK\r\n"


class Host:
    """A host at the port, echo off."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def command(self, line: str, data: bytes = b"", *, fails: bool = False) -> bytes:
        """Send a line and its data; return everything up to the end of the reply, indications of before included."""
        self._port.write(line.encode() + b"\r" + data)
        answer = b""
        while not (last := self._line()).startswith(b"AT-S.ERROR") and not last.endswith(OK):
            answer += last
        assert last.startswith(b"AT-S.ERROR") == fails
        return answer + last

    def indication(self, number: int) -> bytes:
        """Wait for an indication."""
        while not (line := self._line()).startswith(b"+WIND:%d:" % number):
            pass
        return line

    def _line(self) -> bytes:
        line = self._port.read_until(b"\r\n")
        assert line.endswith(b"\r\n"), line
        return line


@pytest.fixture
def emulator() -> Iterator[WatchedEmulator]:
    with WatchedEmulator(Settings(stations=["02:A9:D2:A0:FF:A0"], time="instant")) as running:
        yield running


@pytest.fixture
def peers(emulator: WatchedEmulator) -> Iterator[Peers]:
    with Peers(emulator) as running:
        yield running


@pytest.fixture
def host(emulator: WatchedEmulator) -> Iterator[Host]:
    with serial.Serial(emulator.port, 115200, timeout=20) as port:
        host = Host(port)
        host.indication(32)
        for line in (
            "SCFG=console_echo,0",
            "SSIDTXT=x",
            "SCFG=wifi_priv_mode,0",
            "SCFG=wifi_mode,3",
            "WIFI=0",
            "WIFI=1",
        ):
            host.command(f"AT+S.{line}")
        host.indication(29)
        yield host


def test_mqtt(host: Host, peers: Peers) -> None:
    broker = peers.mqtt(login=("me", "too"))
    assert b"AT-S.On:0\r\n" in host.command("AT+S.MQTTCONN=192.168.0.2,1883,,,me,too")
    host.command("AT+S.MQTTPUB=0,a/b,1,1,5", b"hello")
    assert broker.retained["a/b"].payload == b"hello"
    assert any("over WebSocket" in event for event in broker.events)


def test_mqtt_over_tls(host: Host, peers: Peers) -> None:
    broker = peers.mqtt("192.168.0.2:8883", tls=True)
    peers.give_credentials()
    host.command("AT+S.TIME=1800000000")
    assert b"AT-S.On:0\r\n" in host.command("AT+S.MQTTCONN=192.168.0.2,8883,,2")
    assert broker.accepted == 1


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_https_takes_a_signature_without_its_sign_octet_only_where_it_is_lenient(
    emulator: WatchedEmulator, host: Host, peers: Peers, lenient: bool
) -> None:
    server = peers.https({"/conf": b"x"}, lenient=lenient)
    peers.give_credentials()
    emulator.run(lambda it: it.faults.arm("signature=nonpadded:always-bad"))
    host.command("AT+S.TIME=1800000000")
    host.command("AT+S.HTTPGET=192.168.0.2,/conf,443,2", fails=not lenient)
    assert (server.accepted, server.refused) == ((1, 0) if lenient else (0, 1))


def test_smtp(host: Host, peers: Peers) -> None:
    office = peers.smtp(login=("me", "too"))
    host.command("AT+S.SMTP=192.168.0.2,25,,me,too,,me@module.test,you@mail.test,,,Hello,,4", b"body")
    (mail,) = office.mails
    assert (mail.sender, mail.user, mail.secured) == ("me@module.test", "me", False)


def test_tftp(host: Host, peers: Peers, tmp_path: Path) -> None:
    (tmp_path / "down.txt").write_bytes(b"down\r\n")
    server = peers.tftp(tmp_path)
    assert host.command("AT+S.TFTPGET=192.168.0.2,69,down.txt") == b"down\r\n" + OK
    assert server.transfers == ["get down.txt: 6 octets"]


def test_both_echoes(host: Host, peers: Peers) -> None:
    peers.tcp_echo()
    udp = peers.udp_echo("192.168.0.2:1007")
    for line in ("192.168.0.2,7,,t", "192.168.0.2,1007,,u"):
        number = host.command(f"AT+S.SOCKON={line}").splitlines()[0].rpartition(b":")[2].decode()
        host.command(f"AT+S.SOCKW={number},4", b"ping")
        assert host.indication(55).startswith(b"+WIND:55:Pending Data::" + number.encode())
        assert b"ping" in host.command(f"AT+S.SOCKR={number},")
    assert udp.datagrams == 1


def test_they_end_with_the_context(emulator: WatchedEmulator) -> None:
    with Peers(emulator) as peers:
        port = peers.mqtt().port
        socket.create_connection(("127.0.0.1", port), 20).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 20)
