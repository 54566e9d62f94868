"""A host that behaves like GHI's TinyCLR driver over SPI, with what RoSchmi added to it.

It takes turns with the module octet by octet: a sync octet that it hears while it sends its own means a packet, and its
command waits. It reads as many packets for a command as it expects, ends a reply of unknown length at the first empty
packet, and trusts the data to be asked for by the interrupt line.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from emulator.faces.spi.client import SpiMaster
from tests.hosts.serial_line import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYNC = b"\x02"
_ROOM = 1500 + 512
"""Octets of a payload at most (the driver's buffer)."""
_PATIENCE = 30.0
_WITHOUT_SOCKET = (44, 65, 74, 76)
"""Errors after which no further packet of SOCKON is waited for (RoSchmi)."""


class Command(IntEnum):
    """The ids that it uses, from its own enumeration."""

    AT = 0x01
    RESET = 0x03
    GCFG = 0x09
    SCFG = 0x0A
    WCFG = 0x0B
    FCFG = 0x0C
    TIME = 0x11
    FSM = 0x21
    FSC = 0x23
    FSD = 0x25
    FSL = 0x27
    FSP = 0x28
    HASH = 0x29
    TLSCERT = 0x2B
    WIFI = 0x32
    SSIDTXT = 0x34
    PING = 0x39
    SOCKON = 0x41
    SOCKQ = 0x42
    SOCKC = 0x43
    SOCKW = 0x44
    SOCKR = 0x45
    SOCKL = 0x46
    HTTPGET = 0x54


class Indicated(NamedTuple):
    """An indication: its number, its variables, and the Wi-Fi state with it."""

    number: int
    text: str
    state: int


class _Active(NamedTuple):
    """The command under way: its frame without the sync octet, and its data."""

    frame: bytes
    data: bytes


class GhiHost:
    """One driver on one bus."""

    def __init__(self, address: str) -> None:
        """Connect, holding the module in reset."""
        self._bus = SpiMaster(address, _PATIENCE)
        self._bus.drive_reset(high=False)
        self._active: _Active | None = None
        self._sent = False
        self._reads: deque[tuple[int, bytes]] = deque()
        self.mark = 0
        """Of the packet that was read last: what the driver only prints."""
        self.indications: deque[Indicated] = deque()
        self.state = 0

    def close(self) -> None:
        self._bus.close()

    def turn_on(self) -> list[Indicated]:
        """Let go of the reset pin, and wait until commands are taken, as programs do by a pause of half a second."""
        self._bus.drive_reset(high=True)
        return self.heard_until(0)

    def start_afresh(self) -> None:
        """Restore the factory configuration; the reset is answered, and then WIND 0 is waited for."""
        self.simple(Command.FCFG)
        self.indications.clear()
        self.simple(Command.RESET)
        self.indication(0)
        self.read(Command.TLSCERT, "content", "2", packets=2)

    # What programs call

    def simple(self, command: Command, *parameters: str, data: bytes = b"") -> int:
        """A command with one packet as its answer; the mark of it."""
        with_answer = self.read(command, *parameters, data=data, packets=1)
        if with_answer != [b""]:
            raise ProtocolError(f"{command.name} answered {with_answer}")
        return self.mark

    def read(self, command: Command, *parameters: str | None, data: bytes = b"", packets: int) -> list[bytes]:
        """A command with so many packets as its answer."""
        self._begin(command, *parameters, data=data)
        answers = [self._packet() for _ in range(packets)]
        self._finish()
        return answers

    def read_all(self, command: Command, *parameters: str | None) -> bytes:
        """A command whose answer ends with an empty packet."""
        self._begin(command, *parameters)
        answer = b"".join(iter(self._packet, b""))
        self._finish()
        return answer

    def join(self, ssid: str, passphrase: str) -> None:
        """Join a network and save the settings, as ``JoinNetwork`` does; it waits for no indication."""
        self.simple(Command.WIFI, "0")
        self.simple(Command.SCFG, "wifi_mode", "1")
        self.simple(Command.SCFG, "wifi_priv_mode", "2")
        self.simple(Command.SCFG, "wifi_wpa_psk_text", passphrase)
        self.simple(Command.SSIDTXT, ssid)
        self.simple(Command.WIFI, "1")
        self.simple(Command.WCFG)

    def open_socket(self, host: str, port: int, kind: str = "t") -> int:
        """Open a socket; its id, -1 when that failed."""
        self._begin(Command.SOCKON, host, str(port), None, kind)
        first = self._packet()
        second = b"" if self.mark in _WITHOUT_SOCKET else self._packet()
        if kind not in "tu" and second.startswith(b"Loading:"):
            first, second = self._packet(), self._packet()
        self._finish()
        word, *fields = first.split(b":")
        return int(fields[1]) if word == b"On" else -1

    def pending(self, socket: int) -> int:
        word, *fields = self.read(Command.SOCKQ, str(socket), packets=2)[0].split(b":")
        if word != b"Query":
            raise ProtocolError(f"SOCKQ answered {word!r}")
        return int(fields[0])

    def write_socket(self, socket: int, data: bytes) -> None:
        self.simple(Command.SOCKW, str(socket), str(len(data)), data=data)

    def read_socket(self, socket: int, count: int) -> bytes:
        """Skip one packet, then read to the empty one."""
        self._begin(Command.SOCKR, str(socket), str(count))
        self._packet()
        content = b"".join(iter(self._packet, b""))
        self._finish()
        return content

    def sockets(self) -> list[str]:
        self._begin(Command.SOCKL)
        lines = [line.decode() for line in iter(self._packet, b"")]
        self._finish()
        return lines

    def file(self, name: str) -> tuple[str, int] | None:
        """Volume and length of a file, found in the list without line ends; the last file is never looked at."""
        pieces = self.read_all(Command.FSL).decode().split(":")
        for piece in pieces[1:-1]:
            match piece.removesuffix("File").split("\t"):
                case [volume, length, found] if piece.endswith("File") and found == name:
                    return volume, int(length)
        return None

    def print_file(self, name: str) -> bytes | None:
        found = self.file(name)
        return None if found is None else self.read_all(Command.FSP, name, "0", str(found[1]))

    def create_file(self, name: str, content: bytes) -> None:
        """Create a file anew; an old one is deleted first."""
        if self.file(name) is not None:
            self.simple(Command.FSD, name)
        self.simple(Command.FSC, name, str(len(content)), data=content)

    def hour(self) -> str:
        """The hour, at its place in date and time without a line end between them."""
        return self.read_all(Command.TIME)[21:23].decode()

    def set_root_certificate(self, certificate: bytes) -> str:
        """Store a CA; its key id."""
        line, end = self.read(Command.TLSCERT, "ca", str(len(certificate)), data=certificate, packets=2)
        if end:
            raise ProtocolError(f"TLSCERT ended with {end!r}")
        return line.decode().partition(":")[2]

    def http_get(self, host: str, path: str, port: int, *, tls: bool = False, save_as: str | None = None) -> int:
        """Begin a request; the status of its answer, whose body is to be read then."""
        self._begin(Command.HTTPGET, host, path, str(port), "2" if tls else "0", None, None, save_as, None)
        result = self._packet()
        if tls and not result:
            result = self._packet()
            if result.startswith(b"Loading:"):
                result = self._packet()
        word, _, status = result.partition(b":")
        if word != b"Http Server Status Code":
            raise ProtocolError(f"the request failed: {result!r}, mark {self.mark}")
        return int(status)

    def http_body(self) -> bytes:
        """Read to the empty packet."""
        body = b"".join(iter(self._packet, b""))
        self._finish()
        return body

    def heard_until(self, number: int) -> list[Indicated]:
        """Wait for an indication; it, and what came before it."""
        heard: list[Indicated] = []
        while True:
            while self.indications:
                heard.append(self.indications.popleft())
                if heard[-1].number == number:
                    return heard
            self._turn()

    def indication(self, number: int) -> Indicated:
        """Wait for an indication; what comes before it is forgotten."""
        return self.heard_until(number)[-1]

    # How it works

    def _begin(self, command: Command, *parameters: str | None, data: bytes = b"") -> None:
        if self._active is not None:
            raise ProtocolError("the last command is not finished")
        self._active = _Active(_frame(command, parameters, len(data)), data)
        self._sent = False

    def _packet(self) -> bytes:
        """The payload of the next packet of the reply."""
        while not self._reads:
            self._turn()
        self.mark, payload = self._reads.popleft()
        return payload

    def _finish(self) -> None:
        if not self._sent or self._reads:
            raise ProtocolError(f"not complete: {list(self._reads)} were not read")
        self._active = None

    def _turn(self) -> None:
        """One turn of the driver's thread."""
        writes = self._active is not None and not self._sent
        low = self._bus.interrupt_is_low()
        if not low and not writes:
            self._bus.wait_for_interrupt(low=True)
            return
        heard = self._bus.transfer(_SYNC if writes and not low else b"\0")
        if heard == _SYNC:
            self._take_packet()
        elif writes and not low:
            self._write()

    def _write(self) -> None:
        assert self._active is not None
        self._bus.transfer(self._active.frame)
        if self._active.data:
            self._bus.wait_for_interrupt(low=True)
            self._bus.transfer(self._active.data)
            self._bus.wait_for_interrupt(low=False)
        self._sent = True

    def _take_packet(self) -> None:
        status, number, low, high = self._bus.transfer(bytes(4))
        payload = self._bus.transfer(bytes(high << 8 | low))
        if len(payload) > _ROOM:
            raise ProtocolError(f"{len(payload)} octets do not fit into the driver's buffer")
        self.state = status & 0x0F
        match status >> 4:
            case 1:
                self.indications.append(Indicated(number, payload.decode(), self.state))
            case 3 if self._active is not None and self._sent:
                self._reads.append((number, payload))
            case 3:
                raise ProtocolError(f"unexpected payload {payload!r}")
            case kind:
                raise ProtocolError(f"unexpected header of kind {kind}")


def _frame(command: Command, parameters: tuple[str | None, ...], data: int) -> bytes:
    """A frame without its sync octet. Its length counts what comes after the length, and the data."""
    content = bytes([command, len(parameters)]) + b"".join(_fields(parameters))
    return (len(content) + data).to_bytes(2, "big") + content


def _fields(parameters: tuple[str | None, ...]) -> Iterator[bytes]:
    for parameter in parameters:
        text = (parameter or "").encode()
        yield bytes([len(text)]) + text
