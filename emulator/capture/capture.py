"""A capture of the serial link and of the network, for Wireshark: see docs/capture.md.

Interface 0 is the UART, or the SPI bus: each command, piece of data, reply and indication is a packet of Wireshark's
own kind for things without a packet around them, shown as text. Interface 1 is the network, as a monitor beside the
module's antenna would have seen it. What the log knows about a packet is its comment.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, assert_never

from emulator.capture.key_log import key_log_line
from emulator.capture.packets import Link
from emulator.capture.pcapng import LinkType, Way, interface, packet, secrets, section
from emulator.capture.secrets_first import SecretsFirst
from emulator.capture.serial_exchange import SERIAL_KINDS, SerialExchange
from emulator.capture.serial_packet import serial_packet
from emulator.capture.tcp import TcpConversation
from emulator.capture.tls_marks import TlsMarks
from emulator.capture.traffic import (
    TRAFFIC,
    Echo,
    NameLookedUp,
    Outcome,
    TcpClosed,
    TcpConnecting,
    TcpData,
    TcpFailed,
    TcpOpened,
    UdpDatagram,
)
from firmware_model.events import FaultFired, SignatureMade, TlsMessage, TlsSecrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.capture.serial_exchange import Piece
    from emulator.capture.tcp import Sent
    from emulator.capture.timeline import Entry
    from emulator.capture.writer import Run

_SERIAL, _NETWORK = 0, 1
_IPV4: Final = 4
_SERIAL_FAULTS: Final = ("serial", "module")
"""The fault points that show on the serial link; those of the others show on the network."""
_KEYS_INSIDE: Final = "This file holds the keys of the TLS connections: whoever has it can read what they carried."
_MADE: Final = (
    "Payloads and their times are what passed. Headers around them, and packets without payload, are made up: the "
    "real ones passed on the machine that ran the emulator."
)

Tcp = TcpConnecting | TcpOpened | TcpFailed | TcpData | TcpClosed


class Capture:
    """Implements :class:`emulator.capture.writer.Writer`."""

    kinds = (*SERIAL_KINDS, *TRAFFIC, FaultFired, SignatureMade, TlsMessage, TlsSecrets)

    def __init__(self, run: Run, *, with_secrets: bool = False) -> None:
        """``with_secrets`` puts the keys of TLS connections in."""
        self.secrets = with_secrets
        self._run = run
        self._link = Link(bytes.fromhex(run.mac.replace(":", "")))
        self._exchange = SerialExchange()
        self._conversations: dict[int, TcpConversation] = {}
        self._marks: dict[int, TlsMarks] = {}
        self._signed: dict[int, list[str]] = {}
        self._remarks: tuple[list[str], list[str]] = ([], [])
        """What is to be said with the next packet of each interface."""
        self._secrets_first = SecretsFirst()
        self._time = 0.0

    def begin(self) -> bytes:
        """The section with what there is to say about the run, and the two interfaces."""
        run = self._run
        faults = ", ".join(run.faults) or "none"
        comments = [
            f"SPWF04Sx emulator {run.version}: {run.model}, firmware {run.firmware}, seed {run.seed}, "
            f"time {run.time}, faults {faults}",
            f"Again: {run.command}",
            _MADE,
            *([_KEYS_INSIDE] if self.secrets else []),
        ]
        return (
            section(hardware=f"{run.model} (emulated)", application=f"spwf04sx {run.version}", comments=comments)
            + interface(LinkType.WIRESHARK_UPPER_PDU, name="host", description="what host and module say to each other")
            + interface(LinkType.ETHERNET, name="wifi", description="the module's network", mac=self._link.mac)
        )

    def take(self, entry: Entry) -> bytes:
        """The packets of one entry."""
        octets = self._packets(entry)
        return self._secrets_first.take(entry.event, octets) if self.secrets else octets

    def _packets(self, entry: Entry) -> bytes:
        self._time = entry.time
        if isinstance(entry.event, SERIAL_KINDS):  # most of all entries, so asked for first
            return b"".join(map(self._serial, self._exchange.take(entry)))
        match entry.event:
            case FaultFired(name):
                point = name.partition("=")[0]
                self._remarks[_SERIAL if point in _SERIAL_FAULTS else _NETWORK].append(_remark(entry))
            case NameLookedUp(_, address):
                # A name without an address brings no packet, but an error on the serial link.
                self._remarks[_SERIAL if address is None else _NETWORK].append(_remark(entry))
            case SignatureMade(connection=connection):
                self._signed.setdefault(connection, []).append(_remark(entry))
            case TlsMessage("sent", name, octets, connection):
                comments = [*self._signed.pop(connection, ()), _remark(entry)]
                self._marks.setdefault(connection, TlsMarks()).expect(name, len(octets), comments)
            case TlsSecrets() as agreed:
                return secrets(key_log_line(agreed))
            case TcpConnecting() | TcpOpened() | TcpFailed() | TcpData() | TcpClosed() as tcp:
                return b"".join(self._tcp(tcp))
            case UdpDatagram() as datagram:
                return b"".join(self._udp(datagram))
            case Echo() as echo:
                return b"".join(self._echo(echo))
        return b""

    def end(self) -> bytes:
        """What was not complete, and an empty packet for what was to be said and had none to be said with."""
        left = self._secrets_first.release() + b"".join(map(self._serial, self._exchange.flush(self._time)))
        remarks = [remark for remarks in self._remarks for remark in remarks]
        if remarks:
            for pending in self._remarks:
                pending.clear()
            left += self._packet(_SERIAL, serial_packet(b"", Way.UNKNOWN), Way.UNKNOWN, remarks)
        return left

    def _serial(self, piece: Piece) -> bytes:
        way = Way.OUTBOUND if piece.direction == "sent" else Way.INBOUND
        octets = serial_packet(piece.octets, way, on_spi=piece.on_spi)
        return self._packet(_SERIAL, octets, way, [_remark(entry) for entry in piece.entries])

    def _tcp(self, event: Tcp) -> Iterator[bytes]:
        if _family(event.local.host, event.remote.host) is None:
            return
        conversation = self._conversations.setdefault(event.connection, TcpConversation(event.connection))
        marks: Sequence[tuple[int, list[str]]] = ()
        if isinstance(event, TcpData) and event.direction == "sent" and event.connection in self._marks:
            marks = self._marks[event.connection].take(event.octets)
        begin = 0
        for sent in _segments(conversation, event):
            comments = [text for end, texts in marks if begin < end <= sent.end for text in texts]
            begin = max(begin, sent.end)
            ends = (event.local, event.remote) if sent.by == "module" else (event.remote, event.local)
            way = Way.OUTBOUND if sent.by == "module" else Way.INBOUND
            octets = self._link.tcp(*ends, sent.segment, outbound=sent.by == "module")
            yield self._packet(_NETWORK, octets, way, comments)
        if isinstance(event, TcpFailed) or (isinstance(event, TcpClosed) and (event.reset or event.by == "module")):
            for state in (self._conversations, self._marks, self._signed):
                state.pop(event.connection, None)

    def _udp(self, event: UdpDatagram) -> Iterator[bytes]:
        if _family(event.local.host, event.remote.host) is None:
            return
        if event.direction == "sent":
            octets = self._link.udp(event.local, event.remote, event.octets, outbound=True)
            yield self._packet(_NETWORK, octets, Way.OUTBOUND)
        else:
            octets = self._link.udp(event.remote, event.local, event.octets, outbound=False, to_all=event.to_all)
            yield self._packet(_NETWORK, octets, Way.INBOUND)

    def _echo(self, event: Echo) -> Iterator[bytes]:
        if _family(event.local, event.remote) != _IPV4:
            return
        outbound = event.direction == "sent"
        ends = (event.local, event.remote) if outbound else (event.remote, event.local)
        octets = self._link.echo(*ends, event.number, event.size, outbound=outbound)
        yield self._packet(_NETWORK, octets, Way.OUTBOUND if outbound else Way.INBOUND)

    def _packet(self, number: int, octets: bytes, way: Way, comments: Iterable[str] = ()) -> bytes:
        remarks = [*self._remarks[number], *comments]
        self._remarks[number].clear()
        return packet(number, round((self._run.began + self._time) * 1e6), octets, way=way, comments=remarks)


def _segments(conversation: TcpConversation, event: Tcp) -> Iterator[Sent]:
    match event:
        case TcpConnecting():
            return conversation.connecting()
        case TcpOpened(by=by):
            return conversation.opened(by)
        case TcpFailed(outcome=outcome):
            return conversation.refused() if outcome is Outcome.REFUSED else iter(())
        case TcpData(direction=direction, octets=octets):
            return conversation.carries(direction, octets)
        case TcpClosed(by=by, reset=reset):
            return conversation.closed(by, reset=reset)
    assert_never(event)


def _remark(entry: Entry) -> str:
    """What a packet's comment says about an entry: its number on the timeline, and its text."""
    return f"#{entry.number} {entry.event}"


def _family(*hosts: str) -> int | None:
    """The IP version that hosts have in common; None when one of them is no address, as a name nobody looked up."""
    try:
        versions = {ip_address(host).version for host in hosts}
    except ValueError:
        return None
    return versions.pop() if len(versions) == 1 else None
