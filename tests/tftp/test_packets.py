"""The TFTP codec."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.tftp.packets import (
    Acknowledgement,
    Data,
    MalformedPacketError,
    Packet,
    ReadRequest,
    Refusal,
    WriteRequest,
    decode,
    encode,
)

NUMBERS = st.integers(0, 0xFFFF)
TEXTS = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\0"))
NAMES = TEXTS.filter(bool)
MODES = st.sampled_from(["octet", "netascii", "mail"])
PACKETS = st.one_of(
    st.builds(ReadRequest, NAMES, MODES),
    st.builds(WriteRequest, NAMES, MODES),
    st.builds(Data, NUMBERS, st.binary(max_size=512)),
    st.builds(Acknowledgement, NUMBERS),
    st.builds(Refusal, NUMBERS, TEXTS),
)


@given(PACKETS)
def test_what_is_encoded_is_decoded(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=600))
def test_no_octets_do_harm(octets: bytes) -> None:
    with suppress(MalformedPacketError):
        decode(octets)


@pytest.mark.parametrize(
    ("octets", "packet"),
    [
        (b"\0\1conf.txt\0OcTeT\0", ReadRequest("conf.txt", "octet")),
        (b"\0\2a\0netascii\0", WriteRequest("a", "netascii")),
        (b"\0\1a\0octet\0blksize\x001428\0", ReadRequest("a")),
        (b"\0\3\xff\xffx", Data(0xFFFF, b"x")),
        (b"\0\3\0\1", Data(1, b"")),
        (b"\0\4\0\0", Acknowledgement(0)),
        (b"\0\5\0\1File not found\0", Refusal(1, "File not found")),
        (b"\0\5\0\1no end", Refusal(1, "no end")),
    ],
)
def test_packets_as_others_send_them(octets: bytes, packet: Packet) -> None:
    assert decode(octets) == packet


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0",
        b"\0\1",
        b"\0\1\0octet\0",
        b"\0\1name",
        b"\0\1name\0octet",
        b"\0\3\0",
        b"\0\3\0\1" + bytes(513),
        b"\0\4\0\1x",
        b"\0\6blksize\x001428\0",
        b"\1\3\0\1",
    ],
)
def test_what_is_no_packet(octets: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        decode(octets)
