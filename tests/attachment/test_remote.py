"""How a remote port is named."""

from __future__ import annotations

import pytest

from emulator.attachment.remote import Remote, parse_remote
from emulator.faces.endpoint import Endpoint


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("rfc2217://192.168.1.5:5000", Remote("rfc2217", Endpoint("192.168.1.5", 5000))),
        ("tcp://desk.local:1/", Remote("tcp", Endpoint("desk.local", 1))),
        ("socket://[::1]:65535", Remote("socket", Endpoint("::1", 65535))),
    ],
)
def test_a_remote_port(text: str, remote: Remote) -> None:
    assert parse_remote(text) == remote
    assert str(remote) == text.rstrip("/")
    assert remote.speaks_rfc2217 is text.startswith("rfc2217")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "5000",
        "1.2.3.4:5000",
        "rfc2217://",
        "rfc2217://h",
        "rfc2217://h:0",
        "http://h:1",
        "tcp://5000",
        "tcp://:x",
    ],
)
def test_what_is_no_remote_port(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no remote port; write it as rfc2217://192.168.1.5:5000 or tcp://"):
        parse_remote(text)
