"""MQTTCONN and its kin against Eclipse Mosquitto."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from firmware_model.events import Note, SocketClosed, SocketFailed
from firmware_model.profile import FIRMWARE_1_0_0
from tests.mqtt.mosquitto import PASSWORD, USERNAME, Mosquitto
from tests.websocket.servers import Served, give_certificates, module_in_front_of, raw_server, web_socket_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiomqtt import Client, Message
    from websockets.asyncio.server import ServerConnection

    from emulator.peers.pki import Pki
    from tests.module_host import ModuleHost

OK = b"AT-S.OK\r\n"
ON = b"AT-S.On:0\r\n" + OK
CONNECT = "AT+S.MQTTCONN=192.168.0.2,{},,,,,,,,,,"
"""As the host driver of XC-CONST sends it."""
BINARY = bytes(range(256)) + b"\r\nAT-S.OK\r\n"
_PUBLISHED = re.compile(rb"\+WIND:86:MQTT Published:0:([^:]*):(\d):(\d):0:(\d+):(\d+):")


@asynccontextmanager
async def connected(port: int, rest: str = "") -> AsyncIterator[ModuleHost]:
    """A module that is connected to a broker, echo off."""
    async with module_in_front_of() as host:
        assert await host.command(f"AT+S.MQTTCONN=192.168.0.2,{port}{rest}") == ON
        yield host


@pytest.fixture
async def host(broker: Mosquitto) -> AsyncIterator[ModuleHost]:
    """A module that is connected over a web socket."""
    async with connected(broker.ports.web) as module:
        yield module


async def next_message(client: Client) -> Message:
    async with asyncio.timeout(10):
        return await anext(client.messages)


async def indicated(host: ModuleHost) -> tuple[bytes, bytes, int, int]:
    """The next message that the module shows: topic, payload, quality of service, retained."""
    payload, total = b"", 1
    while len(payload) < total:
        head = await host.until(_PUBLISHED)
        match = _PUBLISHED.search(head)
        assert match is not None
        topic, qos, retained, size, total = match[1], int(match[2]), int(match[3]), int(match[4]), int(match[5])
        part = b""
        while len(part) < size + 2:
            part += await host.until(re.compile(rb"[\s\S]"))
        assert part.endswith(b"\r\n")
        payload += part[:-2]
        if total == 0:
            break
    return topic, payload, qos, retained


async def test_the_line_of_the_host_driver(broker: Mosquitto) -> None:
    async with module_in_front_of() as host:
        free = host.module.heap.free
        assert await host.command(CONNECT.format(broker.ports.web)) == ON
        line = await broker.wait_for("as SPWF04S-0080E1BD0039")
        assert "(p2, c1, k60)" in line
        assert await host.command("AT+S.MQTTSUB=0,a/b,") == OK
        assert await host.command("AT+S.MQTTPUB=0,a/b,,,5", b"hello") == OK
        assert await host.until(b"hello\r\n") == b"+WIND:86:MQTT Published:0:a/b:0:0:0:5:5:hello\r\n"
        assert await host.command("AT+S.MQTTUNSUB=0,a/b") == OK
        assert await host.command("AT+S.MQTTDISC=0") == OK
        assert await host.until(b"\r\n") == b"+WIND:87:MQTT Closed:0\r\n"
        assert host.module.heap.free == free
        await broker.wait_for("Received DISCONNECT from SPWF04S-0080E1BD0039")
        assert len(host.events(SocketClosed)) == 1


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("payload", [b"", b"x", BINARY, 20_000 * b"x"], ids=["0", "1", "binary", "20 kB"])
async def test_a_message_that_the_module_publishes(host: ModuleHost, witness: Client, payload: bytes, qos: int) -> None:
    await witness.subscribe("up", qos=2)
    assert await host.command(f"AT+S.MQTTPUB=0,up,{qos},0,{len(payload)}", payload) == OK
    message = await next_message(witness)
    assert (message.payload, message.qos, message.retain) == (payload, qos, False)


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("payload", [b"", b"x", BINARY, 20_000 * b"y"], ids=["0", "1", "binary", "20 kB"])
async def test_a_message_that_the_module_gets(host: ModuleHost, witness: Client, payload: bytes, qos: int) -> None:
    assert await host.command("AT+S.MQTTSUB=0,down,2") == OK
    await witness.publish("down", payload, qos=qos)
    assert await indicated(host) == (b"down", payload, qos, 0)


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event loop without readers and writers, on a machine without Unix sockets."""
    monkeypatch.setattr("emulator.surroundings.mqtt._UNIX", None)
    monkeypatch.setattr("emulator.surroundings.mqtt.can_watch", lambda *_: False)


