"""Private keys go in, and do not come out."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from emulator.control.private_keys import PemCover, SerialCover
from emulator.peers.keys import SeededOctets
from emulator.peers.pki import make_pki
from tests.control.own_server import served
from tests.control.running import API

if TYPE_CHECKING:
    from emulator.peers.pki import Pki
    from tests.control.running import Client

PEM = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\n-----END EC PRIVATE KEY-----\n"


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[begin:end] for begin, end in pairwise(ends)]


@given(st.lists(st.integers(0, 500)), st.sampled_from([b"", b"before -- ", PEM]), st.sampled_from([b"", b"after", PEM]))
def test_pem_is_covered_however_it_is_cut(places: list[int], before: bytes, after: bytes) -> None:
    cover = PemCover()
    pieces = cut(before + PEM + after, places)
    covered = [cover.cover(piece) for piece in pieces]
    assert [len(piece) for piece in covered] == [len(piece) for piece in pieces]
    original, whole = before + PEM + after, b"".join(covered)
    secret = {
        place for match in re.finditer(rb"(?<=KEY-----)\nMHcCAQEEIA\n", original) for place in range(*match.span())
    }
    # Of the mark behind a key some octets may be covered too, when it is cut.
    near = {place + distance for place in secret for distance in range(len("-----END "))}
    for place, (one, other) in enumerate(zip(original, whole, strict=True)):
        assert other == ord("*") if place in secret else other == one or place in near, place


@pytest.mark.parametrize(
    "command",
    [
        b"AT+S.TLSCERT=key,6\r",
        b"at+s.tlscert=key,6\r",
        b"AT+S.WPAECERT=key,6\r",
        b"\nAT+S.TLS\nCERT=key,6\r",
        b"AT+S.TLSCERT=cex\x08\x08\x08keyx\x7f,6\r",
        b"AT+S.FSC=/tls.key,6\r",
        b"AT+S.FSC=1:/tls.key,6,x\r",
    ],
)
@given(places=st.lists(st.integers(0, 60)))
def test_a_key_that_the_host_stores_is_covered_however_it_is_cut(command: bytes, places: list[int]) -> None:
    cover = SerialCover()
    pieces = cut(b"AT\r" + command + b"\rSEC\n\0AT+S.STS\r", places)
    assert b"".join(map(cover.from_host, pieces)) == b"AT\r" + command + b"******AT+S.STS\r"


@pytest.mark.parametrize("command", [b"AT+S.TLSCERT=cert,6\r", b"AT+S.FSC=/a.txt,6\r", b"AT+S.TLSCERT=key,6"])
def test_nothing_else_is_covered(command: bytes) -> None:
    octets = command + b"secret"
    assert SerialCover().from_host(octets) == octets


def test_a_key_that_the_module_prints_is_covered() -> None:
    cover = SerialCover()
    cover.begin(b"AT+S.FSP=/tls.key")
    assert cover.from_module(b"SECRET") == b"******"
    assert cover.from_module(b"AT-S.OK\r\n") == b"AT-S.OK\r\n"
    cover.begin(b"AT+S.FSP=/a.txt")
    assert cover.from_module(b"public") == b"public"


@pytest.fixture(scope="module")
def keys() -> Pki:
    return make_pki(random=SeededOctets("control"))


def test_the_stores_tell_what_they_hold_and_keep_the_key(own_client: Client, keys: Pki) -> None:
    client = own_client
    client.ask("PUT", f"{API}/certificates/tls/ca", octets=keys.root.identity.certificate_der)
    client.ask("PUT", f"{API}/certificates/tls/cert", octets=keys.client.certificate_der)
    answer = client.ask("PUT", f"{API}/certificates/tls/key", octets=keys.client.key_der)
    slots = {(one["store"], one["slot"]): one for one in answer.json}
    assert slots["tls", "key"]["key"] == "EC P-256"
    assert slots["tls", "key"]["key_fits"] is True
    assert slots["tls", "key"]["octets"] == len(keys.client.key_der)
    (ca,) = slots["tls", "ca"]["certificates"]
    assert ca["is_ca"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00", ca["not_after"])
    assert slots["tls", "auth"]["key_id"] == ca["key_id"]
    assert slots["wpae", "ca"]["octets"] == 0
    assert client.ask("PUT", f"{API}/certificates/tls/key", octets=b"nothing").status == 400
    assert client.do("DELETE", "/certificates/tls")[0]["octets"] == 0


def test_pem_in_one_piece_looks_as_it_should() -> None:
    assert PemCover().cover(PEM) == b"-----BEGIN EC PRIVATE KEY-----************-----END EC PRIVATE KEY-----\n"


def test_a_file_that_is_a_key_stays(own_client: Client, keys: Pki) -> None:
    for name, octets in (("tls.key", b"x"), ("a.pem", PEM), ("b.bin", keys.client.key_der)):
        assert own_client.ask("PUT", f"{API}/files/2/{name}", octets=octets).status == 200
        answer = own_client.ask("GET", f"{API}/files/2/{name}")
        assert answer.status == 403
        assert "keys do not leave" in answer.detail


@pytest.mark.parametrize("form", ["pem", "der"])
async def test_nothing_that_can_be_read_has_the_key_in_it(keys: Pki, form: str) -> None:
    key = keys.client.key_der if form == "der" else keys.client.key_pem.encode()
    secret = key if form == "der" else key.splitlines()[1]
    async with served(line="fast") as here:
        number = (await here.do("POST", "/captures", {"form": "pcapng"}))["id"]
        await here.do("POST", "/captures", {"form": "jsonl"})
        with serial.Serial(here.emulator.port, 115200, timeout=0) as host:
            for command in (b"AT+S.TLSCERT=key,%d\r", b"AT+S.FSC=/tls.key,%d\r"):
                host.write(command % len(key) + key)
                await here.emulator.wait_for("AT-S.OK")
            host.write(b"AT+S.FSP=/tls.key\r")
            await here.emulator.wait_for("AT-S.OK")
        seen = [
            (await asyncio.to_thread(here.client.ask, "GET", f"{API}{path}")).body
            for path in ("/events?limit=5000", "/transcript", f"/captures/{number}", f"/captures/{number + 1}")
        ]
        assert all(len(one) > 100 for one in seen)
        for one in seen:
            assert secret not in one
            assert secret.hex().encode() not in one
            assert secret[:12] not in one
            assert secret[:12].hex().encode() not in one
