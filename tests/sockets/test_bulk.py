"""Bulk data in both directions at once: no octet is lost, repeated or out of place."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from tests.sockets.peers import OK, SocketHost, TcpConnection, TcpPeer, content, socket_host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BLOCK = content(1_000_003)
"""Its length is prime, so that no buffer size falls into step with it."""
_STEP = 32_768


async def _bulk(length: int) -> AsyncIterator[bytes]:
    """The block again and again, ``length`` octets in all."""
    doubled, position = BLOCK + BLOCK[:_STEP], 0
    while position < length:
        start = position % len(BLOCK)
        yield doubled[start : start + min(_STEP, length - position)]
        position += _STEP


class Judge:
    """Compares what arrives with the same endless text."""

    def __init__(self) -> None:
        self.count = 0
        self._doubled = BLOCK + BLOCK

    def receive(self, octets: bytes) -> None:
        start = self.count % len(BLOCK)
        assert octets == self._doubled[start : start + len(octets)], f"differs behind octet {self.count}"
        self.count += len(octets)


async def both_ways(host: SocketHost, connection: TcpConnection, length: int) -> None:
    there, back = Judge(), Judge()

    async def peer_sends() -> None:
        async for piece in _bulk(length):
            await connection.send(piece)

    async def peer_receives() -> None:
        while there.count < length:
            there.receive(await connection.reader.read(65536))

    tasks = [asyncio.create_task(peer_sends()), asyncio.create_task(peer_receives())]
    async for piece in _bulk(length):
        await host.write("SOCKW=0", piece)
        await read_some(host, back, len(piece))
    while back.count < length:
        await read_some(host, back, 1)
    await asyncio.gather(*tasks)
    assert (there.count, back.count) == (length, length)
    assert await host.command("AT+S.SOCKQ=0") == b"AT-S.Query:0\r\n" + OK


async def read_some(host: SocketHost, judge: Judge, at_least: int) -> None:
    """Read on until ``at_least`` octets have come or nothing waits; the log is not kept."""
    before = judge.count
    while judge.count - before < at_least:
        octets, waiting = await host.read("SOCKR=0,")
        assert len(octets) == waiting
        judge.receive(octets)
        host.forget()
        host.host.entries.clear()
        if not octets:
            return


async def transfer(length: int) -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.command("AT+S.SCFG=ip_sock_memsize,64")
        await host.open(peer.port)
        await both_ways(host, await peer.accept(), length)


async def test_ten_megabytes_both_ways_with_indications_in_between() -> None:
    await transfer(10_000_000)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(os.environ.get("SPWF04SX_SLOW") != "1", reason="takes minutes; set SPWF04SX_SLOW=1")
async def test_a_hundred_megabytes_both_ways() -> None:
    await transfer(100_000_000)
