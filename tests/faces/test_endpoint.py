"""Where faces listen."""

from __future__ import annotations

import socket

import pytest

from emulator.faces.endpoint import Endpoint, is_loopback, listen, parse_endpoint


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("5000", "127.0.0.1", 5000),
        ("0", "127.0.0.1", 0),
        ("localhost:0", "localhost", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("[::1]:5000", "::1", 5000),
        ("[fe80::1%eth0]:5000", "fe80::1%eth0", 5000),
        ("*:5000", "*", 5000),
        (":5000", "127.0.0.1", 5000),
    ],
)
def test_an_endpoint(text: str, host: str, port: int) -> None:
    assert parse_endpoint(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "x", "host:", "host:65536", "host:-1", "::1:5000", "[::1]", "a:b:1", "1 ", "..:0", "a..b:1", "x" * 64 + ":1"],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no address; write it as HOST:PORT .*, with port 0 for any that is free"):
        parse_endpoint(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("*", False),
        ("192.168.1.5", False),
        ("myhost", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("host", "reachable"),
    [("0.0.0.0", "127.0.0.1:7"), ("*", "127.0.0.1:7"), ("::", "[::1]:7"), ("10.0.0.1", "10.0.0.1:7")],
)
def test_what_a_url_says_of_it(host: str, reachable: str) -> None:
    assert str(Endpoint(host, 7).reachable_at) == reachable


@pytest.mark.parametrize("text", ["0", "localhost:0", "*:0", "0.0.0.0:0", "[::1]:0"])
def test_any_free_port_is_the_same_at_all_addresses(text: str) -> None:
    try:
        opened, sockets = listen(parse_endpoint(text))
    except OSError as failure:
        pytest.skip(f"this machine has no such address: {failure}")
    try:
        assert opened.port > 0
        assert {each.getsockname()[1] for each in sockets} == {opened.port}
        at = opened.reachable_at
        socket.create_connection((at.host, at.port), timeout=10).close()
    finally:
        for each in sockets:
            each.close()


def test_a_port_that_is_taken() -> None:
    opened, sockets = listen(Endpoint("127.0.0.1", 0))
    try:
        with pytest.raises(OSError, match="in use"):
            listen(opened)
    finally:
        sockets[0].close()
