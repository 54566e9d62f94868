"""MQTT 3.1.1 packets, and octets that are none."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.peers.mqtt.packets import (
    Acknowledgement,
    Connect,
    Kind,
    Message,
    Packet,
    PacketReader,
    Plain,
    ProtocolError,
    Publish,
    Subscribe,
    Unsubscribe,
    acknowledgement,
    publish,
)
from emulator.peers.mqtt.topics import is_filter, is_name, matches

CONNECT = bytes.fromhex("10 24 00 04 4d515454 04 f6 003c 0002 6d65 0003 612f62 0003 627965 0004 75736572 0004 70617373")


def read(octets: bytes) -> list[Packet]:
    return list(PacketReader().feed(octets))


def test_a_login_with_everything() -> None:
    assert read(CONNECT) == [Connect(4, "me", True, 60, Message("a/b", b"bye", 2, True), "user", b"pass")]


def test_a_login_of_another_version_is_read_as_far_as_its_level() -> None:
    assert read(bytes.fromhex("10 10 00 04 4d515454 05 02 003c 03 210014 0000")) == [
        Connect(5, "", True, 0, None, None, None)
    ]


@given(
    st.builds(
        Publish,
        st.builds(
            Message,
            st.text("a/+ä€😀", max_size=20),
            st.binary(max_size=300),
            st.integers(0, 2),
            st.booleans(),
        ),
        st.integers(1, 0xFFFF),
        st.booleans(),
    ),
    st.lists(st.integers(1, 400), max_size=5),
)
def test_what_is_written_is_read_however_it_is_cut(packet: Publish, cuts: list[int]) -> None:
    packet = packet if packet.message.qos else packet._replace(identifier=0)
    octets = publish(packet) + acknowledgement(Kind.PUBREL, 7)
    found: list[Packet] = []
    reader, start = PacketReader(), 0
    for cut in [*sorted(cuts), len(octets)]:
        found += reader.feed(octets[start:cut])
        start = max(start, min(cut, len(octets)))
    assert found == [packet, Acknowledgement(Kind.PUBREL, 7)]


@given(st.binary(max_size=200))
def test_any_octets_are_packets_or_a_protocol_error(octets: bytes) -> None:
    with suppress(ProtocolError):
        assert all(isinstance(packet, Packet) for packet in read(octets))


def test_requests() -> None:
    assert read(bytes.fromhex("82 0c 0001 0003 612f62 02 0001 23 00")) == [Subscribe(1, (("a/b", 2), ("#", 0)))]
    assert read(bytes.fromhex("a2 07 0002 0003 612f62")) == [Unsubscribe(2, ("a/b",))]
    assert read(bytes.fromhex("c000 e000")) == [Plain(Kind.PINGREQ), Plain(Kind.DISCONNECT)]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("00 00", "no packet of type 0"),
        ("f0 00", "no packet of type 15"),
        ("20 02 00 00", "CONNACK is for clients"),
        ("80 02 00 01", "SUBSCRIBE has the flags 0"),
        ("82 02 00 01", "SUBSCRIBE is shorter than it says"),
        ("82 06 00 01 0001 61 03", "no quality of service 3"),
        ("36 05 0001 61 0001", "no quality of service 3"),
        ("32 05 0001 61 0000", "packet identifier 0"),
        ("30 03 0001 ff", "no UTF-8"),
        ("30 03 0001 00", "with a NUL"),
        ("c0 01 00", "PINGREQ is longer than it says"),
        ("30 ff ff ff ff 01", "at most 1048576"),
        ("30 80 80 80 80 80", "more than four octets"),
        ("10 0c 00 04 4d51545a 04 02 0000 0000", "names the protocol 'MQTZ'"),
        ("10 0c 00 04 4d515454 04 0a 0000 0000", "flags of a will, but no will"),
    ],
)
def test_what_breaks_the_protocol(octets: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        read(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("filter_", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("+/+", "/b", True),
        ("+", "/b", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a//c", "a//c", True),
    ],
)
def test_filters(filter_: str, topic: str, fits: bool) -> None:
    assert matches(filter_, topic) == fits


@pytest.mark.parametrize(
    ("text", "filter_", "name"),
    [
        ("a/b", True, True),
        ("", False, False),
        ("a/+/#", True, False),
        ("a+", False, False),
        ("#/a", False, False),
        ("a#", False, False),
        ("+a/b", False, False),
    ],
)
def test_names_and_filters(text: str, filter_: bool, name: bool) -> None:
    assert (is_filter(text), is_name(text)) == (filter_, name)
