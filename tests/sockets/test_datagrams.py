"""UDP client sockets."""

from __future__ import annotations

import socket

import pytest

from tests.sockets.peers import OK, SocketHost, UdpPeer, content, socket_host


async def open_udp(host: SocketHost, peer: UdpPeer) -> int:
    """Open socket 0 to the peer, let the peer know it, and return its port on this machine."""
    assert await host.open(peer.port, "u") == 0
    await host.write("SOCKW=0", b"hello")
    data, port = await peer.receive()
    assert data == b"hello"
    return port


async def test_each_read_returns_one_datagram() -> None:
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        for datagram in (b"one", b"two and more", b"3"):
            peer.send(datagram, port)
        await host.indication("55:Pending Data::0:3:3")
        await host.indication("55:Pending Data::0:12:15")
        await host.indication("55:Pending Data::0:1:16")
        assert b"AT-S.List::0:1:u:16:192.168.0.2:%d\r\n" % peer.port in await host.command("AT+S.SOCKL")
        assert await host.read("SOCKR=0,") == (b"one", 16)
        assert await host.read("SOCKR=0,3") == (b"two", 13)
        assert await host.command("AT+S.SOCKC=0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.read("SOCKR=0,100") == (b" and more", 10)
        assert await host.read("SOCKR=0,100") == (b"3", 1)
        assert await host.read("SOCKR=0,100") == (b"", 0)
        assert await host.command("AT+S.SOCKC=0") == OK


async def test_a_long_write_becomes_datagrams_of_730_octets() -> None:
    data = content(1500)
    async with UdpPeer.open() as peer, socket_host() as host:
        await open_udp(host, peer)
        await host.write("SOCKW=0", data)
        assert [(await peer.receive())[0] for _ in range(3)] == [data[:730], data[730:1460], data[1460:]]


async def test_what_does_not_fit_is_dropped_and_said_once() -> None:
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        for _ in range(14):
            peer.send(bytes(700), port)
        await host.indication("63:Sockd Dropping Data::0")
        await host.pending("SOCKQ=0", 11 * 700)
        for left in range(11, 0, -1):
            assert await host.read("SOCKR=0,") == (bytes(700), left * 700)
        peer.send(b"again", port)
        await host.indication("55:Pending Data::0:5:5")
        assert not any(line.startswith(b"+WIND:63") for line in host.unexpected())


async def test_an_empty_datagram_is_not_heard() -> None:
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        peer.send(b"", port)
        peer.send(b"x", port)
        await host.indication("55:Pending Data::0:1:1")


async def test_the_local_port() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    async with UdpPeer.open() as peer, socket_host() as host:
        host.host.network.keep_numbers = True
        await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},{free},u")
        peer.send(b"unasked", free)
        await host.indication("55:Pending Data::0:7:7")


async def test_nobody_there() -> None:
    async with UdpPeer.open() as peer:
        port = peer.port
    async with socket_host() as host:
        assert await host.open(port, "u") == 0
        await host.write("SOCKW=0", b"into the void")
        await host.write("SOCKW=0", b"into the void")
        assert await host.command("AT+S.SOCKON=192.168.0.9,9,,u") == b"AT-S.On:192.168.0.9:1\r\n" + OK
        assert await host.command("AT+S.SOCKW=1,1", b"x") == b"AT-S.ERROR:79:Write failed\r\n"


async def test_without_network_nothing_comes_or_goes() -> None:
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        await host.command("AT+S.WIFI=0")
        peer.send(b"lost", port)
        assert await host.command("AT+S.SOCKW=0,1", b"x") == b"AT-S.ERROR:60:IP not ready to send\r\n"
        await host.command("AT+S.WIFI=1")
        await host.indication("24:WiFi Up::.*")
        await host.write("SOCKW=0", b"back")
        assert await peer.receive() == (b"back", port)
        peer.send(b"heard", port)
        await host.indication("55:Pending Data::0:5:5")


@pytest.mark.parametrize("length", [1, 2, 729, 730])
async def test_echo_of_one_datagram(length: int) -> None:
    data = content(length)
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        await host.write("SOCKW=0", data)
        assert await peer.receive() == (data, port)
        peer.send(data, port)
        await host.indication(f"55:Pending Data::0:{length}:{length}")
        assert await host.read("SOCKR=0,") == (data, length)


async def test_echo_of_a_megabyte() -> None:
    data = content(1_000_000)
    async with UdpPeer.open() as peer, socket_host() as host:
        port = await open_udp(host, peer)
        echoed = bytearray()
        for start in range(0, len(data), 5 * 730):
            piece = data[start : start + 5 * 730]
            await host.write("SOCKW=0", piece)
            for _ in range(-(-len(piece) // 730)):
                peer.send((await peer.receive())[0], port)
            echoed += await host.read_exactly("SOCKR=0,", len(piece))
        assert bytes(echoed) == data
