"""SOCKON, SOCKQ, SOCKR, SOCKW, SOCKC and SOCKL against TCP peers of this machine."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from tests.module_host import INSTANT, running_module
from tests.sockets.peers import OK, TcpPeer, content, socket_host

FREE_HEAP = 60_000 - 16 * 1024


async def test_the_dialogue_of_the_log() -> None:
    message = b"this is my hello world message\n"
    async with TcpPeer() as peer, socket_host() as host:
        reply = await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},,t")
        assert reply == b"AT-S.On:192.168.0.2:0\r\n" + OK
        connection = await peer.accept()
        await connection.send(message)
        await host.indication("55:Pending Data::0:31:31")
        assert await host.command("AT+S.SOCKQ=0") == b"AT-S.Query:31\r\n" + OK
        listed = b"AT-S.List::0:1:t:31:192.168.0.2:%d\r\n" % peer.port
        assert await host.command("AT+S.SOCKL") == listed + OK
        assert await host.command("at+s.sockr=0,") == b"AT-S.Reading:31:31\r\n" + message + OK
        assert await host.command("AT+S.SOCKW=0,5", b"reply") == OK
        assert await connection.receive(5) == b"reply"
        assert await host.command("AT+S.SOCKC=0") == OK
        assert await connection.end() == b""
        assert await host.command("AT+S.SOCKL") == OK


async def test_a_terse_console_leaves_the_words_away() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.command("AT+S.SCFG=console_verbose,0")
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},,t") == b"AT-S.192.168.0.2:0\r\n" + OK
        assert await host.command("AT+S.SOCKQ=0") == b"AT-S.0\r\n" + OK


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("SOCKON=192.168.0.2", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("SOCKON=192.168.0.2,0,,t", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("SOCKON=192.168.0.2,80,x,t", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("SOCKON=192.168.0.2,80,,t,", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
        ("SOCKON=nobody.test,80,,t", b"AT-S.ERROR:65:DNS address failure\r\n"),
        ("SOCKON=nobody.test,80,,u", b"AT-S.ERROR:65:DNS address failure\r\n"),
        ("SOCKON=192.168.0.9,80,,t", b"AT-S.ERROR:74:Failed to open socket\r\n"),
        ("SOCKQ=0", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKQ=8", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKQ", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("SOCKR=0,1", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKC=0", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKW=0,5", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKW=0,0", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("SOCKW=0,65536", b"AT-S.ERROR:32:Argument exceeds allowed size\r\n"),
        ("SOCKDON=80,s", b"AT-S.ERROR:7:Invalid argument(s)\r\n"),
        ("SOCKDON=80,s1", b"AT-S.ERROR:74:Failed to open socket\r\n"),
        ("SOCKDON=80,s2", b"AT-S.ERROR:74:Failed to open socket\r\n"),
        ("SOCKDC=0", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDC=2", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDC=0,0", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDQ=0,8", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDR=0,0,1", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDW=0,0,0", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("SOCKDL=1", b"AT-S.ERROR:76:Illegal Socket ID\r\n"),
        ("SOCKDL", OK),
    ],
)
async def test_errors(line: str, reply: bytes) -> None:
    async with socket_host() as host:
        assert await host.command(f"AT+S.{line}") == reply
        assert host.module.heap.free == FREE_HEAP


async def test_a_refused_connection_is_error_74() -> None:
    async with TcpPeer() as peer:
        port = peer.port
    async with socket_host() as host:
        refused = b"AT-S.ERROR:74:Failed to open socket\r\n"
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{port},,t") == refused


async def test_sockets_need_the_network() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        for line in ("SOCKON=192.168.0.2,80,,t", "SOCKDON=80,t"):
            assert await host.command(f"AT+S.{line}") == b"AT-S.ERROR:44:Wait for Connection Up\r\n"


async def test_eight_sockets_the_first_free_id_and_the_heap() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        assert [await host.open(peer.port) for _ in range(8)] == list(range(8))
        assert host.module.heap.free < FREE_HEAP
        too_many = b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},,t") == too_many
        assert await host.command("AT+S.SOCKC=5") == OK
        assert await host.command("AT+S.SOCKC=2") == OK
        assert await host.open(peer.port) == 2
        listed = await host.command("AT+S.SOCKL")
        assert re.findall(rb"List::(\d):1:t:0:192\.168\.0\.2:", listed) == [b"0", b"1", b"2", b"3", b"4", b"6", b"7"]
        for number in (0, 1, 2, 3, 4, 6, 7):
            assert await host.command(f"AT+S.SOCKC={number}") == OK
        assert host.module.heap.free == FREE_HEAP


async def test_low_memory() -> None:
    low = b"AT-S.ERROR:91:Low Memory\r\n"
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        host.module.heap.free = 900
        assert await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},,t") == low
        assert await host.command("AT+S.SOCKW=0,901") == low
        assert await host.command("AT+S.SOCKW=0,900", bytes(900)) == OK


async def test_the_local_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    async with TcpPeer() as peer, socket_host() as host:
        await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},{free},t")
        assert (await peer.accept()).remote_port == free
        # A port that this machine keeps for others is replaced by any free one.
        await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},{peer.port},t")
        assert (await peer.accept()).remote_port != peer.port


async def test_received_and_cumulated() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        await connection.send(bytes(10))
        await host.indication("55:Pending Data::0:10:10")
        await connection.send(bytes(1000))
        first = await host.indication(r"55:Pending Data::0:(\d+):(\d+)")
        assert int(first[1]) <= 730
        await host.pending("SOCKQ=0", 1010)


async def test_reading_part_more_than_there_is_and_nothing() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        await (await peer.accept()).send(b"0123456789")
        await host.indication("55:Pending Data::0:10:10")
        assert await host.read("SOCKR=0,4") == (b"0123", 10)
        assert await host.read("SOCKR=0,100") == (b"456789", 6)
        assert await host.read("SOCKR=0,100") == (b"", 0)
        assert await host.read("SOCKR=0") == (b"", 0)


async def test_pending_data_keeps_a_socket_open() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        await (await peer.accept()).send(b"x")
        await host.indication("55:Pending Data::0:1:1")
        assert await host.command("AT+S.SOCKC=0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.read("SOCKR=0,") == (b"x", 1)
        assert await host.command("AT+S.SOCKC=0") == OK


async def test_a_peer_that_closes_with_pending_data() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        await connection.send(b"bye")
        await connection.close()
        await host.indication("58:Socket Closed:0:0")
        assert b"AT-S.List::0:0:t:3:" in await host.command("AT+S.SOCKL")
        assert await host.command("AT+S.SOCKC=0") == b"AT-S.ERROR:77:Pending data\r\n"
        assert await host.command("AT+S.SOCKW=0,2") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.read("SOCKR=0") == (b"bye", 3)
        assert await host.open(peer.port) == 1
        assert await host.command("AT+S.SOCKC=0") == OK
        assert await host.open(peer.port) == 0


async def test_data_for_a_closed_socket_reaches_the_console() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        await (await peer.accept()).close()
        await host.indication("58:Socket Closed:0:0")
        await host.command("AT+S.SCFG=console_echo,1")
        reply = await host.command("AT+S.SOCKW=0,3", b"AT\r")
        assert reply == b"AT+S.SOCKW=0,3\r\nAT-S.ERROR:78:Socket not connected\r\n"
        assert await host.host.until(OK) == b"AT\r\n" + OK


async def test_a_peer_that_closes_while_the_host_sends_its_data() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        module, free = host.module, host.module.heap.free
        host.host.face.write(b"AT+S.SOCKW=0,4\rda")
        while module.heap.free == free:
            await module.outside.clock.sleep(0.001)
        await connection.close()
        while module.sockets.get(0).connected:
            await module.outside.clock.sleep(0.001)
        host.host.face.write(b"ta")
        assert await host.host.until(b"\r\n") == b"AT-S.ERROR:72:Closed socket\r\n"
        await host.indication("58:Socket Closed:0:0")


async def test_a_half_closed_peer_sees_the_module_close() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        connection.writer.write_eof()
        assert await connection.end() == b""
        await host.indication("58:Socket Closed:0:0")


async def test_a_peer_that_resets() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        (await peer.accept()).reset()
        await host.indication("58:Socket Closed:0:1")
        assert await host.command("AT+S.SOCKW=0,2") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.command("AT+S.SOCKC=0") == OK


async def test_a_peer_that_floods_is_held_back() -> None:
    flood = content(20_000_000)
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        sending = asyncio.create_task(connection.send(flood))
        first = await host.read_exactly("SOCKR=0", 100_000)
        assert first == flood[: len(first)]
        for _ in range(50):
            query = await host.command("AT+S.SOCKQ=0")
            assert int(query.split(b"\r")[0].removeprefix(b"AT-S.Query:")) <= 8192
        assert not sending.done()
        # Another socket is served all the same.
        await host.open(peer.port)
        await host.write("SOCKW=1", b"still here")
        assert await (await peer.accept()).receive(10) == b"still here"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_peer_that_never_reads() -> None:
    piece = bytes(40_000)
    async with TcpPeer(receive_buffer=4096) as peer, socket_host(durations=INSTANT._replace(socket_write=0.2)) as host:
        await host.open(peer.port)
        connection = await peer.accept()
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(1000):
            reply = await host.command("AT+S.SOCKW=0,40000", piece)
            if reply != OK:
                break
        assert reply == b"AT-S.ERROR:79:Write failed\r\n"
        await host.indication("58:Socket Closed:0:1")
        assert await host.command("AT+S.SOCKW=0,2") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.command("AT+S.SOCKC=0") == OK
        assert await host.command("AT") == OK


async def test_indications_wait_for_the_end_of_a_reply() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        face = host.host.face
        face.write(b"AT+S.SOCKW=0,10\r01234")
        await connection.send(b"interruption")
        socket_zero = host.module.sockets.get(0)
        async with asyncio.timeout(10):
            while socket_zero.pending < 12:  # noqa: ASYNC110 - the module must not say it yet
                await asyncio.sleep(0)
        assert face.take() == b""
        face.write(b"56789")
        assert await host.host.until(b"\r\n") == OK
        await host.indication("55:Pending Data::0:12:12")
        assert await connection.receive(10) == b"0123456789"


@pytest.mark.parametrize("length", [1, 2, 729, 730, 731, 1460, 1461, 8192, 8193, 40_000])
async def test_echo_of_one_write(length: int) -> None:
    data = content(length)
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        await host.write("SOCKW=0", data)
        assert await connection.receive(length) == data
        sending = asyncio.create_task(connection.send(data))
        assert await host.read_exactly("SOCKR=0", length) == data
        await sending
        assert await host.command("AT+S.SOCKQ=0") == b"AT-S.Query:0\r\n" + OK


async def test_echo_of_a_megabyte() -> None:
    data = content(1_000_000)
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        connection = await peer.accept()
        receiving = asyncio.create_task(connection.receive(len(data)))
        for start in range(0, len(data), 4096):
            await host.write("SOCKW=0", data[start : start + 4096])
        assert await receiving == data
        sending = asyncio.create_task(connection.send(data))
        assert await host.read_exactly("SOCKR=0,730", len(data)) == data
        await sending


async def test_four_sockets_at_once() -> None:
    data = [content(30_000 + number)[number:] for number in range(4)]
    async with TcpPeer() as peer, socket_host() as host:
        connections = []
        for number in range(4):
            assert await host.open(peer.port) == number
            connections.append(await peer.accept())
        sending = [asyncio.create_task(c.send(d)) for c, d in zip(connections, data, strict=True)]
        received = [bytearray() for _ in data]
        async with asyncio.timeout(20):
            while any(len(got) < len(all_) for got, all_ in zip(received, data, strict=True)):
                for number in range(4):
                    octets, _ = await host.read(f"SOCKR={number},1000")
                    received[number] += octets
                    await host.write(f"SOCKW={number}", bytes([number]) * 3)
        await asyncio.gather(*sending)
        assert [bytes(got) for got in received] == data
        for number, connection in enumerate(connections):
            assert await connection.receive(9) == bytes([number]) * 9


async def test_switching_the_radio_off_ends_every_connection() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        assert await host.command("AT+S.WIFI=0") == OK
        await host.indication("58:Socket Closed:0:2")
        assert await host.command("AT+S.SOCKW=0,2") == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.command("AT+S.SOCKC=0") == OK


async def test_a_reset_closes_everything() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        for _ in range(3):
            await host.open(peer.port)
        assert await host.command("AT+S.SOCKDON=5000,t") == b"AT-S.On:0\r\n" + OK
        connections = [await peer.accept() for _ in range(3)]
        host.host.face.write(b"AT+S.RESET\r")
        await host.host.boot()
        for connection in connections:
            assert await connection.end() == b""
        assert (await host.host.command("AT+S.SOCKL")).endswith(b"\n" + OK)
        assert b"List" not in await host.host.command("AT+S.SOCKDL")
        assert not any(line.startswith((b"+WIND:58", b"+WIND:62")) for line in host.unexpected())
        assert host.module.heap.free == FREE_HEAP
