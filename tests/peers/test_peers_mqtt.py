"""The embedded MQTT broker against mosquitto's clients, aiomqtt and the module itself."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from aiomqtt import Client, MqttError, Will

from emulator.peers.mqtt.server import MqttBroker
from emulator.peers.peer import Site
from emulator.peers.stream_server import Strict
from emulator.peers.tls_stream import server_context
from tests.websocket.servers import give_certificates, module_in_front_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from aiomqtt import Message

    from emulator.peers.pki import Pki, PkiFiles

OK = b"AT-S.OK\r\n"
BINARY = bytes(range(256)) + b"\r\n"


@pytest.fixture
async def broker() -> AsyncIterator[MqttBroker]:
    async with MqttBroker() as running:
        yield running


def client(broker: MqttBroker, name: str, **options: object) -> Client:
    return Client("127.0.0.1", broker.port, identifier=name, **options)  # type: ignore[arg-type]


async def next_message(client: Client) -> Message:
    async with asyncio.timeout(20):
        return await anext(client.messages)


@dataclass
class Program:
    """A client of mosquitto's, and what it says."""

    process: asyncio.subprocess.Process

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().rstrip("\n")


@asynccontextmanager
async def running(name: str, broker: MqttBroker, *options: str) -> AsyncIterator[Program]:
    command = (name, "-h", "127.0.0.1", "-p", str(broker.port), *options)
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def finished(name: str, broker: MqttBroker, *options: str) -> tuple[int | None, str]:
    async with running(name, broker, *options) as program, asyncio.timeout(20):
        output, _ = await program.process.communicate()
        return program.process.returncode, output.decode()


TRANSPORTS = {"tcp": [], "websocket": ["--ws"]}


@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_mosquittos_clients(need_program: Callable[[str], None], broker: MqttBroker, qos: str) -> None:
    need_program("mosquitto_sub")
    options = ("-q", qos, "-t", "a/+", "-C", "1", "-F", "%t %q %r %p")
    async with running("mosquitto_sub", broker, *options) as listener:
        await broker.event("to a/+ (QoS " + qos)
        status, words = await finished("mosquitto_pub", broker, "-q", qos, "-t", "a/b", "-m", "hello")
        assert (status, words) == (0, "")
        assert await listener.line() == f"a/b {qos} 0 hello"


async def test_mosquitto_gets_a_retained_message_until_it_is_taken_back(
    need_program: Callable[[str], None], broker: MqttBroker
) -> None:
    need_program("mosquitto_sub")
    await finished("mosquitto_pub", broker, "-r", "-q", "1", "-t", "kept", "-m", "keep")
    assert broker.retained["kept"].payload == b"keep"
    status, words = await finished("mosquitto_sub", broker, "-t", "kept", "-C", "1", "-F", "%r %p")
    assert (status, words) == (0, "1 keep\n")
    await finished("mosquitto_pub", broker, "-r", "-n", "-t", "kept")
    assert broker.retained == {}


async def test_a_client_of_mqtt_5_is_told_that_it_is_not_understood(
    need_program: Callable[[str], None], broker: MqttBroker
) -> None:
    need_program("mosquitto_pub")
    status, _ = await finished("mosquitto_pub", broker, "-V", "5", "-t", "a", "-m", "b")
    assert status != 0
    assert "it does not speak MQTT 3.1.1" in await broker.event("is refused")


async def test_a_lasting_session_keeps_what_comes_meanwhile(
    need_program: Callable[[str], None], broker: MqttBroker
) -> None:
    need_program("mosquitto_sub")
    lasting = ("-i", "sleeper", "-c", "-q", "2", "-t", "night/#")
    assert (await finished("mosquitto_sub", broker, *lasting, "-E"))[0] == 0
    for number, qos in enumerate("012"):
        await finished("mosquitto_pub", broker, "-q", qos, "-t", f"night/{number}", "-m", qos)
    status, words = await finished("mosquitto_sub", broker, *lasting, "-C", "2", "-F", "%t %q")
    assert (status, words) == (0, "night/1 1\nnight/2 2\n")


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("payload", [b"", b"x", BINARY, 200_000 * b"y"], ids=["0", "1", "binary", "200 kB"])
async def test_messages_arrive_whole(broker: MqttBroker, transport: str, payload: bytes) -> None:
    async with client(broker, "one", transport=transport) as one, client(broker, "two") as two:
        await two.subscribe("#", qos=2)
        for qos in (0, 1, 2):
            await one.publish("up", payload, qos=qos)
            message = await next_message(two)
            assert (message.payload or b"", message.qos, message.retain) == (payload, qos, False)
    assert "'one' over " + {"tcp": "TCP", "websockets": "WebSocket"}[transport] in " ".join(broker.events)


async def test_the_granted_quality_is_the_lower_one_and_unsubscribing_ends_it(broker: MqttBroker) -> None:
    async with client(broker, "one") as one:
        await one.subscribe([("a", 0), ("a/#", 1)])
        await one.publish("a", b"1", qos=2)
        assert (await next_message(one)).qos == 1
        await one.unsubscribe("a/#")
        await one.publish("a", b"2", qos=2)
        assert (await next_message(one)).qos == 0
        await one.unsubscribe("a")
        await one.publish("a", b"3", qos=1)
        assert "for 0" in await broker.event("1 octets '3'")


