"""The receive buffers by themselves."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.sockets.buffers import DatagramBuffer, StreamBuffer


@given(st.lists(st.one_of(st.binary(max_size=50), st.integers(1, 80))))
def test_a_stream_keeps_order_and_every_octet(steps: list[bytes | int]) -> None:
    buffer, put, taken = StreamBuffer(10_000), b"", b""
    for step in steps:
        if isinstance(step, bytes):
            buffer.put(step)
            put += step
        else:
            piece = buffer.take(step)
            assert len(piece) <= step
            taken += piece
        assert len(buffer) == len(put) - len(taken)
    assert taken + buffer.take(10_000) == put


async def test_room_is_waited_for() -> None:
    buffer = StreamBuffer(10)
    buffer.put(b"12345678")
    await buffer.has_room(2)
    waiting = asyncio.create_task(buffer.has_room(5))
    await asyncio.sleep(0)
    buffer.take(2)
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.take(1)
    await waiting


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 50))
def test_datagrams_stay_whole_or_continue_in_the_next_read(datagrams: list[bytes], limit: int) -> None:
    buffer = DatagramBuffer(10_000)
    for datagram in datagrams:
        assert buffer.put(datagram)
    expected = [one[start : start + limit] for one in datagrams for start in range(0, len(one), limit)]
    taken = []
    while len(buffer):
        taken.append(buffer.take(limit))
    assert taken == expected
    assert buffer.take(limit) == b""


@pytest.mark.parametrize("size", [4, 11])
def test_a_datagram_that_does_not_fit_is_refused(size: int) -> None:
    buffer = DatagramBuffer(10)
    assert buffer.put(b"1234567")
    assert not buffer.put(bytes(size))
    assert buffer.put(b"890")
    assert len(buffer) == 10
