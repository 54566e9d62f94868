"""SOCKDON and its kin: clients of this machine connect to the module."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from tests.sockets.peers import OK, SocketHost, TcpConnection, UdpPeer, content, socket_host
from tests.web.browser import opened_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PORT = 32_000
"""A port of the module; on this machine it may be another one."""
FREE_HEAP = 60_000 - 16 * 1024


class Clients:
    """TCP clients; they are closed with the test."""

    def __init__(self) -> None:
        self._connections: list[TcpConnection] = []

    async def connect(self, port: int) -> TcpConnection:
        connection = TcpConnection(*await asyncio.open_connection("127.0.0.1", port))
        self._connections.append(connection)
        return connection

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    made = Clients()
    yield made
    await made.close()


async def open_server(host: SocketHost, kind: str = "t", port: int = PORT, number: int = 0) -> int:
    """Open a server of the module; return its port on this machine."""
    assert await host.command(f"AT+S.SOCKDON={port},{kind}") == b"AT-S.On:%d\r\n" % number + OK
    return await opened_port(host.host, "UDP" if kind == "u" else "TCP", port)


def local_port(connection: TcpConnection) -> int:
    return int(connection.writer.get_extra_info("sockname")[1])


async def test_a_client_comes_speaks_hears_and_goes(clients: Clients) -> None:
    async with socket_host() as host:
        port = await open_server(host)
        client = await clients.connect(port)
        here = local_port(client)
        await host.indication(f"61:Incoming Socket Client:192.168.0.2:{here}:0:0")
        await client.send(b"question")
        await host.indication("55:Pending Data:0:0:8:8")
        assert await host.command("AT+S.SOCKDQ=0,0") == b"AT-S.Query:8\r\n" + OK
        listed = b"AT-S.List:0:0:1:t:8:192.168.0.2:%d\r\n" % here
        assert await host.command("AT+S.SOCKDL") == listed + OK
        assert await host.command("AT+S.SOCKDL=0") == listed + OK
        assert await host.command("AT+S.SOCKL") == OK
        assert await host.read("SOCKDR=0,0,3") == (b"que", 8)
        assert await host.command("AT+S.SOCKDC=0,0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.command("AT+S.SOCKDC=0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.read("SOCKDR=0,0,") == (b"stion", 5)
        await host.write("SOCKDW=0,0", b"answer")
        assert await client.receive(6) == b"answer"
        await client.send(b"!")
        await client.close()
        await host.indication(f"62:Socket Client Gone:192.168.0.2:{here}:0:0:0")
        assert await host.command("AT+S.SOCKDC=0,0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.read("SOCKDR=0,0") == (b"!", 1)
        assert await host.command("AT+S.SOCKDW=0,0,3") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.command("AT+S.SOCKDC=0,0") == OK
        assert await host.command("AT+S.SOCKDC=0,0") == b"AT-S.ERROR:76:Illegal Socket ID\r\n"
        assert host.module.heap.free == FREE_HEAP


async def test_the_host_closes_one_client_then_all(clients: Clients) -> None:
    async with socket_host() as host:
        port = await open_server(host)
        made = [await clients.connect(port) for _ in range(3)]
        for number in range(3):
            await host.indication(rf"61:Incoming Socket Client:192.168.0.2:\d+:0:{number}")
        assert await host.command("AT+S.SOCKDC=0,1") == OK
        assert await made[1].end() == b""
        assert await host.command("AT+S.SOCKDC=0") == OK
        assert [await made[0].end(), await made[2].end()] == [b"", b""]
        assert not any(line.startswith(b"+WIND:62") for line in host.unexpected())
        with pytest.raises(ConnectionRefusedError):
            await clients.connect(port)
        assert host.module.heap.free == FREE_HEAP


async def test_two_servers_and_no_third() -> None:
    async with socket_host() as host:
        await open_server(host)
        assert await host.command(f"AT+S.SOCKDON={PORT},t") == b"AT-S.ERROR:73:Port already opened\r\n"
        await open_server(host, "u", number=1)
        assert await host.command("AT+S.SOCKDON=5000,t") == b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command("AT+S.SOCKDC=0") == OK
        await open_server(host, port=PORT + 1, number=0)


async def test_the_ninth_client_is_dropped(clients: Clients) -> None:
    async with socket_host() as host:
        port = await open_server(host)
        made = [await clients.connect(port) for _ in range(8)]
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:7")
        ninth = await clients.connect(port)
        await host.indication(f"83:Sockd Dropping Client:192.168.0.2:{local_port(ninth)}:0")
        assert await ninth.end() == b""
        # One that is gone makes room once its data is read.
        await made[3].send(b"last words")
        await made[3].close()
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:3:0")
        assert await (await clients.connect(port)).end() == b""
        await host.read("SOCKDR=0,3")
        await clients.connect(port)
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:3")
        assert len(re.findall(rb"AT-S\.List:0:\d:1:t:0:", await host.command("AT+S.SOCKDL"))) == 8


async def test_without_heap_a_client_is_dropped(clients: Clients) -> None:
    async with socket_host() as host:
        port = await open_server(host)
        host.module.heap.free = 100
        assert await (await clients.connect(port)).end() == b""
        await host.indication(r"83:Sockd Dropping Client:192.168.0.2:\d+:0")


async def test_a_client_that_resets(clients: Clients) -> None:
    async with socket_host() as host:
        client = await clients.connect(await open_server(host))
        await host.indication(r"61:.*")
        client.reset()
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:0:1")


async def test_echo_with_eight_clients_at_once(clients: Clients) -> None:
    data = [content(5_000 + number)[number:] for number in range(8)]
    async with socket_host() as host:
        port = await open_server(host)
        made = []
        for number in range(8):
            made.append(await clients.connect(port))
            await host.indication(rf"61:Incoming Socket Client:192.168.0.2:\d+:0:{number}")
        await asyncio.gather(*(client.send(one) for client, one in zip(made, data, strict=True)))
        for number, (client, one) in enumerate(zip(made, data, strict=True)):
            await host.write(f"SOCKDW=0,{number}", await host.read_exactly(f"SOCKDR=0,{number},0", len(one)))
            assert await client.receive(len(one)) == one


async def test_a_server_outlives_the_network(clients: Clients) -> None:
    async with socket_host() as host:
        port = await open_server(host)
        await clients.connect(port)
        await host.indication("61:.*")
        await host.command("AT+S.WIFI=0")
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:0:2")
        await host.command("AT+S.WIFI=1")
        await host.indication("24:WiFi Up::.*")
        await clients.connect(port)
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:1")


async def test_each_sender_is_a_client_of_a_udp_server() -> None:
    async with UdpPeer.open() as one, UdpPeer.open() as two, socket_host() as host:
        port = await open_server(host, "u")
        one.send(b"from one", port)
        await host.indication(f"61:Incoming Socket Client:192.168.0.2:{one.port}:0:0")
        await host.indication("55:Pending Data:0:0:8:8")
        two.send(b"from the other", port)
        await host.indication(f"61:Incoming Socket Client:192.168.0.2:{two.port}:0:1")
        await host.indication("55:Pending Data:0:1:14:14")
        one.send(b"more", port)
        await host.indication("55:Pending Data:0:0:4:12")
        assert await host.read("SOCKDR=0,0,") == (b"from one", 12)
        assert await host.read("SOCKDR=0,0,") == (b"more", 4)
        assert await host.read("SOCKDR=0,1,") == (b"from the other", 14)
        await host.write("SOCKDW=0,1", b"to the other")
        await host.write("SOCKDW=0,0", b"to one")
        assert (await two.receive())[0] == b"to the other"
        assert (await one.receive())[0] == b"to one"
        assert await host.command("AT+S.SOCKDC=0,0") == OK
        one.send(b"again", port)
        await host.indication(f"61:Incoming Socket Client:192.168.0.2:{one.port}:0:0")


async def test_the_ninth_sender_is_dropped_and_said_once() -> None:
    async with socket_host() as host, UdpPeer.open() as ninth:
        port = await open_server(host, "u")
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(send_one(port))
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:7")
        for _ in range(3):
            ninth.send(b"x", port)
        await host.indication(f"83:Sockd Dropping Client:192.168.0.2:{ninth.port}:0")
        for number in range(8):
            await host.read(f"SOCKDR=0,{number}")
            assert await host.command(f"AT+S.SOCKDC=0,{number}") == OK
        ninth.send(b"now", port)
        await host.indication(rf"61:Incoming Socket Client:192.168.0.2:{ninth.port}:0:0")
        assert not any(line.startswith(b"+WIND:83") for line in host.unexpected())


async def send_one(port: int) -> None:
    async with UdpPeer.open() as peer:
        peer.send(b"x", port)
