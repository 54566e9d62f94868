"""The dialogue of the mbed driver, over a real port, against real sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.breakdown import Breakdown
from tests.hosts.mbed import AuthenticationError, MbedHost
from tests.module_host import NO_TIME_SERVERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_Result = TypeVar("_Result")
PATTERN = bytes(range(256)) + b"\r\nAT-S.OK\r\n+WIND:55:Pending Data::0:1:1\r\n\x00"


class Driven(NamedTuple):
    """A module and the driver of it."""

    emulator: Emulator
    host: MbedHost

    async def __call__(self, dialogue: Callable[[MbedHost], _Result]) -> _Result:
        """Let the driver hold a dialogue, on a thread."""
        return await asyncio.to_thread(dialogue, self.host)


@asynccontextmanager
async def driven_module() -> AsyncIterator[Driven]:
    """A module in the air of one protected and one open network."""
    settings = Settings(
        access_points=["office,a secret phrase", "guests"],
        maps=["10.1.1.1=127.0.0.1", *NO_TIME_SERVERS],
        line="fast",
    )
    async with Emulator(settings) as emulator:
        host = await asyncio.to_thread(MbedHost, emulator.port)
        try:
            yield Driven(emulator, host)
        finally:
            host.line.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(65536):
        writer.write(octets)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


class EchoDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(data, addr)


def join(host: MbedHost) -> str:
    host.start_up()
    return host.join("office", "a secret phrase", 2)


def exchange(host: MbedHost, socket: int, content: bytes) -> bytes:
    """Write and read in turns until as much came back as went out."""
    back = bytearray()
    for start in range(0, len(content), 2920):
        host.send(socket, content[start : start + 2920])
        while host.pending(socket):
            back += host.read(socket)
    while len(back) < len(content):
        back += host.read(socket)
    return bytes(back)


async def test_start_up_scan_join_and_what_it_asks_then() -> None:
    async with driven_module() as run:

        def dialogue(host: MbedHost) -> None:
            host.start_up()
            for name in ("console_enabled", "console_speed", "console_hwfc", "console_delimiter", "console_errs"):
                host.value(f"AT+S.GCFG={name}", rb"AT-S\.Var:[^\r\n]+")
            found = host.scan()
            assert {network.ssid for network in found} == {b"office", b"guests"}
            assert all(network.rssi < 0 for network in found)
            assert {bool(network.security) for network in found} == {True, False}
            address = host.join("office", "a secret phrase", 2)
            shown = host.value("AT+S.STS=ip_ipaddr", rb"AT-S\.Var:ip_ipaddr=(\d+\.\d+\.\d+\.\d+)")
            assert shown[1].decode() == address
            host.value("AT+S.STS=ip_gw", rb"AT-S\.Var:ip_gw=\d+\.\d+\.\d+\.\d+")
            host.value("AT+S.STS=ip_netmask", rb"AT-S\.Var:ip_netmask=\d+\.\d+\.\d+\.\d+")
            host.value("AT+S.GCFG=nv_wifi_macaddr", rb"AT-S\.Var:nv_wifi_macaddr=(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
            rssi = host.value("AT+S.PEERS=0,rx_rssi", rb"AT-S\.Var:0\.rx_rssi=(-\d+)")
            assert -100 < int(rssi[1]) < 0
            host.leave()
            left = host.value("AT+S.STS=ip_ipaddr", rb"AT-S\.Var:ip_ipaddr=(\d+\.\d+\.\d+\.\d+)")
            assert left[1] != shown[1]
            assert host.join("guests", "", 0) != address

        await run(dialogue)


async def test_a_wrong_pass_phrase_is_an_authentication_failure_the_third_time() -> None:
    async with driven_module() as run:

        def dialogue(host: MbedHost) -> None:
            host.start_up()
            with pytest.raises(AuthenticationError, match=r"WiFi Deauthentication:\d+"):
                host.join("office", "the wrong phrase", 2)
            host.leave()
            assert host.join("office", "a secret phrase", 2)

        await run(dialogue)


async def test_the_network_is_lost_and_the_driver_joins_again() -> None:
    async with driven_module() as run:
        await run(join)
        run.emulator.air.access_point_vanishes("office")
        await run(MbedHost.network_lost)
        await run(lambda host: host.join("guests", "", 0))


async def test_a_radio_that_fails_and_a_hard_fault() -> None:
    async with driven_module() as run:
        await run(join)
        run.emulator.air.break_radio(2)
        assert await run(MbedHost.radio_failed) == 2
        run.emulator.break_down(Breakdown.HARD_FAULT)
        await run(MbedHost.hard_fault)
        await run(lambda host: host.value("AT+S.STS=fw_version", rb"AT-S\.Var:fw_version=1\.1\.0"))


@pytest.mark.parametrize("size", [1, 730, 731, 1_000_000])
async def test_echo_over_tcp(size: int) -> None:
    content = (PATTERN * (size // len(PATTERN) + 1))[:size]
    async with echo_server() as port, driven_module() as run:

        def dialogue(host: MbedHost) -> None:
            join(host)
            socket = host.open("10.1.1.1", port, "t")
            assert exchange(host, socket, content) == content
            host.close_socket(socket)

        await run(dialogue)


async def test_four_sockets_at_once() -> None:
    async with echo_server() as port, driven_module() as run:

        def dialogue(host: MbedHost) -> None:
            join(host)
            sockets = [host.open("10.1.1.1", port, "t") for _ in range(4)]
            assert sockets == [0, 1, 2, 3]
            for socket in sockets:
                host.send(socket, PATTERN + bytes([socket]))
            for socket in reversed(sockets):
                back = b""
                while len(back) <= len(PATTERN):
                    back += host.read(socket)
                assert back == PATTERN + bytes([socket])
                host.close_socket(socket)
            assert host.open("10.1.1.1", port, "t") == 0

        await run(dialogue)


async def test_echo_over_udp_keeps_datagrams() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(EchoDatagrams, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with driven_module() as run:

        def dialogue(host: MbedHost) -> None:
            join(host)
            socket = host.open("10.1.1.1", port, "u")
            for size in (1, 100, 730):
                datagram = (PATTERN * 3)[:size]
                host.send(socket, datagram)
                back = b""
                while not back:
                    back = host.read(socket)
                assert back == datagram
            host.close_socket(socket)

        await run(dialogue)
    transport.close()