async def test_messages_both_ways_as_on_windows(as_on_windows: None, broker: Mosquitto, witness: Client) -> None:
    async with connected(broker.ports.web) as host:
        for qos in range(3):
            await witness.subscribe(f"up{qos}", qos=2)
            assert await host.command(f"AT+S.MQTTPUB=0,up{qos},{qos},0,20000", 20_000 * b"x") == OK
            assert (await next_message(witness)).payload == 20_000 * b"x"
        assert await host.command("AT+S.MQTTSUB=0,down,2") == OK
        await witness.publish("down", BINARY, qos=2)
        assert await indicated(host) == (b"down", BINARY, 2, 0)
        assert await host.command("AT+S.MQTTDISC=0") == OK
        assert await host.until(b"\r\n") == b"+WIND:87:MQTT Closed:0\r\n"


async def test_the_broker_dies_as_on_windows(as_on_windows: None, broker: Mosquitto) -> None:
    async with connected(broker.ports.web) as host:
        await broker.die()
        assert await host.until(b"\r\n") == b"+WIND:87:MQTT Closed:0\r\n"


async def test_the_granted_quality_of_service_is_the_lower_one(host: ModuleHost, witness: Client) -> None:
    await host.command("AT+S.MQTTSUB=0,down,1")
    await witness.publish("down", b"z", qos=2)
    assert await indicated(host) == (b"down", b"z", 1, 0)


async def test_a_retained_message_outlives_its_sender(host: ModuleHost, witness: Client) -> None:
    assert await host.command("AT+S.MQTTPUB=0,kept,1,1,4", b"keep") == OK
    await witness.subscribe("kept")
    message = await next_message(witness)
    assert (message.payload, message.retain) == (b"keep", True)
    await host.command("AT+S.MQTTSUB=0,kept,1")
    assert await indicated(host) == (b"kept", b"keep", 1, 1)


async def test_wildcards_and_utf8_topics(host: ModuleHost, witness: Client) -> None:
    await host.command("AT+S.MQTTSUB=0,sensor/+/t,")
    await host.command(b"AT+S.MQTTSUB=0,all/#,")
    for topic in ("sensor/1/t", "sensor/1/h", "all/größe/x"):
        await witness.publish(topic, b".")
    assert (await indicated(host))[0] == b"sensor/1/t"
    assert (await indicated(host))[0] == "all/größe/x".encode()
    await witness.subscribe("größe")
    assert await host.command("AT+S.MQTTPUB=0,größe,0,0,1".encode(), b"!") == OK
    assert (await next_message(witness)).topic.value == "größe"


async def test_after_unsubscribing_nothing_comes(host: ModuleHost, witness: Client) -> None:
    await host.command("AT+S.MQTTSUB=0,one,")
    await host.command("AT+S.MQTTSUB=0,two,")
    assert await host.command("AT+S.MQTTUNSUB=0,one") == OK
    await witness.publish("one", b"1", qos=1)
    await witness.publish("two", b"2", qos=1)
    assert await indicated(host) == (b"two", b"2", 0, 0)


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "radio off"])
async def test_the_will_is_published_when_the_module_dies(broker: Mosquitto, witness: Client, reset: bool) -> None:
    await witness.subscribe("gone", qos=1)
    async with connected(broker.ports.web, ",,,,,me,30,,1,gone,good bye") as host:
        await broker.wait_for("as me (p2, c1, k30)")
        if reset:
            host.face.write(b"AT+S.RESET\r")
        else:
            await host.command("AT+S.WIFI=0")
            assert (await host.until(b"MQTT Closed:0\r\n")).count(b"+WIND:87:") == 1
        message = await next_message(witness)
        assert (message.payload, message.qos, message.retain) == (b"good bye", 1, False)
        if reset:
            assert b"WIND:87" not in await host.boot()


