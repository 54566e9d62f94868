"""Datagrams that are sent to everybody: WIND 80."""

from __future__ import annotations

import socket
import sys

import pytest

from emulator.surroundings import datagrams
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.network import MachineNetwork
from tests.sockets.peers import OK, socket_host
from tests.sockets.test_server_sockets import open_server
from tests.web.browser import opened_port

PORT = 18889
loopback_has_a_broadcast_address = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux listens to the loopback network's broadcast address"
)


def shout(data: bytes, port: int) -> int:
    """Send to everybody on the loopback network; the port that it came from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.bind(("127.0.0.1", 0))
        sender.sendto(data, ("127.255.255.255", port))
        return int(sender.getsockname()[1])


@loopback_has_a_broadcast_address
async def test_a_udp_server_says_that_a_datagram_was_for_everybody() -> None:
    async with socket_host() as host:
        port = await open_server(host, "u")
        source = shout(b"anybody?", port)
        await host.indication(f"61:Incoming Socket Client:192.168.0.2:{source}:0:0")
        await host.indication(f"80:UDP Broadcast:192.168.0.2:{source}:0:0")
        await host.indication("55:Pending Data:0:0:8:8")
        assert await host.read("SOCKDR=0,0") == (b"anybody?", 8)


@loopback_has_a_broadcast_address
async def test_a_client_socket_with_a_local_port_hears_it_and_one_without_does_not() -> None:
    async with socket_host() as host:
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,9,{PORT},u") == b"AT-S.On:192.168.0.2:0\r\n" + OK
        assert await host.command("AT+S.SOCKON=192.168.0.2,9,,u") == b"AT-S.On:192.168.0.2:1\r\n" + OK
        port = await opened_port(host.host, "UDP", PORT)
        source = shout(b"hello", port)
        await host.indication(f"80:UDP Broadcast:192.168.0.2:{source}::0")
        await host.indication("55:Pending Data::0:5:5")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"only you", ("127.0.0.1", port))
        await host.indication("55:Pending Data::0:8:13")
        assert host.unexpected() == []


@loopback_has_a_broadcast_address
async def test_both_kinds_arrive_whoever_waits() -> None:
    network = MachineNetwork(AddressMap())
    network.keep_numbers = False
    port = await network.open_datagrams(PORT, uplink=False)
    here = port._socket.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(20):
            sender.sendto(b"%d" % number, ("127.0.0.1", here))
            shout(b"all %d" % number, here)
    heard = [await port.receive() for _ in range(40)]
    assert [one.data for one in heard if not one.to_all] == [b"%d" % number for number in range(20)]
    assert [one.data for one in heard if one.to_all] == [b"all %d" % number for number in range(20)]
    await port.close()
    with pytest.raises(OSError, match=r"closed|Bad file"):
        await port.receive()


@pytest.mark.parametrize("address", ["127.255.255.255", "::1"])
async def test_the_surroundings_shout_where_the_machine_cannot(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(datagrams, "TO_ALL", address)
    async with socket_host() as host:
        network = host.host.network
        assert not network.broadcast(b"anybody?", PORT)
        assert await host.command(f"AT+S.SOCKDON={PORT},u") == b"AT-S.On:0\r\n" + OK
        assert network.broadcast(b"anybody?", PORT)
        await host.indication(r"80:UDP Broadcast:192\.168\.0\.2:\d+:0:0")
        await host.indication("55:Pending Data:0:0:8:8")
        assert await host.read("SOCKDR=0,0") == (b"anybody?", 8)
        assert await host.command("AT+S.SOCKDC=0") == OK
        assert not network.broadcast(b"anybody?", PORT)


@loopback_has_a_broadcast_address
async def test_the_bit_of_wind_80_masks_it() -> None:
    async with socket_host() as host:
        await host.command("AT+S.SCFG=console_wind_off_high,0x00010000")
        port = await open_server(host, "u")
        shout(b"x", port)
        await host.indication("55:Pending Data:0:0:1:1")
        assert not any(line.startswith(b"+WIND:80") for line in host.unexpected())
