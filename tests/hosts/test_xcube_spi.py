"""The dialogue of ST's own driver over SPI, over a real socket, against real peers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.peers.https import HttpsServer
from emulator.peers.peer import Site
from tests.hosts.driven import STATION, DrivenModule, module_on_spi
from tests.hosts.test_mbed import PATTERN, echo_server
from tests.hosts.xcube_spi import RefusedError, XcubeSpiHost
from tests.websocket.servers import web_socket_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiomqtt import Client

    from emulator.peers.pki import Pki
    from tests.mqtt.mosquitto import Mosquitto


@asynccontextmanager
async def started_module(*maps: str) -> AsyncIterator[DrivenModule[XcubeSpiHost]]:
    """A module that the driver has initialised; its radio idles."""
    async with module_on_spi(XcubeSpiHost, *maps) as module:
        await module.run(XcubeSpiHost.start_up)
        yield module


@asynccontextmanager
async def joined_module(*maps: str) -> AsyncIterator[DrivenModule[XcubeSpiHost]]:
    """A module that the driver has led into the network."""
    async with started_module(*maps) as module:
        await module.run(lambda host: host.join("office", "a secret phrase"))
        yield module


async def test_values_pins_and_errors() -> None:
    async with started_module() as module:

        def dialogue(host: XcubeSpiHost) -> None:
            assert host.value("AT+S.GCFG=wifi_mode") == b"0"
            assert host.value("AT+S.STS=fw_version") >= b"1.1.0"
            host.command("AT+S.GPIOC=4,out")
            host.command("AT+S.GPIOW=4,1")
            assert host.pin(4) == (1, 1)
            for line, code in (("AT+S.GPIOC=3,out", 24), ("AT+S.GCFG=nothing", 4), ("AT+S.SCFG=wifi_mode", 2)):
                with pytest.raises(RefusedError, match=f"^{code}$"):
                    host.command(line)
            assert host.command("AT") == []

        await module.run(dialogue)


async def test_networks() -> None:
    async with started_module() as module:

        def dialogue(host: XcubeSpiHost) -> None:
            (network,) = host.networks()
            assert network.ssid == "office"
            assert network.security == {"WPA2"}
            assert host.ignored == 1
            host.command("AT+S.SCAN=d,/scan.txt")
            content = b"".join(host.command("AT+S.FSP=/scan.txt,,"))
            assert b"SSID: 'office'" in content
            assert content.endswith(b"WPA2 \r\n")

        await module.run(dialogue)


async def test_client_sockets() -> None:
    async with echo_server() as port, joined_module() as module:

        def dialogue(host: XcubeSpiHost) -> None:
            assert host.socket(f"AT+S.SOCKON=10.1.1.1,{port},NULL,t") == 0
            host.command(f"AT+S.SOCKW=0,{len(PATTERN)}", PATTERN)
            assert host.pending() == (9, 0)
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.query("AT+S.SOCKQ=0")
                if waiting:
                    back += b"".join(host.command(f"AT+S.SOCKR=0,{waiting}"))
                    assert host.ignored == 1
            assert back == PATTERN
            host.command("AT+S.SOCKC=0")
            with pytest.raises(RefusedError, match="76"):
                host.query("AT+S.SOCKQ=0")

        await module.run(dialogue)


async def test_data_for_no_socket_are_clocked_into_the_error() -> None:
    async with started_module() as module:

        def dialogue(host: XcubeSpiHost) -> None:
            # The driver takes the low line for the demand for data: its data and the error are lost. After a time it
            # gives up, and the next command works.
            host.lose("AT+S.SOCKW=5,12", b"not for them")
            assert host.command("AT") == []

        await module.run(dialogue)


async def test_a_server_socket() -> None:
    async with started_module() as module:

        def open_server(host: XcubeSpiHost) -> None:
            host.start_mini_ap("module")
            assert host.indication(28)[:17].decode() == STATION
            assert host.indication(29).endswith(STATION.encode())
            assert host.id("AT+S.SOCKDON=18080,t") == 0

        await module.run(open_server)
        reader, writer = await asyncio.open_connection("127.0.0.1", await module.opened(18080))
        writer.write(PATTERN)

        def serve(host: XcubeSpiHost) -> None:
            assert host.client(61) == (0, 0)
            assert host.pending() == (0, 0)
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.query("AT+S.SOCKDQ=0,0")
                back += b"".join(host.command(f"AT+S.SOCKDR=0,0,{waiting}")) if waiting else b""
            host.command(f"AT+S.SOCKDW=0,0,{len(back)}", back)

        await module.run(serve)
        assert await reader.readexactly(len(PATTERN)) == PATTERN
        writer.close()

        def end(host: XcubeSpiHost) -> None:
            assert host.client(62) == (0, 0)
            host.command("AT+S.SOCKDC=0,0")
            host.command("AT+S.SOCKDC=0")

        await module.run(end)


async def test_files_certificates_and_https(pki: Pki) -> None:
    site = Site(pki.direct_server, None, {"/page": PATTERN})
    async with HttpsServer(site) as server, joined_module(f"192.168.0.2:443=127.0.0.1:{server.port}") as module:

        def dialogue(host: XcubeSpiHost) -> None:
            host.command("AT+S.FSC=/note,5", b"hello")
            assert host.command("AT+S.FSP=/note") == [b"hello"]
            assert any(line.endswith(b"\tnote") for line in host.command("AT+S.FSL"))
            host.command("AT+S.FSD=/note")
            host.command("AT+S.TIME=1767225600")
            certificate, key_id = pki.root.certificate_der, pki.root.identity.subject_key_identifier
            (shown,) = host.command(f"AT+S.TLSCERT=ca,{len(certificate)}", certificate)
            assert shown.replace(b":", b"") == key_id.hex().upper().encode()
            host.command("AT+S.TLSCERT=auth,20", key_id)
            assert host.socket("AT+S.SOCKON=192.168.0.2,443,NULL,s", secure=True) == 0
            host.command("AT+S.SOCKC=0")
            loading, status, *body = host.command("AT+S.HTTPGET=192.168.0.2,/page,443,2,NULL,NULL,NULL,NULL")
            assert (loading, status) == (b"1:2", b"200")
            assert b"".join(body) == PATTERN

        await module.run(dialogue)


async def test_a_web_socket() -> None:
    async with web_socket_server() as server, joined_module() as module:
        opened = f"AT+S.WSOCKON=10.1.1.1,{server.port},NULL,0,NULL,NULL,NULL,NULL,NULL"
        assert await module.run(lambda host: host.id(opened)) == 0
        await (await server.connection()).send("good day")
        assert await module.run(lambda host: host.indication(88)) == b"0:1:1:8:8"


async def test_mqtt(broker: Mosquitto, witness: Client) -> None:
    await witness.subscribe("from/module")
    async with joined_module() as module:

        def connect(host: XcubeSpiHost) -> None:
            nothing = ",".join(["NULL"] * 10)
            assert host.id(f"AT+S.MQTTCONN=10.1.1.1,{broker.ports.web},{nothing}") == 0
            host.command("AT+S.MQTTSUB=0,to/module,NULL")
            host.command("AT+S.MQTTPUB=0,from/module,NULL,NULL,11", b"it is warm\n")

        await module.run(connect)
        async with asyncio.timeout(10):
            assert (await anext(witness.messages)).payload == b"it is warm\n"
        await witness.publish("to/module", b"switch on")

        def end(host: XcubeSpiHost) -> None:
            assert host.published() == (0, "to/module", b"switch on")
            host.command("AT+S.MQTTUNSUB=0,to/module")
            host.command("AT+S.MQTTDISC=0")
            assert host.indication(87) == b"0"

        await module.run(end)