async def test_no_will_after_a_farewell(broker: Mosquitto, witness: Client) -> None:
    await witness.subscribe("#")
    async with connected(broker.ports.web, ",,,,,,,,0,gone,good bye") as host:
        await host.command("AT+S.MQTTDISC=0")
        await broker.wait_for("Received DISCONNECT from SPWF04S")
        await witness.publish("after", b"")
        assert (await next_message(witness)).topic.value == "after"


async def test_a_user_name_and_a_password(broker: Mosquitto) -> None:
    async with connected(broker.ports.web_login, f",,,{USERNAME},{PASSWORD}") as host:
        assert await host.command("AT+S.MQTTPUB=0,a,1,0,1", b".") == OK
        await broker.wait_for(f"u'{USERNAME}'")


@pytest.mark.parametrize("login", [",,,device,wrong", ",,,stranger,s3cret", ""])
async def test_a_login_that_the_broker_refuses(broker: Mosquitto, login: str) -> None:
    async with module_in_front_of() as host:
        free = host.module.heap.free
        reply = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web_login}{login}")
        assert reply == b"AT-S.ERROR:111:Request failed\r\n"
        assert "refuses the login" in str(host.events(Note)[-1])
        assert host.module.heap.free == free
        assert await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web}") == ON


async def test_the_broker_dies(broker: Mosquitto) -> None:
    async with connected(broker.ports.web) as host:
        await broker.die()
        assert await host.until(b"\r\n") == b"+WIND:87:MQTT Closed:0\r\n"
        assert await host.command("AT+S.MQTTPUB=0,a,0,0,1") == b"AT-S.ERROR:76:Illegal Socket ID\r\n"
        reply = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web},,,,,,,1")
        assert reply == b"AT-S.ERROR:74:Failed to open socket\r\n"
        assert len(host.events(SocketFailed)) == 2  # one retry


async def test_mutual_tls(broker: Mosquitto, witness: Client, pki: Pki) -> None:
    await witness.subscribe("up")
    async with module_in_front_of() as host:
        await give_certificates(host, pki)
        assert await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web_tls},/mqtt,2") == (
            b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\nAT-S.Loading:2:2\r\nAT-S.Loading:3:2\r\n" + ON
        )
        assert await host.command("AT+S.MQTTPUB=0,up,2,0,20000", bytes(20_000)) == OK
        assert (await next_message(witness)).payload == bytes(20_000)
        assert await host.command("AT+S.MQTTDISC=0") == OK
        assert await host.until(b"\r\n") == b"+WIND:87:MQTT Closed:0\r\n"


async def test_a_broker_certificate_under_another_ca(broker: Mosquitto) -> None:
    async with module_in_front_of() as host:
        await host.command(f"AT+S.TIME={int(time.time())}")
        reply = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web_tls},,2")
        assert reply.endswith(b"AT-S.Certificate Error:23\r\nAT-S.ERROR:74:Failed to open socket\r\n")


async def test_plain_tcp_as_an_option(broker: Mosquitto, witness: Client) -> None:
    await witness.subscribe("up")
    async with module_in_front_of() as host:
        over_tcp = host.module.profile.evolve(mqtt_over_websocket=False)
        host.module.mqtt._board = host.module.board._replace(profile=over_tcp)
        line = f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.plain_login},,,{USERNAME},{PASSWORD}"
        assert await host.command(line) == ON
        assert await host.command("AT+S.MQTTPUB=0,up,1,0,2", b"hi") == OK
        assert (await next_message(witness)).payload == b"hi"
        assert await host.command("AT+S.MQTTDISC=0") == OK


