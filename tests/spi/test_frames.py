"""Frames and packets as octets; the examples are those of the manual and of posts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.console.spi_frames import SYNC, Frame, FrameParser, Kind, Packet, PacketParser

PARAMETERS = st.lists(st.binary(max_size=255), max_size=16).map(tuple)
FRAMES = st.tuples(st.integers(1, 255), PARAMETERS).map(lambda fields: Frame(*fields))
PACKETS = st.tuples(st.sampled_from(Kind), st.integers(0, 10), st.integers(0, 255), st.binary(max_size=600)).map(
    lambda fields: Packet(*fields)
)
NOISE = st.binary(max_size=20).map(lambda octets: octets.replace(bytes([SYNC]), b"\0"))


def parse(octets: bytes, cuts: list[int] | None = None) -> list[Frame]:
    """Every frame in ``octets``, fed in pieces that end at ``cuts``."""
    parser, frames = FrameParser(), []
    edges = [0, *sorted(cut % (len(octets) + 1) for cut in cuts or ()), len(octets)]
    for start, end in pairwise(edges):
        piece = octets[start:end]
        while piece:
            taken, frame = parser.feed(piece)
            assert 0 < taken <= len(piece)
            piece = piece[taken:]
            frames += [] if frame is None else [frame]
    return frames


@pytest.mark.parametrize(
    ("octets", "command_id", "parameters"),
    [
        (b"\x02\x00\x02\x25\x00", 0x25, ()),
        (b"\x02\x00\x0d\x33\x02\x01d\x09/scan.txt", 0x33, (b"d", b"/scan.txt")),
        (b"\x02\x00\x0b\x44\x02\x010\x015", 0x44, (b"0", b"5")),
        (b"\x02\x00\x04\x32\x01\x01\x30", 0x32, (b"0",)),
        (b"\x02\x00\x08\x05\x01\x05build", 0x05, (b"build",)),
        (b"\x02\x00\x0f\x4a\x03\x01\x00\x01\x00\x01\x07", 0x4A, (b"\0", b"\0", b"\7")),
        (b"\x02\x00\x0d\x23\x02\x08test.txt\x015", 0x23, (b"test.txt", b"5")),
        (b"\x02\x00\x0e\x54\x03\x05a.com\x00\x0280", 0x54, (b"a.com", b"", b"80")),
    ],
    ids=["M3p9 FSL", "M3p9 SCAN", "M3p9 SOCKW", "F-SPI3", "basics", "F-SPI4", "F-SPI5", "GHI"],
)
def test_frames_as_hosts_send_them(octets: bytes, command_id: int, parameters: tuple[bytes, ...]) -> None:
    (frame,) = parse(octets)
    assert (frame.command_id, frame.parameters) == (command_id, parameters)
    assert not any((frame.is_cut_short, frame.is_too_long, frame.is_read_header))


def test_the_length_counts_the_data_phase() -> None:
    assert Frame(0x44, (b"0", b"5")).encode(data=5) == b"\x02\x00\x0b\x44\x02\x010\x015"


@given(st.lists(st.tuples(NOISE, FRAMES, st.integers(0, 2000)), max_size=5), st.lists(st.integers(0), max_size=10))
def test_frames_are_found_whatever_is_between_them(sent: list[tuple[bytes, Frame, int]], cuts: list[int]) -> None:
    octets = b"".join(noise + frame.encode(data) for noise, frame, data in sent)
    found = parse(octets, cuts)
    assert [(frame.command_id, frame.parameters) for frame in found] == [
        (f.command_id, f.parameters) for _, f, _ in sent
    ]
    assert [frame.declared for frame in found] == [frame.length + data for _, frame, data in sent]
    assert not any(frame.is_cut_short for frame in found)
    assert [frame.is_too_long for frame in found] == [frame.length > 512 for _, frame, _ in sent]


@given(FRAMES, st.integers(1, 16), FRAMES)
def test_a_frame_without_all_its_parameters_ends_and_the_next_one_is_heard(
    broken: Frame, missing: int, after: Frame
) -> None:
    octets = bytearray(broken.encode())
    octets[4] += missing
    first, second = parse(bytes(octets) + after.encode())
    assert first.is_cut_short
    assert first.parameters == broken.parameters
    assert (second.command_id, second.parameters) == (after.command_id, after.parameters)


@given(st.binary(max_size=300), st.lists(st.integers(0), max_size=5))
def test_any_octets_are_parsed_alike_in_any_pieces(octets: bytes, cuts: list[int]) -> None:
    assert parse(octets, cuts) == parse(octets)


def test_what_st_clocks_out_to_read_is_no_command() -> None:
    (frame,) = parse(b"\x02\0\0\0\0")
    assert frame.is_read_header
    assert not Frame(0x01).is_read_header


@pytest.mark.parametrize(
    ("packet", "octets"),
    [
        (Packet(1, 0, 1, b"170726-b7ac1ba-SPWF04S"), b"\x02\x10\x01\x16\x00170726-b7ac1ba-SPWF04S"),
        (Packet(1, 9, 24, b"0:192.168.0.1"), b"\x02\x19\x18\x0d\x000:192.168.0.1"),
        (Packet(3, 10, 0x21), b"\x02\x3a\x21\x00\x00"),
    ],
    ids=["M3p9", "PB", "F-SPI4"],
)
def test_packets_as_modules_send_them(packet: Packet, octets: bytes) -> None:
    assert packet.encode() == octets
    assert list(PacketParser().feed(octets)) == [packet]


@given(st.lists(st.tuples(NOISE, PACKETS), max_size=5), st.integers(1, 50))
def test_packets_are_found_whatever_is_between_them(sent: list[tuple[bytes, Packet]], size: int) -> None:
    octets = b"".join(noise + packet.encode() for noise, packet in sent)
    parser = PacketParser()
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    assert [packet for piece in pieces for packet in parser.feed(piece)] == [packet for _, packet in sent]
