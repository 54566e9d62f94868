"""WSOCKON and its kin against real servers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from firmware_model.events import Note, SocketClosed, SocketFailed
from tests.websocket.servers import Served, module_in_front_of, raw_server, web_socket_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from tests.module_host import ModuleHost

OK = b"AT-S.OK\r\n"
OPEN = "AT+S.WSOCKON=192.168.0.2,80,,0,,,,,"
"""As the host driver of XC-CONST sends it."""
NOT_OPENED = b"AT-S.ERROR:74:Failed to open socket\r\n"


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[ModuleHost, Served, ServerConnection]]:
    """A module with web socket 0 open to a real server."""
    async with web_socket_server() as server, module_in_front_of(server.port) as host:
        assert await host.command(OPEN) == b"AT-S.On:0\r\n" + OK
        yield host, server, await server.connection()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 20_000, 30_000])
async def test_a_text_message_arrives_at_the_server(size: int) -> None:
    async with opened() as (host, server, _):
        assert await host.command(f"AT+S.WSOCKW=0,0,0,0,{size}", size * b"x") == OK
        assert await server.message() == size * "x"


async def test_a_message_that_does_not_fit_the_heap_is_error_91() -> None:
    async with opened() as (host, _, _):
        assert await host.command("AT+S.WSOCKW=0,0,0,0,65535") == b"AT-S.ERROR:91:Low Memory\r\n"


async def test_a_binary_message_arrives_as_it_is() -> None:
    content = bytes(range(256)) + b"\r\nAT-S.OK\r\n"
    async with opened() as (host, server, _):
        assert await host.command(f"AT+S.WSOCKW=0,0,0,1,{len(content)}", content) == OK
        assert await server.message() == content
        assert await host.command("AT+S.WSOCKW=0,,,,2", b"hi") == OK
        assert await server.message() == "hi"


@pytest.mark.parametrize("flags", ["1,0", "0,1", "1,1"])
async def test_frames_of_one_message_are_joined_by_the_server(flags: str) -> None:
    euro = "€".encode()
    async with opened() as (host, server, _):
        assert await host.command(f"AT+S.WSOCKW=0,{flags},0,1", euro[:1]) == OK
        assert await host.command(f"AT+S.WSOCKW=0,{flags},1,1", euro[1:2]) == OK
        assert await host.command("AT+S.WSOCKW=0,0,0,0,1", euro[2:]) == OK
        assert await server.message() == "€"


async def test_text_that_is_no_utf8_makes_the_server_close() -> None:
    async with opened() as (host, _, _):
        assert await host.command("AT+S.WSOCKW=0,0,0,0,1", b"\xff") == OK
        assert await host.until(b"\r\n") == b"+WIND:89:WebSocket Closed:0:1007\r\n"


async def test_a_small_message_is_announced_and_read() -> None:
    async with opened() as (host, _, connection):
        await connection.send("hello")
        assert await host.until(b"\r\n") == b"+WIND:88:WebSocket Data:0:1:1:5:5\r\n"
        assert await host.command("AT+S.WSOCKQ=0") == b"AT-S.Query:5\r\n" + OK
        assert await host.command("AT+S.WSOCKR=0,2") == b"AT-S.Reading:2:5\r\nhe" + OK
        assert await host.command("AT+S.WSOCKR=0,100") == b"AT-S.Reading:3:3\r\nllo" + OK
        assert await host.command("AT+S.WSOCKR=0,") == b"AT-S.Reading:0:0\r\n" + OK


async def test_an_empty_message_is_announced_too() -> None:
    async with opened() as (host, _, connection):
        await connection.send(b"")
        assert await host.until(b"\r\n") == b"+WIND:88:WebSocket Data:0:1:1:0:0\r\n"


async def test_incoming_frames_carry_their_flags() -> None:
    async with opened() as (host, _, connection):
        await connection.send([b"ab", b"cde"])
        indications = [await host.until(b"\r\n") for _ in range(3)]
        assert indications == [
            b"+WIND:88:WebSocket Data:0:0:1:2:2\r\n",
            b"+WIND:88:WebSocket Data:0:0:1:3:5\r\n",
            b"+WIND:88:WebSocket Data:0:1:1:0:5\r\n",
        ]
        assert await host.command("AT+S.WSOCKR=0,0") == b"AT-S.Reading:5:5\r\nabcde" + OK


async def test_a_message_larger_than_the_buffer_waits_for_the_host() -> None:
    content = bytes(index % 251 for index in range(20_000))
    async with opened() as (host, _, connection):
        await connection.send(content)
        received, output = b"", b""
        while len(received) < len(content):
            output += await host.until(b"\r\n") if not host.module.web_sockets.find(0).pending else b""
            reply = await host.command("AT+S.WSOCKR=0,0")
            before, _, reading = reply.rpartition(b"AT-S.Reading:")
            output += before
            head, _, rest = reading.partition(b"\r\n")
            received += rest[: int(head.split(b":")[0])]
        assert received == content
        indications = [line.split(b":")[4:] for line in output.split(b"\r\n") if line]
        assert sum(int(indication[2]) for indication in indications) == len(content)
        assert max(int(indication[3]) for indication in indications) < 8192 + 730
        assert [indication[:2] for indication in indications] == [[b"0", b"0"]] * (len(indications) - 1) + [
            [b"1", b"1"]
        ]


async def test_a_ping_is_answered() -> None:
    async with opened() as (_, _, connection):
        async with asyncio.timeout(10):
            await (await connection.ping(b"are you there"))


async def test_the_lines_of_the_list() -> None:
    async with opened() as (host, server, connection):
        await host.command(OPEN)
        await connection.send("abc")
        await host.until(b":3:3\r\n")
        await (await server.connection()).close()
        await host.until(b"Closed:1:1000\r\n")
        remote = (
            f"192.168.0.2:{server.port}" if b":80\r\n" not in await host.command("AT+S.WSOCKL") else "192.168.0.2:80"
        )
        assert await host.command("AT+S.WSOCKL") == (
            f"AT-S.List::0:1:w:3:{remote}\r\nAT-S.List::1:0:w:0:{remote}\r\n".encode() + OK
        )


async def test_two_web_sockets_and_no_third() -> None:
    async with opened() as (host, _, _):
        assert await host.command(OPEN) == b"AT-S.On:1\r\n" + OK
        assert await host.command(OPEN) == b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command("AT+S.WSOCKC=0") == OK
        assert await host.command(OPEN) == b"AT-S.On:0\r\n" + OK


@pytest.mark.parametrize(("status", "code"), [("", 1000), (",0", 1000), (",1", 1001)])
async def test_the_host_closes(status: str, code: int) -> None:
    async with opened() as (host, _, connection):
        free = host.module.heap.free
        assert await host.command(f"AT+S.WSOCKC=0{status}") == OK
        await connection.wait_closed()
        assert connection.close_code == code
        assert await host.command("AT+S.WSOCKQ=0") == b"AT-S.ERROR:76:Illegal Socket ID\r\n"
        assert host.module.heap.free > free
        assert len(host.events(SocketClosed)) == 1


async def test_pending_data_must_be_read_before_closing() -> None:
    async with opened() as (host, _, connection):
        await connection.send("x")
        await host.until(b":1:1\r\n")
        assert await host.command("AT+S.WSOCKC=0,0") == b"AT-S.ERROR:77:Pending data\r\n"
        await host.command("AT+S.WSOCKR=0,0")
        assert await host.command("AT+S.WSOCKC=0,0") == OK


async def test_the_server_closes_and_what_it_said_can_still_be_read() -> None:
    async with opened() as (host, _, connection):
        await connection.send("last words")
        await connection.close(4321, "enough")
        assert await host.until(b":4321\r\n") == (
            b"+WIND:88:WebSocket Data:0:1:1:10:10\r\n+WIND:89:WebSocket Closed:0:4321\r\n"
        )
        reply = await host.command("AT+S.WSOCKW=0,0,0,0,3", b"AT\r")
        assert reply == b"AT-S.ERROR:78:Socket not connected\r\n"
        assert await host.until(b"OK\r\n") == OK  # the data was not swallowed: it is input of the console
        assert await host.command("AT+S.WSOCKR=0,0") == b"AT-S.Reading:10:10\r\nlast words" + OK
        assert await host.command("AT+S.WSOCKC=0,0") == OK


async def test_a_server_that_dies() -> None:
    async with opened() as (host, _, connection):
        connection.transport.abort()
        assert await host.until(b"\r\n") == b"+WIND:89:WebSocket Closed:0:1006\r\n"


async def test_a_protocol_error_ends_the_web_socket() -> None:
    async with opened() as (host, _, connection):
        await connection.send(b"ok")
        await host.until(b":2:2\r\n")
        connection.transport.write(b"\x83\x00")  # an opcode that RFC 6455 reserves
        assert await host.until(b"\r\n") == b"+WIND:89:WebSocket Closed:0:1002\r\n"


async def test_wifi_off_ends_the_web_socket() -> None:
    async with opened() as (host, _, _):
        await host.command("AT+S.WIFI=0")
        assert b"+WIND:89:WebSocket Closed:0:1006\r\n" in await host.until(b"Closed:0:1006\r\n")
        assert await host.command(OPEN) == b"AT-S.ERROR:44:Wait for Connection Up\r\n"


async def test_a_reset_drops_the_connection_without_a_word() -> None:
    async with opened() as (host, _, connection):
        host.face.write(b"AT+S.RESET\r")
        await connection.wait_closed()
        boot = await host.until(b"+WIND:32:WiFi Hardware Started\r\n")
        assert b"WIND:89" not in boot


async def test_the_request_that_the_server_sees() -> None:
    requests: list[Request] = []

    def keep(_: ServerConnection, request: Request) -> Response | None:
        requests.append(request)
        return None

    async with (
        web_socket_server(subprotocols=["chat"], process_request=keep) as server,
        module_in_front_of(server.port) as host,
    ):
        line = "AT+S.WSOCKON=192.168.0.2,80,path?q=1,0,user,pass,http://me,chat,x-own; level=1"
        assert await host.command(line) == b"AT-S.On:0\r\n" + OK
        assert (await server.connection()).subprotocol == "chat"
    (request,) = requests
    assert request.path == "/path?q=1"
    assert {
        name: request.headers[name] for name in ("Host", "Origin", "Authorization", "Sec-WebSocket-Extensions")
    } == {
        "Host": "192.168.0.2",
        "Origin": "http://me",
        "Authorization": "Basic dXNlcjpwYXNz",
        "Sec-WebSocket-Extensions": "x-own; level=1",
    }


async def test_a_server_that_wants_another_login() -> None:
    def refuse(connection: ServerConnection, _: Request) -> Response:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")

    async with web_socket_server(process_request=refuse) as server, module_in_front_of(server.port) as host:
        free = host.module.heap.free
        assert await host.command(OPEN) == NOT_OPENED
        assert "HTTP status 401" in str(host.events(Note)[-1])
        assert host.module.heap.free == free
        assert len(host.events(SocketClosed)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"this is no HTTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"",
    ],
)
async def test_an_answer_that_is_no_upgrade(answer: bytes) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with raw_server(converse) as port, module_in_front_of(port) as host:
        assert await host.command(OPEN) == NOT_OPENED
        assert await host.command("AT+S.WSOCKL") == OK


async def test_a_server_that_says_nothing() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with raw_server(listen) as port, module_in_front_of(port, patience=0.1) as host:
        assert await host.command(OPEN) == NOT_OPENED


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with module_in_front_of(unused.getsockname()[1]) as host:
            assert await host.command(OPEN) == NOT_OPENED
            assert len(host.events(SocketFailed)) == 1


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AT+S.WSOCKON", b"2:Missing argument(s)"),
        ("AT+S.WSOCKON=h,80,,0,,,,,,", b"6:Too many argument(s)"),
        ("AT+S.WSOCKON=h,80,,3", b"7:Invalid argument(s)"),
        ("AT+S.WSOCKON=192.168.0.2,80,a b", b"7:Invalid argument(s)"),
        ("AT+S.WSOCKON=192.168.0.2,80,,0,,,,b\xe4d", b"7:Invalid argument(s)"),
        ("AT+S.WSOCKQ=0", b"76:Illegal Socket ID"),
        ("AT+S.WSOCKQ=9999", b"76:Illegal Socket ID"),
        ("AT+S.WSOCKR=1,0", b"76:Illegal Socket ID"),
        ("AT+S.WSOCKC=0,2", b"7:Invalid argument(s)"),
        ("AT+S.WSOCKC=0,0", b"76:Illegal Socket ID"),
        ("AT+S.WSOCKW=0,0,0,0", b"2:Missing argument(s)"),
        ("AT+S.WSOCKW=0,0,0,0,1", b"76:Illegal Socket ID"),
        ("AT+S.WSOCKW=0,0,0,0,65536", b"32:Argument exceeds allowed size"),
    ],
)
async def test_wrong_arguments(line: str, reply: bytes) -> None:
    async with web_socket_server() as server, module_in_front_of(server.port) as host:
        assert await host.command(line) == b"AT-S.ERROR:" + reply + b"\r\n"