async def test_a_broker_without_web_sockets(broker: Mosquitto) -> None:
    async with module_in_front_of() as host:
        reply = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.plain}")
        assert reply == b"AT-S.ERROR:74:Failed to open socket\r\n"
        assert "no MQTT at 192.168.0.2" in str(host.events(Note)[-1])


async def test_a_broker_that_hangs_up_instead_of_answering() -> None:
    async with web_socket_server(subprotocols=["mqtt"]) as server, module_in_front_of() as host:
        host.face.write(f"AT+S.MQTTCONN=192.168.0.2,{server.port}\r".encode())
        connection = await server.connection()
        assert connection.request is not None
        assert (connection.request.path, connection.subprotocol) == ("/mqtt", "mqtt")
        assert bytes(await server.message()).startswith(b"\x10")  # type: ignore[arg-type]
        await connection.close()
        assert await host.until(b"\r\n") == b"AT-S.ERROR:74:Failed to open socket\r\n"


@asynccontextmanager
async def in_front_of_a_script(*, patience: float = 20) -> AsyncIterator[tuple[ModuleHost, Served, ServerConnection]]:
    """A module whose broker says what the test says, from CONNACK on."""
    async with web_socket_server(subprotocols=["mqtt"]) as server, module_in_front_of(patience=patience) as host:
        host.face.write(f"AT+S.MQTTCONN=192.168.0.2,{server.port}\r".encode())
        connection = await server.connection()
        await connection.send(b"\x20\x02\x00\x00")
        assert await host.until(OK) == ON
        await server.message()
        yield host, server, connection


async def test_a_subscription_that_the_broker_refuses() -> None:
    async with in_front_of_a_script() as (host, server, connection):
        host.face.write(b"AT+S.MQTTSUB=0,a,1\r")
        subscribe = await server.message()
        assert isinstance(subscribe, bytes)
        await connection.send(b"\x90\x03" + subscribe[2:4] + b"\x80")
        assert await host.until(b"\r\n") == b"AT-S.ERROR:111:Request failed\r\n"


async def test_a_broker_that_acknowledges_nothing() -> None:
    async with in_front_of_a_script(patience=0.2) as (host, _, _):
        assert await host.command("AT+S.MQTTPUB=0,a,1,0,1", b".") == b"AT-S.ERROR:79:Write failed\r\n"
        assert await host.command("AT+S.MQTTUNSUB=0,a") == b"AT-S.ERROR:111:Request failed\r\n"
        assert await host.command("AT+S.MQTTPUB=0,a,0,0,1", b".") == OK


async def test_what_is_no_mqtt_ends_the_connection() -> None:
    async with in_front_of_a_script() as (host, _, connection):
        host.face.write(b"AT+S.MQTTSUB=0,a,1\r")
        await connection.send(b"\x00\x00\xff\xff\xff\xff\xff")
        replies = await host.until(re.compile(rb"ERROR[\s\S]*Closed:0\r\n"))
        assert replies == b"AT-S.ERROR:111:Request failed\r\n+WIND:87:MQTT Closed:0\r\n"


async def test_octets_split_and_joined_by_the_broker_s_frames() -> None:
    async with in_front_of_a_script() as (host, _, connection):
        packet = b"\x30\x05\x00\x01ahi"
        for octet in packet:
            await connection.send(bytes([octet]))
        await connection.send([packet[:3], packet[3:] + packet])
        assert [await indicated(host) for _ in range(3)] == [(b"a", b"hi", 0, 0)] * 3


async def test_the_connection_counts_as_a_web_socket(host: ModuleHost, broker: Mosquitto) -> None:
    async with web_socket_server() as server:
        line = f"AT+S.WSOCKON=192.168.0.2,{server.port}"
        assert await host.command(line) == b"AT-S.On:1\r\n" + OK
        assert await host.command(line) == b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command("AT+S.WSOCKQ=0") == b"AT-S.ERROR:76:Illegal Socket ID\r\n"
        assert await host.command("AT+S.MQTTDISC=1") == b"AT-S.ERROR:76:Illegal Socket ID\r\n"
        await host.command("AT+S.WSOCKC=1")
        again = await host.command(CONNECT.format(broker.ports.web))
        assert again == b"AT-S.ERROR:75:Too many sockets\r\n"


