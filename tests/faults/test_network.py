"""Network faults between real sockets: what the module's side and what the peer sees, and the clean run beside it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from emulator.faults.network import FaultyNetwork
from emulator.faults.plan import FaultPlan
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.clock import RealClock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.network import MachineNetwork
from firmware_model.outside import NameNotFoundError
from tests.doubles import RecordingTimeline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from firmware_model.outside import Clock

HOST = "192.168.0.2"
PATIENCE = 20.0


class CountingClock(RealClock):
    """Sleeps take no time; they are added up."""

    def __init__(self) -> None:
        self.slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await asyncio.sleep(0)


class Echo:
    """A TCP server that sends back what it gets and keeps how each connection ended."""

    def __init__(self) -> None:
        self.endings: asyncio.Queue[str] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
            self.endings.put_nowait("closed")
        except ConnectionResetError:
            self.endings.put_nowait("reset")
        finally:
            writer.close()


@asynccontextmanager
async def between(*orders: str, clock: Clock | None = None) -> AsyncIterator[tuple[FaultyNetwork, Echo]]:
    """A faulty network with an echo server at 192.168.0.2:7."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    plan = FaultPlan(SeededEntropy(1), RecordingTimeline())
    for order in orders:
        plan.arm(order)
    port = server.sockets[0].getsockname()[1]
    network = MachineNetwork(AddressMap([f"{HOST}:7=127.0.0.1:{port}", "somewhere=127.0.0.1"]))
    network.keep_numbers = False
    async with server, asyncio.timeout(PATIENCE):
        yield FaultyNetwork(network, plan, clock or RealClock()), echo


async def everything(stream: Any) -> bytes:
    received = b""
    while data := await stream.read(4096):
        received += data
    return received


async def some(stream: Any, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += await stream.read(4096)
    return received


async def test_without_faults_everything_passes() -> None:
    async with between() as (network, echo):
        stream = await network.connect(HOST, 7, uplink=False)
        await stream.write(b"x" * 5000)
        assert await some(stream, 5000) == b"x" * 5000
        await stream.close()
        assert await echo.endings.get() == "closed"
        assert await network.resolve("somewhere", uplink=False) == "127.0.0.1"


async def test_refused_once_and_then_not() -> None:
    async with between("network=refuse@nth=1,on=192.168.0.2:7") as (network, _):
        with pytest.raises(ConnectionRefusedError):
            await network.connect(HOST, 7, uplink=False)
        stream = await network.connect(HOST, 7, uplink=False)
        await stream.close()


@pytest.mark.parametrize("octets", [0, 1, 100])
async def test_a_reset_comes_after_so_many_octets_and_the_peer_sees_it(octets: int) -> None:
    async with between(f"network=reset:{octets}") as (network, echo):
        stream = await network.connect(HOST, 7, uplink=False)
        with pytest.raises(ConnectionResetError, match="network=reset"):
            await stream.write(b"x" * 101)
        assert await echo.endings.get() == "reset"
        await stream.close()


async def test_octets_of_both_directions_count_for_a_reset() -> None:
    async with between("network=reset:150") as (network, _):
        stream = await network.connect(HOST, 7, uplink=False)
        await stream.write(b"x" * 100)
        assert await some(stream, 50) == b"x" * 50
        with pytest.raises(ConnectionResetError):
            await stream.read(1)
        await stream.close()


async def test_a_stall_ends_only_by_closing() -> None:
    async with between("network=stall:10") as (network, echo):
        stream = await network.connect(HOST, 7, uplink=False)
        await stream.write(b"x" * 5)
        assert await some(stream, 5) == b"x" * 5
        reading = asyncio.create_task(stream.read(1))
        await stream.write(b"y" * 16384)
        writing = asyncio.create_task(stream.write(b"y"))
        done, _ = await asyncio.wait((reading, writing), timeout=0.05)
        assert not done
        await stream.close()
        results = await asyncio.gather(reading, writing, return_exceptions=True)
        assert [type(result) for result in results] == [ConnectionAbortedError] * 2
        assert await echo.endings.get() == "closed"


async def test_a_slow_connection_takes_as_long_as_its_rate_says() -> None:
    clock = CountingClock()
    async with between("network=slow:200", clock=clock) as (network, _):
        stream = await network.connect(HOST, 7, uplink=False)
        await stream.write(b"x" * 1000)
        assert clock.slept == pytest.approx(5)
        assert await some(stream, 1000) == b"x" * 1000
        assert clock.slept == pytest.approx(10)
        await stream.close()


async def test_a_name_that_does_not_resolve_and_one_that_does() -> None:
    async with between("network=dns@on=some") as (network, _):
        for attempt in (network.resolve("somewhere", uplink=False), network.connect("somewhere", 7, uplink=False)):
            with pytest.raises(NameNotFoundError, match="network=dns"):
                await attempt
        assert await network.resolve(HOST, uplink=False) == HOST


async def test_connections_that_come_in_have_faults_too() -> None:
    async with between("network=reset:3") as (network, _):
        listener = await network.listen(7070)
        port = listener._listener._socket.getsockname()[1]  # type: ignore[attr-defined]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        stream = await listener.accept()
        await stream.write(b"abc")
        assert await reader.readexactly(3) == b"abc"
        with pytest.raises(ConnectionResetError):
            await stream.write(b"d")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        await stream.close()
        await listener.close()


async def test_datagrams_are_lost_both_ways() -> None:
    async with between("network=lost-datagram@between=2..3") as (network, _):
        ours = await network.open_datagrams(None, uplink=True)
        theirs = await network.open_datagrams(9, uplink=True)
        port = theirs._datagrams._socket.getsockname()[1]  # type: ignore[attr-defined]
        await ours.send(b"first", "127.0.0.1", port)
        data, sender, _ = await theirs._datagrams.receive()  # type: ignore[attr-defined]
        assert data == b"first"
        await ours.send(b"lost", "127.0.0.1", port)
        await theirs._datagrams.send(b"lost on arrival", *sender)  # type: ignore[attr-defined]
        await theirs._datagrams.send(b"arrives", *sender)  # type: ignore[attr-defined]
        assert (await ours.receive())[0] == b"arrives"
        await ours.close()
        await theirs.close()
