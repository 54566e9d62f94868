"""The messages between a master and the face, and where a face can be reached."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.faces.endpoint import Endpoint, parse_endpoint
from emulator.faces.spi.messages import LONGEST, Message, MessageParser, MessageType, UnknownMessageError, level

MESSAGES = st.tuples(st.sampled_from(MessageType), st.binary(max_size=300)).map(lambda fields: Message(*fields))


@pytest.mark.parametrize(
    ("message", "octets"),
    [
        (Message(MessageType.CLOCK, b"\x02\0\x02\x01\0"), b"C\0\5\x02\0\x02\x01\0"),
        (level(MessageType.INTERRUPT, high=False), b"I\0\1\0"),
        (level(MessageType.RESET, high=True), b"R\0\1\1"),
    ],
)
def test_messages_as_the_documentation_has_them(message: Message, octets: bytes) -> None:
    assert message.encode() == octets
    assert list(MessageParser().feed(octets)) == [message]


@given(st.lists(MESSAGES, max_size=10), st.integers(1, 50))
def test_messages_are_found_in_any_pieces(messages: list[Message], size: int) -> None:
    octets = b"".join(message.encode() for message in messages)
    parser = MessageParser()
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    assert [message for piece in pieces for message in parser.feed(piece)] == messages


@given(st.binary(max_size=200))
def test_anything_else_is_refused_at_its_first_octet(octets: bytes) -> None:
    letters = {kind.value for kind in MessageType}
    position = 0
    while position < len(octets) and octets[position : position + 1] in letters:
        position += 3 + int.from_bytes(octets[position + 1 : position + 3], "big")
    expected = nullcontext() if position >= len(octets) else pytest.raises(UnknownMessageError, match="begins with")
    with expected:
        list(MessageParser().feed(octets))


def test_a_message_that_is_too_long() -> None:
    assert len(Message(MessageType.CLOCK, bytes(LONGEST)).encode()) == LONGEST + 3
    with pytest.raises(ValueError, match="send at most 65535"):
        Message(MessageType.CLOCK, bytes(LONGEST + 1)).encode()


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:0", Endpoint("127.0.0.1", 0)),
        (":5000", Endpoint("127.0.0.1", 5000)),
        ("desk.local:65535", Endpoint("desk.local", 65535)),
        ("[::1]:80", Endpoint("::1", 80)),
        ("./spi", Endpoint(path="./spi")),
    ],
)
def test_addresses(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize("text", ["", "host", "host:65536", "host:port", "::1:80", "a:b:80", "host:-1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="write it as HOST:PORT"):
        parse_endpoint(text)
