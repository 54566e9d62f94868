"""MQTT: connect, subscribe, publish, unsubscribe, disconnect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.commands.opening import announce
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import HostName, Integer, Port, Switch, Text, Word
from firmware_model.mqtt import Broker
from firmware_model.outside import MqttLogin, MqttMessage
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver
from firmware_model.web.http_request import Endpoint

if TYPE_CHECKING:
    from firmware_model.module import Module

_Id = Annotated[int, Integer(0, 255, above=Error.ILLEGAL_SOCKET_ID)]
_Tls = Annotated[int, Integer(0, 2)]
"""0 plain, 2 TLS; 1 is taken as TLS too (assumed)."""
_QoS = Annotated[int, Integer(0, 2)]
_Length = Annotated[int, Integer(0, 0xFFFF, above=Error.ARGUMENT_TOO_LARGE)]
_Credential = Annotated[str, Text(128)]


@command("MQTTCONN", spi_id=0x5A, source=driver("XC-CONST, XC-SPI"))
async def connect_broker(
    module: Module,
    hostname: HostName,
    port: Port,
    path: Word = "/mqtt",
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
    client_id: _Credential = "",
    keepalive: Annotated[int, Integer(0, 0xFFFF)] = 60,
    retry: Annotated[int, Integer(0, 255)] = 0,
    lwt_qos: _QoS = 0,
    lwt_topic: Word = "",
    lwt_message: Word = "",
) -> Replies:
    """Connect to an MQTT broker, trying so many times again; LWT is the last will."""
    broker = Broker(Endpoint.of(hostname, port, tls=tls > 0), path)
    will = MqttMessage(_utf8(lwt_topic), lwt_message.encode("latin-1"), lwt_qos, retained=False) if lwt_topic else None
    login = MqttLogin(
        client_id=_utf8(client_id) or _default_client_id(module),
        keepalive=keepalive,
        username=_utf8(username) or None,
        password=_utf8(password) or None,
        will=will,
    )
    async for reply in announce(module.mqtt.connect(broker, login, retries=retry)):
        yield reply


@command("MQTTSUB", spi_id=0x5B, source=driver("XC-CONST"))
async def subscribe(module: Module, id: _Id, topic: Word, qos: _QoS = 0) -> None:  # noqa: A002 - the manual's name
    """Subscribe to a topic, wildcards allowed."""
    await module.mqtt.subscribe(id, _utf8(topic), qos)


@command("MQTTPUB", spi_id=0x5C, source=driver("XC-CONST"))
async def publish(
    module: Module,
    id: _Id,  # noqa: A002
    topic: Word,
    qos: _QoS = 0,
    retained: Switch = 0,
    *,
    length: _Length,
    data: Data,
) -> None:
    """Publish the data that follows."""
    module.mqtt.check(id)
    with module.heap.allocated(length):
        payload = await data.read(length) if length else b""
        await module.mqtt.publish(id, MqttMessage(_utf8(topic), payload, qos, retained == 1))


@command("MQTTUNSUB", spi_id=0x5D, source=driver("XC-CONST"))
async def unsubscribe(module: Module, id: _Id, topic: Word) -> None:  # noqa: A002
    """Undo a subscription."""
    await module.mqtt.unsubscribe(id, _utf8(topic))


@command("MQTTDISC", spi_id=0x5E, source=driver("XC-CONST"))
async def disconnect_broker(module: Module, id: _Id) -> None:  # noqa: A002
    """Disconnect from the broker."""
    await module.mqtt.disconnect(id)


def _utf8(text: str) -> str:
    """Text of the command line, one character an octet, as the Unicode that MQTT demands. Raises AtError 7."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError as failure:
        raise AtError(Error.INVALID_ARGUMENTS) from failure


def _default_client_id(module: Module) -> str:
    """The client id when none is given (assumed): the model and the MAC address."""
    return "SPWF04S-" + module.configuration.get("nv_wifi_macaddr").replace(":", "")
