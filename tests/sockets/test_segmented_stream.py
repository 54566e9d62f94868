"""How much goes to the network at a time."""

from __future__ import annotations

import pytest

from firmware_model.outside import Address
from firmware_model.sockets.segmented_stream import SegmentedStream
from tests.sockets.peers import content


class Recorder:
    """A stream that keeps each write."""

    remote = Address("192.168.0.2", 80)
    number = 0

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    async def read(self, limit: int) -> bytes:
        return bytes(limit)

    async def write(self, data: bytes) -> None:
        self.writes.append(data)

    async def close(self) -> None:
        self.writes.clear()


@pytest.mark.parametrize(
    ("length", "sizes"), [(1, [1]), (730, [730]), (731, [730, 1]), (2000, [730, 730, 540]), (2190, [730] * 3)]
)
async def test_a_write_goes_out_in_segments_of_730_octets(length: int, sizes: list[int]) -> None:
    recorder, data = Recorder(), content(length)
    await SegmentedStream(recorder).write(data)
    assert [len(one) for one in recorder.writes] == sizes
    assert b"".join(recorder.writes) == data
