"""The echo request by each of its ways."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.echo import echo

if TYPE_CHECKING:
    from collections.abc import Collection

_Socket = socket.socket


def allow_only(monkeypatch: pytest.MonkeyPatch, kinds: Collection[socket.SocketKind]) -> None:
    """Refuse ICMP sockets of every other kind, as a system does that gives no privilege for them."""

    def opened(family: int = -1, kind: int = -1, protocol: int = -1) -> _Socket:
        if protocol == socket.IPPROTO_ICMP and kind not in kinds:
            raise PermissionError("not permitted here")
        return _Socket(family, kind, protocol)

    monkeypatch.setattr(socket, "socket", opened)


def permitted(kind: socket.SocketKind) -> bool:
    try:
        _Socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("size", [1, 56, 1471, 1472])
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_RAW])
async def test_this_machine_answers_by_icmp(
    monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind, size: int
) -> None:
    if not permitted(kind):
        pytest.skip(f"this system permits no ICMP socket of kind {kind.name}")
    allow_only(monkeypatch, {kind})
    async with asyncio.timeout(5):
        assert 0 < await echo("127.0.0.1", size) < 5


async def test_without_any_privilege_a_refused_connection_counts_as_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_only(monkeypatch, ())
    async with asyncio.timeout(5):
        assert 0 < await echo("127.0.0.1", 56) < 5


async def test_requests_side_by_side_get_their_own_answers() -> None:
    async with asyncio.timeout(5):
        times = await asyncio.gather(*(echo("127.0.0.1", 56) for _ in range(10)))
    assert min(times) > 0
