"""Packets and captures that Wireshark has nothing to say against."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.capture.packets import Flags, Link, Segment, mac_of
from emulator.capture.pcapng import MAGIC, LinkType, Way, interface, packet, secrets, section
from emulator.capture.serial_packet import serial_packet
from emulator.capture.tcp import Sent, TcpConversation
from firmware_model.outside import Address
from tests.capture.tshark import comments, fields, tshark, warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from emulator.capture.traffic import Side

LINK = Link(bytes.fromhex("0080E1BD0039"))
OWN, PEER = Address("192.168.0.50", 49152), Address("192.168.0.2", 80)
OWN_V6, PEER_V6 = Address("fe80:0:0:0:280:e1ff:febd:39", 49152), Address("2001:db8::1", 80)


def file_of(*packets: bytes) -> bytes:
    """A capture of one Ethernet interface."""
    head = section(hardware="test", application="test", comments=["a test"])
    head += interface(LinkType.ETHERNET, name="wifi", description="test", mac=LINK.mac)
    return head + b"".join(
        packet(0, 1_500_000_000_000_000 + number, octets, way=Way.OUTBOUND, comments=[f"packet {number}"])
        for number, octets in enumerate(packets, 1)
    )


def segment(payload: bytes) -> Segment:
    return Segment(1, 0, Flags.ACK, 100, payload)


@pytest.fixture
def written(tmp_path: Path, need_program: Callable[[str], None]) -> Callable[..., Path]:
    need_program("tshark")

    def write(*blocks: bytes) -> Path:
        (tmp_path / "test.pcapng").write_bytes(b"".join(blocks))
        return tmp_path / "test.pcapng"

    return write


def test_checksums_of_every_kind_and_length(written: Callable[..., Path]) -> None:
    packets = []
    for size in (*range(20), 65, 700, 729, 730):
        payload = bytes(range(256)) * 3
        for own, peer in ((OWN, PEER), (OWN_V6, PEER_V6)):
            packets += [
                LINK.tcp(own, peer, segment(payload[:size]), outbound=True),
                LINK.udp(peer, own, payload[:size], outbound=False),
            ]
        packets.append(LINK.echo(OWN.host, PEER.host, size, size, outbound=True))
    capture = written(file_of(*packets))
    for layer, count in (("ip", 72), ("tcp", 48), ("udp", 48), ("icmp", 24)):
        (good,) = tshark(capture, "-q", "-z", f"io,stat,0,{layer}.checksum.status==1")[-2:-1]
        assert good.split("|")[2].strip() == str(count), layer
    assert warnings(capture, "-o", "tcp.analyze_sequence_numbers:FALSE") == []


@given(st.binary(max_size=40), st.sampled_from([16, 6]))
@settings(max_examples=200)
def test_a_checksum_makes_the_sum_minus_zero(payload: bytes, place: int) -> None:
    """RFC 1071: over everything it covers, its own field included, the sum is all ones."""
    frame = (
        LINK.tcp(OWN, PEER, segment(payload), outbound=True)
        if place == 16
        else LINK.udp(OWN, PEER, payload, outbound=True)
    )
    ip, message = frame[14:34], frame[34:]
    assert int.from_bytes(ip) % 0xFFFF == 0
    pseudo = ip[12:20] + bytes([0, ip[9]]) + len(message).to_bytes(2)
    assert int.from_bytes(pseudo + message + bytes(len(message) % 2)) % 0xFFFF == 0
    assert place == 16 or message[6:8] != b"\0\0"


def test_a_datagram_whose_checksum_would_be_zero_says_all_ones() -> None:
    """RFC 768: zero means that there is none."""
    for number in range(0x10000):
        frame = LINK.udp(OWN, PEER, number.to_bytes(2), outbound=True)
        if frame[40:42] == b"\xff\xff":
            return
    raise AssertionError


def test_who_is_who_on_the_wire() -> None:
    assert LINK.udp(OWN, PEER, b"", outbound=True)[:14].hex() == "0200c0a80002" + "0080e1bd0039" + "0800"
    assert LINK.udp(PEER, OWN, b"", outbound=False)[:14].hex() == "0080e1bd0039" + "0200c0a80002" + "0800"
    everybody = LINK.udp(PEER, OWN, b"", outbound=False, to_all=True)
    assert (everybody[:6].hex(), everybody[30:34].hex()) == ("ff" * 6, "ff" * 4)
    assert mac_of(ip_address("224.0.0.251")).hex() == "01005e0000fb"
    assert mac_of(ip_address("ff02::fb")).hex() == "3333000000fb"
    group = Address("224.0.0.251", 5353)
    assert LINK.udp(PEER, group, b"", outbound=False)[:12].hex() == "01005e0000fb" + "0200c0a80002"
    assert LINK.udp(OWN, group, b"", outbound=True)[:12].hex() == "01005e0000fb" + "0080e1bd0039"


def test_what_has_no_address_has_no_packet() -> None:
    with pytest.raises(ValueError, match="server"):
        LINK.udp(OWN, Address("server.example", 53), b"", outbound=True)
    with pytest.raises(ValueError, match="different families"):
        LINK.udp(OWN, PEER_V6, b"", outbound=True)


def conversation(*parts: Iterable[Sent]) -> list[bytes]:
    ends: dict[Side, tuple[Address, Address]] = {"module": (OWN, PEER), "peer": (PEER, OWN)}
    return [LINK.tcp(*ends[sent.by], sent.segment, outbound=sent.by == "module") for part in parts for sent in part]


def test_a_conversation_without_a_doubt(written: Callable[..., Path]) -> None:
    tcp = TcpConversation(1)
    request, answer = bytes(10), bytes(100_000)
    capture = written(
        file_of(
            *conversation(
                tcp.connecting(),
                tcp.opened("module"),
                tcp.carries("sent", request),
                tcp.carries("received", answer),
                tcp.carries("sent", answer),
                tcp.closed("peer", reset=False),
                tcp.carries("sent", request),
                tcp.closed("module", reset=False),
            )
        )
    )
    assert warnings(capture) == []
    assert fields(capture, "tcp.analysis.flags && !(tcp.flags.syn == 1)", "tcp.analysis.flags") == []
    data = [int(length) for (length,) in fields(capture, "tcp.len > 0", "tcp.len")]
    assert (sum(data), max(data)) == (200_020, 730)
    assert fields(capture, "tcp.flags.syn == 1", "tcp.options.mss_val", "tcp.flags.ack") == [
        ("730", "0"),
        ("1460", "1"),
    ]
    *_, (completeness,) = fields(capture, "tcp", "tcp.completeness")
    assert completeness == "31"  # SYN, SYN-ACK, ACK, data, FIN


def test_others_open_a_conversation_and_reset_it(written: Callable[..., Path]) -> None:
    tcp = TcpConversation(3)
    parts = (tcp.opened("peer"), tcp.carries("received", b"hello"), tcp.closed("peer", reset=True))
    capture = written(file_of(*conversation(*parts)))
    assert warnings(capture) == [("6", "packet 6|Connection reset (RST)")]
    flags = [Flags(int(text, 16)) for (text,) in fields(capture, "tcp", "tcp.flags")]
    syn, ack, psh, rst = Flags.SYN, Flags.ACK, Flags.PSH, Flags.RST
    assert flags == [syn, syn | ack, ack, ack | psh, ack, ack | rst]


def test_a_refused_connection(written: Callable[..., Path]) -> None:
    for number, asked_before in ((1, True), (2, False)):
        tcp = TcpConversation(number)
        parts = [*(tcp.connecting() if asked_before else ()), *tcp.refused()]
        assert [(sent.by, sent.segment.flags) for sent in parts] == [
            ("module", Flags.SYN),
            ("peer", Flags.RST | Flags.ACK),
        ]
        assert parts[1].segment.acknowledged == parts[0].segment.sequence + 1


def test_a_conversation_that_was_under_way(written: Callable[..., Path]) -> None:
    tcp = TcpConversation(9)
    parts = (tcp.carries("sent", b"question"), tcp.carries("received", b"answer"), tcp.closed("module", reset=False))
    capture = written(file_of(*conversation(*parts)))
    assert warnings(capture) == []
    assert [payload for (payload,) in fields(capture, "tcp.len > 0", "tcp.payload")] == [
        b"question".hex(),
        b"answer".hex(),
    ]


def test_the_marks_of_a_file(written: Callable[..., Path]) -> None:
    capture = written(
        file_of(LINK.udp(OWN, PEER, b"x", outbound=True)), secrets(b"CLIENT_RANDOM 00 00\n"), secrets(b"odd"), b""
    )
    assert capture.read_bytes().startswith(MAGIC)
    assert comments(capture) == ["packet 1"]
    assert fields(capture, "frame", "frame.time_epoch", "frame.interface_name", "frame.packet_flags_direction") == [
        ("1500000000.000001000", "wifi", "0x00000002")
    ]


def serial_file(*pieces: tuple[bytes, Way]) -> bytes:
    head = section(hardware="test", application="test", comments=[])
    head += interface(LinkType.WIRESHARK_UPPER_PDU, name="uart", description="test")
    return head + b"".join(packet(0, 1, serial_packet(octets, way), way=way) for octets, way in pieces)


def test_serial_octets_are_text_or_data(written: Callable[..., Path]) -> None:
    capture = written(
        serial_file(
            (b"AT+S.HTTPGET=192.168.0.2,conf\r", Way.INBOUND),
            (b"AT-S.OK\r\n", Way.OUTBOUND),
            (bytes(range(256)), Way.INBOUND),
            (b"", Way.UNKNOWN),
            (b"abcd", Way.OUTBOUND),
        )
    )
    assert warnings(capture) == []
    names = ("frame.protocols", "frame.packet_flags_direction", "_ws.col.Protocol", "exported_pdu.exported_pdu")
    rows = fields(capture, "frame", *names)
    assert [row[:3] for row in rows] == [
        ("exported_pdu:data-text-lines", "0x00000001", "UART"),
        ("exported_pdu:data-text-lines", "0x00000002", "UART"),
        ("exported_pdu:data", "0x00000001", "UART"),
        ("exported_pdu", "0x00000000", "UART"),
        ("exported_pdu:data-text-lines", "0x00000002", "UART"),
    ]
    assert rows[2][3] == bytes(range(256)).hex()
    assert fields(capture, "frame.number < 3", "text") == [("AT+S.HTTPGET=192.168.0.2,conf\\r",), ("AT-S.OK\\r\\n",)]


@given(st.binary(max_size=50))
def test_a_serial_packet_ends_with_its_octets(octets: bytes) -> None:
    for way in Way:
        built = serial_packet(octets, way)
        assert built.endswith(b"\0\0\0\0" + octets)
        assert (len(built) - len(octets)) % 4 == 0
