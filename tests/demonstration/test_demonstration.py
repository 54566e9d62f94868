"""The whole demonstration with the embedded server alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.demonstration import demonstrate
from emulator.peers.https import HttpsServer
from emulator.peers.node import NodeServer
from emulator.peers.peer import PeerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from emulator.peers.peer import HttpsPeer, Site

STORY = """\
AT+S.HTTPGET=192.168.0.2,conf,45061,2,,,config.txt,
AT-S.Skip CA
AT-S.Skip CA
AT-S.Loading:1:2
AT-S.Loading:2:2
AT-S.Loading:3:2
AT-S.Http Server Status Code:200
AT-S.OK
AT+S.FSP=config.txt
ssid=demo
"""
FAULT = "AT-S.Loading:3:2\nAT-S.Http Client Error:2\nAT-S.ERROR:111:Request failed\n# Python ssl"
SILENCE = """\
AT+S.HTTPGET=1.112,conf,4433,2,,,config.txt,
AT-S.Loading:1:2
AT-S.Loading:2:2
AT-S.Loading:3:2
AT-S.Http Client Error:4
AT-S.ERROR:111:Request failed
"""


def embedded(site: Site) -> Iterator[HttpsPeer]:
    yield HttpsServer(site)


def never_asking(site: Site) -> Iterator[HttpsPeer]:
    """A server that lets everybody in."""
    yield HttpsServer(replace(site, client_ca=None))


class Broken(NodeServer):
    """A server that does not start."""

    async def __aenter__(self) -> Self:
        raise PeerError("node is out of order")


def with_a_broken_one(site: Site) -> Iterator[HttpsPeer]:
    yield HttpsServer(site)
    yield Broken(site)


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner's terminal must not decide where a table breaks its words."""
    monkeypatch.setenv("COLUMNS", "100")


def test_all_is_as_it_should_be(capfd: pytest.CaptureFixture[str]) -> None:
    status = demonstrate(4, makes=with_a_broken_one, with_curl=False)
    output, errors = capfd.readouterr()
    assert (status, errors) == (0, "")
    for part in (STORY, FAULT, SILENCE, "AT-S.SubjectKeyId:", "octets of DER)\n"):
        assert part in output
    assert "says: [SSL: BAD_SIGNATURE] bad signature" in output
    assert "Node.js: skipped, node is out of order" in output
    assert "Is it the problem?" in output
    assert "NOT established" in output
    assert "WRONG" not in output
    assert "\x1b" not in output


def test_a_server_that_accepts_everybody_ends_in_status_1(capfd: pytest.CaptureFixture[str]) -> None:
    status = demonstrate(1, makes=never_asking, with_curl=False)
    output, errors = capfd.readouterr()
    assert status == 1
    assert "WRONG" in output
    assert errors.startswith(
        "spwf04sx: not as it should be: 'AT+S.HTTPGET=192.168.0.2,conf,45061,2,,,config.txt,' gave"
    )
    assert errors.count("\n") == 1


def test_a_server_that_does_not_start_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    status = demonstrate(1, makes=lambda site: [Broken(site)], with_curl=False)
    assert (status, capfd.readouterr().err) == (1, "spwf04sx: not as it should be: node is out of order\n")


def test_without_a_port_there_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError("out of pty devices")

    monkeypatch.setattr("os.openpty", none_left)
    status = demonstrate(1, makes=embedded, with_curl=False)
    assert (status, capfd.readouterr().err) == (1, "spwf04sx: not as it should be: out of pty devices\n")
