"""What the peer sees of the module's TCP: segments of at most 730 octets, both ways."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

import pytest

from tests.sockets.peers import TcpConnection, TcpPeer, content, socket_host
from tests.sockets.test_server_sockets import open_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")

LIMIT = 730


def segment_sizes(connection: TcpConnection) -> tuple[int, int]:
    """The largest segments that the peer's kernel sends and has received."""
    info = connection.writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    *_, sent, received = struct.unpack_from("8B4I", info)
    return sent, received


async def test_a_server_that_the_module_connects_to() -> None:
    data = content(20_000)
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        await host.write("SOCKW=0", data)
        assert await connection.receive(len(data)) == data
        await connection.send(data)
        assert await host.read_exactly("SOCKR=0", len(data)) == data
        assert all(0 < size <= LIMIT for size in segment_sizes(connection)), segment_sizes(connection)


async def test_a_client_of_the_modules_server() -> None:
    data = content(20_000)
    async with socket_host() as host:
        port = await open_server(host)
        connection = TcpConnection(*await asyncio.open_connection("127.0.0.1", port))
        await host.indication(r"61:Incoming Socket Client:192.168.0.2:\d+:0:0")
        await host.write("SOCKDW=0,0", data)
        assert await connection.receive(len(data)) == data
        assert all(0 < size <= LIMIT for size in segment_sizes(connection)), segment_sizes(connection)
        await connection.close()
