"""The last handshakes as the control API tells of them: messages, signature, verdict."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import serial

from tests.control.running import PATIENCE
from tests.control.secured import SERVER, Secured, secured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki


@pytest.fixture
async def module(pki: Pki, site: Site) -> AsyncIterator[Secured]:
    async with secured(pki, site) as module:
        yield module


async def fetch(module: Secured) -> dict[str, Any]:
    """Fetch the page once; the handshake that this took."""
    with serial.Serial(module.here.emulator.port, 115200, timeout=0) as host:
        host.write(f"{module.command}\r".encode())
        await module.here.emulator.wait_for(re.compile(r"^AT-S\.(OK|ERROR:)"), PATIENCE)
    handshakes = await module.here.get("/handshakes")
    newest: dict[str, Any] = handshakes[0]
    return newest


async def test_a_good_handshake(module: Secured) -> None:
    handshake = await fetch(module)
    assert handshake["remote"] == f"{SERVER}:{module.port}"
    assert (handshake["outcome"], handshake["faults"]) == ("complete", [])
    assert handshake["detail"].startswith("TLS 1.2, ")
    names = [(message["direction"], message["name"]) for message in handshake["messages"]]
    assert names[0] == ("sent", "ClientHello")
    assert ("sent", "CertificateVerify") in names
    assert ("received", "Finished") in names
    times = [message["time"] for message in handshake["messages"]]
    assert times[0] == 0
    assert times == sorted(times)
    signature = handshake["signature"]
    assert (signature["algorithm"], signature["curve"], signature["fault"]) == ("ecdsa", "P-256", "none")
    assert signature["strict_der"] is True
    marks = signature["marks"]
    assert next(mark["start"] for mark in marks) == 0
    assert sum(mark["size"] for mark in marks) == len(signature["octets"]) // 2
    assert marks[0]["meaning"].startswith("SEQUENCE of ")
    assert not any(mark["flaw"] or mark["wrong"] for mark in marks)
    assert handshake["verdict"] == {"correct": True, "defects": [], "text": ""}


async def test_a_forgotten_sign_octet_is_marked_and_named(module: Secured) -> None:
    await module.here.do("POST", "/faults", {"fault": "signature=nonpadded:always-bad"})
    handshake = await fetch(module)
    assert handshake["outcome"] == "failed"
    assert handshake["signature"]["strict_der"] is False
    flawed = [mark for mark in handshake["signature"]["marks"] if mark["flaw"]]
    assert {mark["flaw"] for mark in flawed} == {"sign-octet-missing"}
    assert all("00 is missing before it" in mark["wrong"] for mark in flawed)
    assert "sign-octet-missing" in handshake["verdict"]["defects"]
    assert "sign octet" in handshake["verdict"]["text"]
    assert [one["fault"] for one in handshake["faults"]] == ["signature=nonpadded:always-bad"]
    last = handshake["messages"][-1]
    assert last["name"] == "Alert"
    assert last["detail"].startswith("decrypt_error") or last["detail"].startswith("decode_error")


async def test_a_defect_beyond_the_encoding_is_named_too(module: Secured) -> None:
    await module.here.do("POST", "/faults", {"fault": "signature=wrong-hash"})
    handshake = await fetch(module)
    assert handshake["signature"]["strict_der"] is True
    assert handshake["verdict"]["correct"] is False
    assert "wrong-hash" in handshake["verdict"]["defects"]


async def test_several_handshakes_are_kept_newest_first(module: Secured) -> None:
    for _ in range(3):
        await fetch(module)
    numbers = [one["connection"] for one in await module.here.get("/handshakes")]
    assert len(numbers) == 3
    assert numbers == sorted(numbers, reverse=True)
