"""The host against a fake port that answers what it was told to."""

from __future__ import annotations

import pytest

from emulator.demonstration.serial_host import HostError, SerialHost


class FakePort:
    """Echoes command lines and answers each from a script; octets come a few at a time."""

    def __init__(self, script: dict[bytes, bytes], *, pending: bytes = b"") -> None:
        self.script = script
        self.pending = pending
        self.written: list[bytes] = []
        self.closed = False

    @property
    def in_waiting(self) -> int:
        return min(3, len(self.pending))

    def read(self, size: int = 1, /) -> bytes:
        octets, self.pending = self.pending[:size], self.pending[size:]
        return octets

    def write(self, data: bytes, /) -> int:
        self.written.append(data)
        if data.endswith(b"\r"):
            self.pending += data + b"\n"
        self.pending += self.script.get(data, b"")
        return len(data)

    def close(self) -> None:
        self.closed = True


def host_at(port: FakePort) -> tuple[SerialHost, list[str]]:
    shown: list[str] = []
    return SerialHost(port, shown.append), shown


@pytest.mark.parametrize(
    ("answer", "ok"),
    [(b"AT-S.Var:a=1\r\nAT-S.OK\r\n", True), (b"AT-S.Var:a=1\r\nAT-S.ERROR:4:Variable not found\r\n", False)],
)
def test_a_reply_ends_with_ok_or_error(answer: bytes, ok: bool) -> None:
    host, shown = host_at(FakePort({b"AT+S.GCFG=a\r": answer}))
    reply = host.command("AT+S.GCFG=a")
    assert reply.ok is ok
    assert reply.lines == tuple(answer.decode().split("\r\n")[:-1])
    assert shown == ["AT+S.GCFG=a", *reply.lines]


def test_earlier_indications_are_shown_but_no_part_of_the_reply() -> None:
    host, shown = host_at(FakePort({b"AT\r": b"AT-S.OK\r\n"}, pending=b"+WIND:0:Console active\r\n"))
    assert host.command("AT").lines == ("AT-S.OK",)
    assert shown == ["+WIND:0:Console active", "AT", "AT-S.OK"]


def test_data_follows_the_echo_and_shows_as_a_marker() -> None:
    port = FakePort({b"\x30\x82": b"AT-S.OK\r\n"})
    host, shown = host_at(port)
    assert host.command("AT+S.TLSCERT=ca,2", b"\x30\x82", "DER").ok
    assert port.written == [b"AT+S.TLSCERT=ca,2\r", b"\x30\x82"]
    assert shown == ["AT+S.TLSCERT=ca,2", "(2 octets of DER)", "AT-S.OK"]


def test_a_quiet_command_shows_nothing() -> None:
    host, shown = host_at(FakePort({b"AT\r": b"AT-S.OK\r\n", b"x": b""}))
    assert host.command("AT", quiet=True).ok
    assert shown == []


def test_waiting_for_an_indication_gives_its_line() -> None:
    host, shown = host_at(FakePort({}, pending=b"+WIND:0:a\r\n+WIND:32:b\r\n+WIND:21:c\r\n"))
    assert host.wait_for("+WIND:32:") == "+WIND:32:b"
    assert shown == ["+WIND:0:a", "+WIND:32:b"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({}, "no complete reply to AT in time; it said nothing"),
        ({b"AT\r": b"AT-S.Va"}, "no complete reply to AT in time; the last it said was 'AT-S.Va'"),
        ({b"AT\r": b"AT-S.Var:a=1\r\n"}, "the last it said was 'AT-S.Var:a=1'"),
    ],
)
def test_silence_is_an_error_that_says_what_was_missing(script: dict[bytes, bytes], message: str) -> None:
    host, _ = host_at(FakePort(script))
    with pytest.raises(HostError, match=message):
        host.command("AT", within=0.02)


def test_a_cancelled_wait_ends() -> None:
    host, _ = host_at(FakePort({}))
    host.cancel()
    with pytest.raises(HostError, match="cancelled while waiting for: \\+WIND:0:"):
        host.wait_for("+WIND:0:")


def test_closing_closes_the_port() -> None:
    port = FakePort({})
    host, _ = host_at(port)
    host.close()
    assert port.closed
