"""A TFTP transfer over a wire that loses, doubles and mixes datagrams."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.surroundings.clock import RealClock
from firmware_model.outside import Address, Datagram
from firmware_model.tftp.conversation import ATTEMPTS, Conversation, TftpError
from firmware_model.tftp.packets import Acknowledgement, Data, ReadRequest, Refusal, decode, encode
from tests.tftp.wire import ONE, OTHER, WirePort, connect

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 0.005
LONG = 0.2
"""For what is decided by who gives up first."""
STRANGER = Address("192.168.0.3", 1003)


def converse(port: WirePort, peer: Address, interval: float = INTERVAL) -> Conversation:
    return Conversation(port, RealClock(), peer, interval)


async def fetch(conversation: Conversation) -> bytes:
    """Receive a file as the side that took a WRQ does."""
    content = b""
    async with aclosing(conversation.receive_file(Acknowledgement(0))) as blocks:
        async for block in blocks:
            content += block
    await conversation.linger(len(content) // 512 + 1)
    return content


async def transfer(content: bytes, to_other: Callable[[int], int], to_one: Callable[[int], int]) -> bytes:
    one, other = WirePort(ONE, to_other), WirePort(OTHER, to_one)
    connect(one, other)
    received, _ = await asyncio.gather(fetch(converse(other, ONE)), converse(one, OTHER).send_file(content))
    return received


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024, 5000])
async def test_a_file_arrives_whole(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    assert await transfer(content, lambda _: 1, lambda _: 1) == content


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 12), max_size=3), st.sets(st.integers(0, 12), max_size=3), st.integers(0, 2500))
def test_a_file_survives_lost_datagrams(lost_there: set[int], lost_here: set[int], size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    # The last acknowledgement is the one whose repetition nobody may wait for, so only earlier ones are lost.
    lost_here = {number for number in lost_here if number < size // 512}
    arrived = asyncio.run(transfer(content, lambda n: int(n not in lost_there), lambda n: int(n not in lost_here)))
    assert arrived == content


async def test_doubled_datagrams_do_not_multiply() -> None:
    one, other = WirePort(ONE, lambda _: 2), WirePort(OTHER, lambda _: 2)
    connect(one, other)
    content = bytes(2000)
    received, _ = await asyncio.gather(fetch(converse(other, ONE)), converse(one, OTHER).send_file(content))
    assert received == content
    assert len(one.sent) == len(content) // 512 + 1


async def test_a_lost_last_acknowledgement_is_repeated() -> None:
    one, other = WirePort(ONE), WirePort(OTHER, lambda number: int(number != 1))
    connect(one, other)
    receiving = fetch(converse(other, ONE, LONG))
    received, _ = await asyncio.gather(receiving, converse(one, OTHER, LONG).send_file(b"short"))
    assert received == b"short"
    acknowledgements = [decode(octets) for octets, _ in other.sent]
    assert acknowledgements == [Acknowledgement(0), Acknowledgement(1), Acknowledgement(1)]


async def test_silence_ends_the_transfer_after_five_attempts() -> None:
    one = WirePort(ONE)
    with pytest.raises(TftpError, match="does not answer"):
        await converse(one, OTHER).send_file(b"x")
    assert [decode(octets) for octets, _ in one.sent] == ATTEMPTS * [Data(1, b"x")]


async def test_a_refusal_ends_the_transfer_at_once() -> None:
    one = WirePort(ONE)
    one.arrived.put_nowait(Datagram(encode(Refusal(1, "File not found")), OTHER))
    with pytest.raises(TftpError, match=r"File not found \(TFTP error 1\)"):
        await converse(one, OTHER).send_file(b"x")
    assert len(one.sent) == 1


async def test_only_the_partner_is_listened_to() -> None:
    one = WirePort(ONE)
    for octets, sender in (
        (encode(Acknowledgement(1)), STRANGER),
        (b"nonsense", OTHER),
        (encode(Acknowledgement(7)), OTHER),
        (encode(Acknowledgement(1)), OTHER),
    ):
        one.arrived.put_nowait(Datagram(octets, sender))
    await converse(one, OTHER).send_file(b"x")
    (_, first), (refusal, refused) = one.sent
    assert (first, refused) == (OTHER, STRANGER)
    assert decode(refusal) == Refusal(5, "this transfer has another partner")


async def test_the_servers_first_answer_fixes_its_port() -> None:
    one = WirePort(ONE)
    server = Address(OTHER.host, 40000)
    conversation = converse(one, Address("server", 69))
    conversation.expect_new_port()
    one.arrived.put_nowait(Datagram(encode(Data(1, bytes(512))), server))
    one.arrived.put_nowait(Datagram(encode(Data(2, b"never")), Address(OTHER.host, 40001)))
    one.arrived.put_nowait(Datagram(encode(Data(2, b"end")), server))
    async with aclosing(conversation.receive_file(ReadRequest("a"))) as blocks:
        assert [block async for block in blocks] == [bytes(512), b"end"]
    assert [address.port for _, address in one.sent] == [69, 40000, 40001, 40000]


async def test_a_receiver_that_stops_tells_the_other_side() -> None:
    one = WirePort(ONE)
    one.arrived.put_nowait(Datagram(encode(Data(1, bytes(512))), OTHER))
    async with aclosing(converse(one, OTHER).receive_file(Acknowledgement(0))) as blocks:
        assert await anext(blocks) == bytes(512)
    assert decode(one.sent[-1][0]) == Refusal(3, "the file cannot be stored")


async def test_block_numbers_start_again_when_two_octets_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_model.tftp.conversation.BLOCK_NUMBERS", 4)
    one, other = WirePort(ONE), WirePort(OTHER)
    connect(one, other)
    content = bytes(5 * 512) + b"end"
    received, _ = await asyncio.gather(fetch(converse(other, ONE)), converse(one, OTHER).send_file(content))
    assert received == content
    assert [octets[3] for octets, _ in one.sent] == [1, 2, 3, 0, 1, 2]