async def test_a_filter_that_is_none_is_refused(broker: MqttBroker) -> None:
    async with client(broker, "one") as one:
        with pytest.raises(ValueError, match="Invalid subscription filter"):
            await one.subscribe("a+")


async def test_the_will_is_published_when_a_client_is_lost_and_not_when_it_leaves(broker: MqttBroker) -> None:
    will = Will("wills", b"gone", qos=1, retain=True)
    async with client(broker, "heir") as heir:
        await heir.subscribe("wills", qos=1)
        async with client(broker, "polite", will=will):
            pass
        await broker.event("'polite' disconnected")
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
        writer.write(bytes.fromhex("10 1d 0004 4d515454 04 2e 0000 0004 6c6f7374 0005 77696c6c73 0004 676f6e65"))
        assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
        writer.transport.abort()
        message = await next_message(heir)
        assert (message.payload, message.qos) == (b"gone", 1)
    assert broker.retained["wills"].payload == b"gone"
    assert "will of 'polite'" not in " ".join(broker.events)


async def test_the_same_client_twice_ends_the_older_connection(broker: MqttBroker) -> None:
    older, newer = client(broker, "twin"), client(broker, "twin")
    await older.__aenter__()
    async with newer:
        with pytest.raises(MqttError):
            await next_message(older)
        await newer.subscribe("y")
        await newer.publish("y", b"1")
        assert (await next_message(newer)).payload == b"1"
    assert await broker.event("'twin' connected once more")


async def test_a_login_is_demanded_when_there_is_one() -> None:
    async with MqttBroker(login=("device", "s3cret")) as broker:
        async with client(broker, "right", username="device", password="s3cret"):
            pass
        with pytest.raises(MqttError, match=r"(?i)bad user name or password"):
            await client(broker, "wrong", username="device", password="no").__aenter__()
        with pytest.raises(MqttError):
            await client(broker, "none").__aenter__()
    assert "user 'device'" in " ".join(broker.events)


async def test_who_is_silent_for_too_long_is_let_go(broker: MqttBroker) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    writer.write(bytes.fromhex("10 0e 0004 4d515454 04 02 0001 0002 6d65"))
    assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
    assert await reader.read() == b""
    assert "nothing was heard for 1.5 s" in " ".join(broker.events)
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"\x10\x00", "CONNECT is shorter than it says"),
        (b"\xc0\x00", "the first packet is no CONNECT"),
        (b"AT+S.MQTTCONN\r", "no MQTT 3.1.1"),
    ],
)
async def test_what_is_no_mqtt_ends_the_connection(broker: MqttBroker, octets: bytes, words: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    writer.write(octets)
    assert await reader.read() == b""
    assert words in await broker.event("no MQTT")
    writer.close()
    await writer.wait_closed()


async def test_a_request_that_is_no_web_socket_is_answered_400(broker: MqttBroker) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()


async def test_the_module_over_a_web_socket(broker: MqttBroker) -> None:
    async with client(broker, "witness") as witness, module_in_front_of() as host:
        assert await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.port},,,,,,,,,,") == b"AT-S.On:0\r\n" + OK
        assert "over WebSocket, keep-alive 60 s" in await broker.event("'SPWF04S-0080E1BD0039' over")
        await witness.subscribe("up")
        assert await host.command("AT+S.MQTTPUB=0,up,2,,5", b"hello") == OK
        assert (await next_message(witness)).payload == b"hello"
        assert await host.command("AT+S.MQTTSUB=0,down,1") == OK
        await witness.publish("down", b"world", qos=1)
        assert await host.until(b"world\r\n") == b"+WIND:86:MQTT Published:0:down:1:0:0:5:5:world\r\n"
        assert await host.command("AT+S.MQTTDISC=0") == OK
        await broker.event("'SPWF04S-0080E1BD0039' disconnected")


async def test_the_module_over_tls_with_its_certificate(pki: Pki) -> None:
    security = Strict(server_context(Site(pki.server, pki.root)))
    async with MqttBroker(security) as broker, module_in_front_of() as host:
        await give_certificates(host, pki)
        answer = await host.command(f"AT+S.MQTTCONN=192.168.0.2,{broker.port},,2,,,,,,,,")
        assert answer.endswith(b"AT-S.On:0\r\n" + OK)
        assert "'SPWF04'" in await broker.event("handshake complete")
        assert await host.command("AT+S.MQTTDISC=0") == OK


async def test_mosquitto_over_tls(need_program: Callable[[str], None], pki: Pki, pki_files: PkiFiles) -> None:
    need_program("mosquitto_pub")
    security = Strict(server_context(Site(pki.server, pki.root)))
    options: Sequence[str] = ("--cafile", str(pki_files.ca), "-t", "a", "-m", "b", "--tls-version", "tlsv1.2")
    own = ("--cert", str(pki_files.client_bundle), "--key", str(pki_files.client_key))
    async with MqttBroker(security) as broker:
        assert await finished("mosquitto_pub", broker, *options, *own) == (0, "")
        assert (await finished("mosquitto_pub", broker, *options))[0] != 0
        assert "peer did not return a certificate" in await broker.refusal()
