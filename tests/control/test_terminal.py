"""The serial line as a WebSocket: a host among others, or a spectator."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import serial
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.control.running import API, PATIENCE, Client, controlled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Terminal:
    """One browser at the serial line."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard = b""
        self.told: list[dict[str, Any]] = []

    def type(self, octets: bytes) -> None:
        self.socket.send(octets)

    def ask(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def next(self) -> None:
        message = self.socket.recv(PATIENCE)
        if isinstance(message, bytes):
            self.heard += message
        else:
            self.told.append(json.loads(message))

    def hear(self, ending: bytes) -> bytes:
        """Wait until the module has said something; everything up to there."""
        while ending not in self.heard:
            self.next()
        text, self.heard = self.heard.partition(ending)[::2]
        return text + ending

    def tell(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait until something is told; what is told before is forgotten."""
        while True:
            while self.told:
                told = self.told.pop(0)
                if told["type"] == kind and all(told[name] == value for name, value in fields.items()):
                    return told
            self.next()


@contextmanager
def terminal(client: Client) -> Iterator[Terminal]:
    with connect(f"ws://{client.host}:{client.port}{API}/terminal", open_timeout=PATIENCE) as socket:
        yield Terminal(socket)


def test_who_types_is_the_host_and_the_module_boots_for_it() -> None:
    with controlled() as client, terminal(client) as mine:
        assert mine.tell("host") == {"type": "host", "host": None, "yours": False}
        mine.ask(type="claim")
        mine.tell("host", host="web console", yours=True)
        assert b"+WIND:1:Poweron" in mine.hear(b"+WIND:32:WiFi Hardware Started\r\n")
        mine.type(b"AT\r")
        assert mine.hear(b"AT-S.OK\r\n").endswith(b"AT\r\nAT-S.OK\r\n")
        assert client.get("/state")["host"] == "web console"


def test_typing_alone_is_enough(own_client: Client) -> None:
    with terminal(own_client) as mine:
        mine.type(b"AT\r")
        mine.tell("host", host="web console", yours=True)
        mine.hear(b"AT-S.OK\r\n")


def test_the_line_is_given_back_on_request_and_on_leaving(own_client: Client) -> None:
    with terminal(own_client) as mine, terminal(own_client) as watching:
        mine.type(b"AT\r")
        watching.tell("host", host="web console", yours=False)
        mine.ask(type="release")
        watching.tell("host", host=None)
        mine.ask(type="claim")
        watching.tell("host", host="web console")
        mine.hear(b"AT-S.OK\r\n")
        mine.socket.close()
        watching.tell("host", host=None)
    with serial.Serial(own_client.ready["port"], 115200, timeout=PATIENCE) as host:
        host.write(b"AT\r")
        assert host.read_until(b"OK\r\n").endswith(b"AT-S.OK\r\n")


def test_a_second_window_is_refused_and_watches(own_client: Client) -> None:
    with terminal(own_client) as mine, terminal(own_client) as second:
        mine.type(b"AT\r")
        second.tell("host", host="web console", yours=False)
        second.type(b"AT\r")
        assert "another window of the console" in second.tell("refused")["reason"]
        mine.type(b"AT+S.STS=free_heap\r")
        second.hear(b"AT-S.Var:free_heap=")


def test_a_program_that_has_the_port_keeps_it_and_is_watched(own_client: Client) -> None:
    port = own_client.ready["port"]
    with terminal(own_client) as mine:
        with serial.Serial(port, 115200, timeout=PATIENCE) as host:
            mine.tell("host", host=f"pty {port}", yours=False)
            mine.type(b"AT\r")
            assert mine.tell("refused")["reason"] == (
                f"the module is in use by another host, at pty {port}; it is yours when that one leaves"
            )
            host.write(b"AT+S.STS=free_heap\r")
            assert bytes.fromhex(mine.tell("typed")["octets"]) in b"AT+S.STS=free_heap\r"
            mine.hear(b"AT-S.Var:free_heap=")
        mine.tell("host", host=None)
        mine.type(b"AT+S.STS=min_heap\r")
        mine.hear(b"AT-S.Var:min_heap=")


def test_a_program_is_told_that_the_console_has_the_line(own_client: Client) -> None:
    with terminal(own_client) as mine:
        mine.type(b"AT\r")
        mine.tell("host", yours=True)
        with serial.Serial(own_client.ready["port"], 115200, timeout=PATIENCE) as host:
            assert b"in use by another host, at web console" in host.read_until(b"\r\n")
            mine.ask(type="release")
            mine.tell("host", host=f"pty {own_client.ready['port']}")


def test_who_comes_later_sees_what_was_said(own_client: Client) -> None:
    with terminal(own_client) as mine:
        assert mine.hear(b"+WIND:32:WiFi Hardware Started\r\n").startswith(b"+WIND:1:Poweron:")


def test_more_than_the_module_takes_at_once_waits_for_it(own_client: Client) -> None:
    command = b"AT+S.STS=free_heap\r"
    with terminal(own_client) as mine:
        mine.type(command * 500)
        for _ in range(500):
            mine.hear(b"AT-S.Var:free_heap=")


def test_what_is_no_message_is_refused(own_client: Client) -> None:
    with terminal(own_client) as mine:
        for wrong in ("", "{", "[" * 10_000, "5", '{"type": "stop"}'):
            mine.socket.send(wrong)
            assert '{"type": "claim"}' in mine.tell("refused")["reason"]


def test_a_message_that_is_too_long_ends_the_terminal_and_nothing_else(own_client: Client) -> None:
    with terminal(own_client) as mine:
        mine.type(b"x" * 70_000)
        with pytest.raises(ConnectionClosed):
            mine.hear(b"never")
    assert own_client.get("/state")["host"] is None


def test_there_is_no_serial_line_on_spi(tmp_path: Path) -> None:
    with controlled("--spi", str(tmp_path / "spi")) as client, terminal(client) as mine:
        mine.ask(type="claim")
        assert "strapped to SPI" in mine.tell("refused")["reason"]


def test_a_terminal_is_told_that_the_emulator_goes() -> None:
    with controlled() as client, terminal(client) as mine:
        mine.tell("host")
        client.stop()
        with pytest.raises(ConnectionClosed) as closed:
            mine.hear(b"never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (1001, 1012)
