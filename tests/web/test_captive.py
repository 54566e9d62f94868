"""The captive portal's name server."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.events import Note
from firmware_model.web.captive import answer
from tests.module_host import running_module, start_mini_ap
from tests.web.browser import browsing, opened_port

ADDRESS = bytes((192, 168, 0, 50))
NAME = b"\x0dcaptiveportal\x03net\0"


def query(name: bytes = NAME, kind: int = 1, flags: bytes = b"\x01\0", questions: int = 1, more: bytes = b"") -> bytes:
    head = b"\x12\x34" + flags + bytes((0, questions, 0, 0, 0, 0, 0, 0))
    return head + name + kind.to_bytes(2, "big") + b"\0\1" + more


def test_a_name_has_the_modules_address() -> None:
    assert answer(query(), ADDRESS) == (
        b"\x12\x34\x85\0\0\1\0\1\0\0\0\0" + NAME + b"\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + ADDRESS
    )


def test_additional_records_of_the_question_are_left_out() -> None:
    edns = b"\0\0\x29\x10\0\0\0\0\0\0\0"
    assert answer(query(more=edns), ADDRESS) == answer(query(), ADDRESS)


def test_a_question_for_another_type_has_an_empty_answer() -> None:
    assert answer(query(kind=28), ADDRESS) == b"\x12\x34\x85\0\0\1\0\0\0\0\0\0" + NAME + b"\0\x1c\0\1"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        query()[:11],
        query()[:-1],
        query(flags=b"\x81\x80"),
        query(flags=b"\x28\0"),
        query(questions=2),
        query(questions=0),
        query(name=b"\xc0\x0c"),
        query(name=b"\x40" + 64 * b"x" + b"\0"),
        query(name=5 * (b"\x3f" + 63 * b"x") + b"\0"),
    ],
)
def test_what_is_no_query_has_no_answer(octets: bytes) -> None:
    assert answer(octets, ADDRESS) == b""


@given(st.binary(max_size=80))
def test_no_datagram_is_too_odd(octets: bytes) -> None:
    reply = answer(octets, ADDRESS)
    assert not reply or reply[:2] == octets[:2]


@pytest.mark.parametrize("maps", [[], ["192.168.0.2=127.0.0.1"]])
async def test_stations_of_the_mini_ap_are_answered(maps: list[str]) -> None:
    async with running_module(maps=maps) as host:
        await start_mini_ap(host)
        port = await opened_port(host, "UDP", 53)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
            station.setblocking(False)
            await loop.sock_sendto(station, b"nonsense", ("127.0.0.1", port))
            await loop.sock_sendto(station, query(), ("127.0.0.1", port))
            assert await loop.sock_recv(station, 512) == answer(query(), ADDRESS)


async def test_without_a_captive_name_there_is_no_name_server() -> None:
    async with browsing(None, "ip_apdomainname,") as browser:
        assert not [note for note in browser.host.events(Note) if "UDP port 53" in str(note)]
