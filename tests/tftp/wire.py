"""Two UDP ports with a wire between them that loses and doubles datagrams as it is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from firmware_model.outside import Address, Datagram

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = Address("192.168.0.50", 1001)
OTHER = Address("192.168.0.2", 1002)


class WirePort:
    """One end; ``copies`` says how many copies of each datagram sent here arrive, by its number from 0."""

    def __init__(self, own: Address, copies: Callable[[int], int] = lambda _: 1) -> None:
        self.own = own
        self.sent: list[tuple[bytes, Address]] = []
        self.arrived: asyncio.Queue[Datagram] = asyncio.Queue()
        self.peers: dict[Address, WirePort] = {}
        self._copies = copies

    async def receive(self) -> Datagram:
        return await self.arrived.get()

    async def send(self, data: bytes, host: str, port: int) -> Address:
        self.sent.append((data, Address(host, port)))
        for _ in range(self._copies(len(self.sent) - 1)):
            if (peer := self.peers.get(Address(host, port))) is not None:
                peer.arrived.put_nowait(Datagram(data, self.own))
        return Address(host, port)

    async def close(self) -> None:
        """Nothing to close."""


def connect(one: WirePort, other: WirePort) -> None:
    one.peers[other.own] = other
    other.peers[one.own] = one
