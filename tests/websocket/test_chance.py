"""Keys and masks come from the module's own chance."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Message, Ping, Request

from emulator.surroundings.entropy import SeededEntropy
from firmware_model.websocket.chance import with_own_key, with_own_mask


def conversation(seed: int, *events: Event) -> tuple[bytes, list[Event]]:
    """What a client with that seed sends, and what a server hears of it."""
    random = SeededEntropy(seed).stream("web socket")
    client, server = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
    sent = with_own_key(client.send(Request(host="server", target="/")), client, random)
    server.receive_data(sent)
    assert isinstance(next(server.events()), Request)
    client.receive_data(server.send(AcceptConnection()))
    assert isinstance(next(client.events()), AcceptConnection)
    for event in events:
        frame = with_own_mask(client.send(event), random)
        server.receive_data(frame)
        sent += frame
    return sent, list(server.events())


@given(st.binary(max_size=300) | st.sampled_from([bytes(125), bytes(126), bytes(65535), bytes(65536)]))
def test_a_server_reads_what_was_meant(content: bytes) -> None:
    _, heard = conversation(1, BytesMessage(content), Ping(b"still there"), CloseConnection(1000, "bye"))
    *data, ping, close = heard
    assert b"".join(bytes(event.data) for event in data if isinstance(event, Message)) == content
    assert (ping, close) == (Ping(b"still there"), CloseConnection(1000, "bye"))


def test_the_same_seed_sends_the_same_octets() -> None:
    events = (BytesMessage(b"one"), BytesMessage(b"one"))
    first, again, other = (conversation(seed, *events)[0] for seed in (7, 7, 8))
    assert first == again != other
    assert first[-9:] != first[-18:-9]
    key = first.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    assert len(b64decode(key, validate=True)) == 16


def test_no_key_without_a_request() -> None:
    with pytest.raises(ValueError, match="no upgrade"):
        with_own_key(b"", WSConnection(ConnectionType.CLIENT), SeededEntropy(1).stream("web socket"))