async def test_firmware_1_0_0_repeats_the_last_character_of_the_topic(host: ModuleHost, witness: Client) -> None:
    host.module.mqtt._board = host.module.board._replace(profile=FIRMWARE_1_0_0)
    await host.command("AT+S.MQTTSUB=0,topic,")
    await witness.publish("topic", b"x")
    assert (await indicated(host))[0] == b"topicc"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AT+S.MQTTCONN=192.168.0.2", b"2:Missing argument(s)"),
        ("AT+S.MQTTCONN=192.168.0.2,0", b"33:Argument evaluated to zero"),
        ("AT+S.MQTTCONN=h,1,,,,,,,,,,,", b"6:Too many argument(s)"),
        ("AT+S.MQTTCONN=h,1,,,,,\xff", b"7:Invalid argument(s)"),
        ("AT+S.MQTTSUB=0,", b"2:Missing argument(s)"),
        ("AT+S.MQTTSUB=0,a,3", b"7:Invalid argument(s)"),
        ("AT+S.MQTTSUB=0,a/#/b", b"7:Invalid argument(s)"),
        ("AT+S.MQTTSUB=1,a", b"76:Illegal Socket ID"),
        ("AT+S.MQTTUNSUB=1,a", b"76:Illegal Socket ID"),
        ("AT+S.MQTTPUB=0,a,0,0", b"2:Missing argument(s)"),
        ("AT+S.MQTTPUB=0,a/+,0,0,0", b"7:Invalid argument(s)"),
        ("AT+S.MQTTPUB=1,a,0,0,0", b"76:Illegal Socket ID"),
        ("AT+S.MQTTPUB=0,a,0,2,0", b"7:Invalid argument(s)"),
    ],
)
async def test_wrong_arguments(host: ModuleHost, line: str, reply: bytes) -> None:
    assert await host.command(line) == b"AT-S.ERROR:" + reply + b"\r\n"


async def test_a_broker_that_hangs_up_because_of_the_will(broker: Mosquitto) -> None:
    async with module_in_front_of() as host:
        line = f"AT+S.MQTTCONN=192.168.0.2,{broker.ports.web},,,,,,,,0,a/#,x"
        assert await host.command(line) == b"AT-S.ERROR:74:Failed to open socket\r\n"


async def test_keep_alive_can_be_switched_off(broker: Mosquitto) -> None:
    async with connected(broker.ports.web, ",,,,,me,0"):
        await broker.wait_for("as me (p2, c1, k0)")


async def test_keep_alive_keeps_the_connection(broker: Mosquitto) -> None:
    async with connected(broker.ports.web, ",,,,,me,1") as host:
        await broker.wait_for("Sending PINGRESP to me")
        assert await host.command("AT+S.MQTTPUB=0,a,1,0,1", b".") == OK


async def test_a_reset_while_the_broker_keeps_the_module_waiting() -> None:
    async with web_socket_server(subprotocols=["mqtt"]) as server, module_in_front_of() as host:
        host.face.write(f"AT+S.MQTTCONN=192.168.0.2,{server.port}\r".encode())
        connection = await server.connection()
        await server.message()
        host.module.reset()
        await connection.wait_closed()
        assert b"MQTT" not in await host.boot()
        assert len(host.events(SocketClosed)) == 1


async def test_a_message_that_does_not_fit_the_heap_is_error_91(host: ModuleHost) -> None:
    assert await host.command("AT+S.MQTTPUB=0,a,0,0,65535") == b"AT-S.ERROR:91:Low Memory\r\n"


async def test_a_server_that_answers_no_upgrade() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with raw_server(converse) as port, module_in_front_of() as host:
        reply = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{port}")
        assert reply == b"AT-S.ERROR:74:Failed to open socket\r\n"
