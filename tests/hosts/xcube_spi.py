"""A host that behaves like ST's X-CUBE-WIFI1 3.1 over SPI: how it builds frames, reads packets and parses both.

It writes a frame without looking at what comes in, reads a header at each low interrupt line, raises chip select
between header and payload, and reads at most 1024 octets at a time. With ``console_verbose`` 0 it takes a payload for
the bare values.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faces.spi.client import SpiMaster
from tests.hosts.serial_line import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 30.0
_READ_HEADER: Final = b"\x02\0\0\0\0"
_BUFFER = 1024
_IGNORED = (0xFE, 0xFF)
"""Marks of an empty packet that it takes for a corrupted OK."""
_IDS: Final = {
    "AT": 0x01,
    "AT+S.PMS": 0x04,
    "AT+S.STS": 0x05,
    "AT+S.GCFG": 0x09,
    "AT+S.SCFG": 0x0A,
    "AT+S.WCFG": 0x0B,
    "AT+S.FCFG": 0x0C,
    "AT+S.TIME": 0x11,
    "AT+S.GPIOC": 0x13,
    "AT+S.GPIOR": 0x14,
    "AT+S.GPIOW": 0x15,
    "AT+S.FSC": 0x23,
    "AT+S.FSD": 0x25,
    "AT+S.FSL": 0x27,
    "AT+S.FSP": 0x28,
    "AT+S.TLSCERT": 0x2B,
    "AT+S.WIFI": 0x32,
    "AT+S.SCAN": 0x33,
    "AT+S.SSIDTXT": 0x34,
    "AT+S.SOCKON": 0x41,
    "AT+S.SOCKQ": 0x42,
    "AT+S.SOCKC": 0x43,
    "AT+S.SOCKW": 0x44,
    "AT+S.SOCKR": 0x45,
    "AT+S.SOCKDON": 0x47,
    "AT+S.SOCKDQ": 0x48,
    "AT+S.SOCKDC": 0x49,
    "AT+S.SOCKDW": 0x4A,
    "AT+S.SOCKDR": 0x4B,
    "AT+S.HTTPGET": 0x54,
    "AT+S.MQTTCONN": 0x5A,
    "AT+S.MQTTSUB": 0x5B,
    "AT+S.MQTTPUB": 0x5C,
    "AT+S.MQTTUNSUB": 0x5D,
    "AT+S.MQTTDISC": 0x5E,
    "AT+S.WSOCKON": 0x61,
}
"""Its own table of commands."""
_NETWORK = re.compile(
    rb"(\d+):\t BSS ([0-9A-F:]{17}) CHAN: (\d+) RSSI: (-\d+) SSID: '([^']*)' CAPS: ([0-9A-F]{4}) ([^\r\n]*)"
)
_PUBLISHED = re.compile(rb"(\d+):([^:]*):\d+:\d+:\d+:(\d+):(\d+):(.*)", re.DOTALL)
"""Id, topic, three numbers, size of this part, size of all, payload."""


class RefusedError(Exception):
    """The command ended with an error: its code."""


class Network(NamedTuple):
    """What it makes of a line of SCAN."""

    ssid: str
    channel: int
    rssi: int
    security: frozenset[str]


class Published(NamedTuple):
    """What it makes of WIND 86."""

    id: int
    topic: str
    payload: bytes


class XcubeSpiHost:
    """One driver on one bus."""

    def __init__(self, address: str) -> None:
        """Connect, holding the module in reset."""
        self._bus = SpiMaster(address, _PATIENCE)
        self._bus.drive_reset(high=False)
        self._bus.select(selected=False)
        self._data = b""
        self._replies: deque[tuple[int, bytes]] = deque()
        self.indications: deque[tuple[int, bytes]] = deque()
        self.ignored = 0
        """Packets that it took for a corrupted OK in the last reply."""

    def close(self) -> None:
        self._bus.close()

    # Sequences

    def start_up(self) -> None:
        """Initialise as ``wifi_init`` does over SPI."""
        self._bus.drive_reset(high=True)
        self.indication(32)
        self.command("AT+S.SCFG=console_verbose,0")
        self.command("AT+S.SCFG=console_echo,0")
        self.command("AT+S.WIFI=0")
        self.indication(38)
        self.command("AT+S.SCFG=wifi_mode,0")
        self.command("AT+S.WIFI=1")
        self.indication(32)
        self.command("AT+S.TLSCERT=content,2")

    def join(self, ssid: str, passphrase: str) -> None:
        """Join a network; both addresses are waited for."""
        self._begin(ssid, ("wifi_wpa_psk_text," + passphrase, "wifi_priv_mode,2", "wifi_mode,1"))
        for _ in range(2):
            self.indication(24)

    def start_mini_ap(self, ssid: str) -> None:
        self._begin(ssid, ("wifi_priv_mode,0", "wifi_mode,3", "wifi_channelnum,11"))
        self.indication(26)

    def _begin(self, ssid: str, settings: tuple[str, ...]) -> None:
        self.command("AT+S.WIFI=0")
        self.indication(38)
        self.command(f"AT+S.SSIDTXT={ssid}")
        for setting in settings:
            self.command(f"AT+S.SCFG={setting}")
        self.command("AT+S.WIFI=1")
        self.indication(32)

    # Commands and what it makes of the answers

    def command(self, text: str, data: bytes = b"") -> list[bytes]:
        """Send a command and its data; the payloads of its reply. Raises RefusedError."""
        self._write(_frame(text, len(data)))
        self._data = data
        self.ignored = 0
        payloads = []
        while True:
            mark, payload = self._reply()
            if payload:
                payloads.append(payload)
            elif not mark:
                return payloads
            elif mark in _IGNORED:
                self.ignored += 1
            else:
                raise RefusedError(mark)

    def lose(self, text: str, data: bytes) -> None:
        """Send a command and its data at the first low line, whatever that means, and wait for no answer."""
        self._write(_frame(text, len(data)))
        self._data = data
        self._serve_interrupt()

    def value(self, text: str) -> bytes:
        """What stands behind the equals sign."""
        (payload,) = self.command(text)
        return payload.partition(b"=")[2]

    def pin(self, number: int) -> tuple[int, int]:
        """Level and direction: the second and third token between colons."""
        (payload,) = self.command(f"AT+S.GPIOR={number}")
        tokens = payload.split(b":")
        return tokens[1][0] - ord("0"), tokens[2][0] - ord("0")

    def socket(self, text: str, *, secure: bool = False) -> int:
        """Open a client socket: the second token's first character. The first payload of a secure one is skipped."""
        payloads = self.command(text)
        return payloads[1 if secure else 0].split(b":")[1][0] - ord("0")

    def id(self, text: str) -> int:
        """Open a server socket, a web socket or MQTT: the first character."""
        (payload,) = self.command(text)
        return payload[0] - ord("0")

    def query(self, text: str) -> int:
        """The number that the payload begins with."""
        (payload,) = self.command(text)
        return int(payload)

    def networks(self) -> list[Network]:
        """Scan: one payload for each network."""
        return [_network(payload) for payload in self.command("AT+S.SCAN=d,")]

    def indication(self, number: int) -> bytes:
        """Wait for an indication; its payload. What comes before it is forgotten."""
        while True:
            while self.indications:
                found, payload = self.indications.popleft()
                if found == number:
                    return payload
            self._serve_interrupt()

    def pending(self) -> tuple[int, int]:
        """Wait for WIND 55: server, or 9 for none, and socket."""
        payload = self.indication(55)
        if payload.startswith(b":"):
            return 9, payload[1] - ord("0")
        return payload[0] - ord("0"), payload[2] - ord("0")

    def client(self, number: int) -> tuple[int, int]:
        """Wait for WIND 61 or 62: server and client, the third and fourth token."""
        tokens = self.indication(number).split(b":")
        return tokens[2][0] - ord("0"), tokens[3][0] - ord("0")

    def published(self) -> Published:
        """Wait for WIND 86."""
        payload = self.indication(86)
        match = _PUBLISHED.fullmatch(payload)
        if match is None or int(match[3]) != len(match[5]):
            raise ProtocolError(f"WIND 86 came as {payload!r}")
        return Published(int(match[1]), match[2].decode(), match[5])

    # The bus

    def _reply(self) -> tuple[int, bytes]:
        while not self._replies:
            self._serve_interrupt()
        return self._replies.popleft()

    def _write(self, frame: bytes) -> None:
        """Write a frame without looking; an indication that comes at that moment is lost."""
        while self._bus.interrupt_is_low():
            self._serve_interrupt()
        self._bus.select(selected=True)
        self._bus.transfer(frame)
        self._bus.select(selected=False)

    def _serve_interrupt(self) -> None:
        """What the interrupt's handler does: data if the command has any, else a packet."""
        self._bus.wait_for_interrupt(low=True)
        self._bus.select(selected=True)
        if self._data:
            self._bus.transfer(self._data)
            self._data = b""
        else:
            self._read_packet()
        self._bus.select(selected=False)

    def _read_packet(self) -> None:
        sync, status, number, low, high = self._bus.transfer(_READ_HEADER)
        if sync != 0x02:
            raise ProtocolError(f"unknown packet, it begins with 0x{sync:02X}")
        length = high << 8 | low
        match status >> 4:
            case 1:
                if length > _BUFFER:
                    raise ProtocolError(f"the end of {length} octets would be lost")
                self.indications.append((number, self._bus.transfer(b"\xff" * length)))
            case 3:
                self._bus.select(selected=False)
                self._bus.select(selected=True)
                pieces = range(0, length, _BUFFER)
                payload = b"".join(self._bus.transfer(bytes(min(_BUFFER, length - start))) for start in pieces)
                self._replies.append((number, payload))
            case kind:
                raise ProtocolError(f"unknown packet of kind {kind}")


def _frame(text: str, data: int) -> bytes:
    """A frame from a command line; its length counts the data. Empty parameters vanish, NULL is an empty one."""
    name, _, tail = text.partition("=")
    fields = list(_fields(tail))
    content = bytes([_IDS[name], len(fields)]) + b"".join(fields)
    return b"\x02" + (len(content) + data).to_bytes(2, "big") + content


def _fields(tail: str) -> Iterator[bytes]:
    for token in filter(None, tail.split(",")):
        text = b"" if "NULL" in token else token.encode()
        yield bytes([len(text)]) + text


def _network(payload: bytes) -> Network:
    match = _NETWORK.fullmatch(payload)
    if match is None:
        raise ProtocolError(f"{payload!r} is no network")
    words = {word for word in ("WPA ", "WPA2 ", "WPS ") if word.encode() in payload}
    return Network(match[5].decode(), int(match[3]), int(match[4]), frozenset(word.strip() for word in words))
