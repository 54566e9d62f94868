"""The dialogue of ST's own driver with servers of the internet: web sockets, MQTT, mail, TFTP, forms, updates."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from tests.hosts.driven import joined_module
from tests.hosts.xcube import RefusedError, XcubeHost
from tests.mail.post_office import post_office
from tests.tftp.servers import tftpy_server
from tests.websocket.servers import web_socket_server

if TYPE_CHECKING:
    from pathlib import Path

    from aiomqtt import Client

    from tests.mqtt.mosquitto import Mosquitto

_PUBLISHED = re.compile(rb"MQTT Published:(\d+):([^:]*):\d+:\d+:\d+:(\d+):(\d+):(.*)", re.DOTALL)
"""Id, topic, size of this part, size of all, payload."""


async def test_a_web_socket() -> None:
    async with web_socket_server() as server, joined_module() as module:

        def greet(host: XcubeHost) -> None:
            assert host.command(f"AT+S.WSOCKON=10.1.1.1,{server.port},,0,,,,,") == b"AT-S.On:0\r\n"
            host.command("AT+S.WSOCKW=0,0,0,0,5", b"hello")

        await module.run(greet)
        assert await server.message() == "hello"
        connection = await server.connection()
        await connection.send("good day\r\nAT-S.OK\r\n")

        def read(host: XcubeHost) -> None:
            assert host.line.indication(88, 10) == b"WebSocket Data:0:1:1:19:19"
            assert host.query("AT+S.WSOCKQ=0") == 19
            assert re.fullmatch(rb"AT-S\.List:[^\r\n]*\r\n", host.command("AT+S.WSOCKL"))
            assert host.reading("AT+S.WSOCKR=0,0") == b"good day\r\nAT-S.OK\r\n"
            assert host.query("AT+S.WSOCKQ=0") == 0
            host.command("AT+S.WSOCKC=0,0")

        await module.run(read)
        async with asyncio.timeout(10):
            await connection.wait_closed()


async def test_a_web_socket_that_the_server_closes() -> None:
    async with web_socket_server() as server, joined_module() as module:
        await module.run(lambda host: host.command(f"AT+S.WSOCKON=10.1.1.1,{server.port},,0,,,,,"))
        await (await server.connection()).close()

        def end(host: XcubeHost) -> None:
            assert host.line.indication(89, 10).startswith(b"WebSocket Closed:0")
            host.command("AT+S.WSOCKC=0,0")
            with pytest.raises(RefusedError, match="76:Illegal Socket ID"):
                host.command("AT+S.WSOCKQ=0")

        await module.run(end)


async def test_mqtt_over_a_web_socket(broker: Mosquitto, witness: Client) -> None:
    await witness.subscribe("from/module")
    async with joined_module() as module:

        def connect(host: XcubeHost) -> None:
            assert host.command(f"AT+S.MQTTCONN=10.1.1.1,{broker.ports.web},,,,,,,,,,") == b"AT-S.On:0\r\n"
            host.command("AT+S.MQTTSUB=0,to/module,")
            host.command("AT+S.MQTTPUB=0,from/module,,,11", b"it is warm\n")

        await module.run(connect)
        async with asyncio.timeout(10):
            assert (await anext(witness.messages)).payload == b"it is warm\n"
        await witness.publish("to/module", b"switch on")

        def end(host: XcubeHost) -> None:
            match = _PUBLISHED.fullmatch(host.line.indication(86, 10))
            assert match is not None
            assert match.groups() == (b"0", b"to/module", b"9", b"9", b"switch on")
            host.command("AT+S.MQTTUNSUB=0,to/module")
            host.command("AT+S.MQTTDISC=0")
            assert host.line.indication(87, 10) == b"MQTT Closed:0"

        await module.run(end)


async def test_a_mail() -> None:
    body = b"It is warm.\r\n"
    async with post_office() as office, joined_module() as module:
        line = f"AT+S.SMTP=10.1.1.1,{office.port},,,,,me@module.test,you@mail.test,,,Weather,,{len(body)}"
        assert await module.run(lambda host: host.command(line, body)) == b""
    (letter,) = office.letters
    assert (letter.mail_from, letter.rcpt_tos) == ("me@module.test", ["you@mail.test"])
    assert isinstance(letter.content, bytes)
    assert b"Subject: Weather\r\n" in letter.content
    assert b"It is warm." in letter.content


async def test_tftp_both_ways(tmp_path: Path) -> None:
    (tmp_path / "settings").write_bytes(b"line one\nline two\n" * 100)
    with tftpy_server(tmp_path) as port:
        async with joined_module() as module:

            def transfer(host: XcubeHost) -> None:
                assert host.command(f"AT+S.TFTPGET=10.1.1.1,{port},settings,") == b"line one\nline two\n" * 100
                host.command("AT+S.FSC=/log,9", b"all well\n")
                host.command(f"AT+S.TFTPPUT=10.1.1.1,{port},log")
                with pytest.raises(RefusedError, match="111:"):
                    host.command(f"AT+S.TFTPGET=10.1.1.1,{port},nothing,")

            await module.run(transfer)
    assert (tmp_path / "log").read_bytes() == b"all well\n"


async def test_a_form_is_posted() -> None:
    requests: list[bytes] = []

    async def thank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthank you")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(thank, "127.0.0.1", 0) as server, joined_module() as module:
        line = f"AT+S.HTTPPOST=10.1.1.1,/form?warm=1,{server.sockets[0].getsockname()[1]},0,,,,"
        content = await module.run(lambda host: host.command(line))
    assert content == b"AT-S.Http Server Status Code:200\r\nthank you"
    assert requests == [b"POST /form?warm=1 HTTP/1.1"]


@pytest.mark.parametrize("line", ["FSUPDATE=e,10.1.1.1,/fs.img,80,,,", "FWUPDATE=e,10.1.1.1,/fw.img,80,0,,"])
async def test_an_update_from_a_card_that_is_not_there(line: str) -> None:
    async with joined_module() as module:

        def dialogue(host: XcubeHost) -> None:
            with pytest.raises(RefusedError, match="29:Volume not mounted"):
                host.command(f"AT+S.{line}")

        await module.run(dialogue)
