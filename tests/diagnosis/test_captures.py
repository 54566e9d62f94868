"""Captures in every form that they come in."""

from __future__ import annotations

import gzip
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.reading.conversation import End
from emulator.diagnosis.reading.octets import UnusableInput
from tests.diagnosis import packets
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece, of_side, records
from tests.diagnosis.diagnosing import case_of_octets
from tests.diagnosis.forge import Bend, forge
from tests.diagnosis.packets import (
    ACK,
    FIN,
    RST,
    TIME,
    Path,
    Pcapng,
    Segment,
    cooked,
    cooked_2,
    ethernet,
    frames,
    loopback,
    packet,
    pcap,
    segments,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.case import Case
    from emulator.peers.pki import Pki

IPV6 = Path(("fe80::1", "fe80::2"))


def assert_found(case: Case, *, notes: bool = False) -> None:
    """One correct handshake and nothing else."""
    assert (case.judged, case.defective, case.reasons) == (1, 0, {})
    assert bool(case.notes.lines()) == notes


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pcap(correct_conversation: Conversation, order: str, nano: bool) -> None:
    case = case_of_octets(pcap(frames(correct_conversation), order=order, nano=nano))
    assert_found(case)
    (judgement,) = case.judgements.values()
    assert (judgement.client, judgement.server) == ("192.168.0.1:49152", "192.168.0.2:45061")
    assert (judgement.place.unit, judgement.place.time) == ("frame", TIME)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["enhanced", "simple", "old"])
def test_pcapng(correct_conversation: Conversation, order: str, kind: str) -> None:
    file = Pcapng(order).section().interface()
    file.block(10, b"TLSK" + bytes(4) + b"a decryption secret")
    for frame in frames(correct_conversation):
        getattr(file, kind)(frame)
    file.block(5, bytes(12))
    case = case_of_octets(file.octets())
    assert_found(case)
    (judgement,) = case.judgements.values()
    assert judgement.place.time == (None if kind == "simple" else TIME)


def test_pcapng_with_several_sections_and_interfaces(correct_conversation: Conversation) -> None:
    packed = [packet(segment) for segment in segments(correct_conversation)]
    half = len(packed) // 2
    first = Pcapng("<").section().interface(link=147).interface(link=1)
    for octets in packed[:half]:
        first.enhanced(ethernet(octets), interface=1)
    second = Pcapng(">").section().interface(link=101, resolution=9)
    for octets in packed[half:]:
        second.enhanced(octets, ticks=int(TIME * 1e9))
    case = case_of_octets(first.octets() + second.octets())
    assert_found(case)
    (judgement,) = case.judgements.values()
    assert judgement.place.time == pytest.approx(TIME)


@pytest.mark.parametrize(("resolution", "per_second"), [(3, 1000), (0x80 | 10, 1024)])
def test_pcapng_times_of_other_resolutions(
    correct_conversation: Conversation, resolution: int, per_second: int
) -> None:
    file = Pcapng().section().interface(resolution=resolution)
    for frame in frames(correct_conversation):
        file.enhanced(frame, ticks=int(TIME * per_second))
    (judgement,) = case_of_octets(file.octets()).judgements.values()
    assert judgement.place.time == TIME


def test_a_snap_length_of_simple_packets(correct_conversation: Conversation) -> None:
    file = Pcapng().section().interface(snap=65535)
    for frame in frames(correct_conversation):
        file.simple(frame)
    assert_found(case_of_octets(file.octets()))


LINKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "Ethernet": (1, ethernet),
    "VLAN": (1, lambda octets: ethernet(octets, tags=[0x8100])),
    "QinQ": (1, lambda octets: ethernet(octets, tags=[0x88A8, 0x8100])),
    "PPPoE": (1, lambda octets: bytes(12) + b"\x88\x64" + bytes(6) + _ppp(octets) + octets),
    "Linux cooked": (113, cooked),
    "Linux cooked 2": (276, cooked_2),
    "loopback": (0, loopback),
    "loopback of OpenBSD": (108, loopback),
    "raw": (101, bytes),
}


def _ppp(octets: bytes) -> bytes:
    return b"\x00\x21" if octets[0] >> 4 == 4 else b"\x00\x57"


@pytest.mark.parametrize("path", [packets.PATH, IPV6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("extensions", [False, True], ids=["plain", "extended"])
@pytest.mark.parametrize(("link", "dress"), LINKS.values(), ids=LINKS)
def test_link_layers(
    correct_conversation: Conversation, link: int, dress: Callable[[bytes], bytes], path: Path, extensions: bool
) -> None:
    dressed = [dress(packet(segment, path, extensions=extensions)) for segment in segments(correct_conversation, path)]
    case = case_of_octets(pcap(dressed, link=link))
    assert_found(case)
    (judgement,) = case.judgements.values()
    assert judgement.client == ("192.168.0.1:49152" if path is packets.PATH else "[fe80::1]:49152")


def test_other_link_layers_and_packets_are_left_out_with_a_note(correct_conversation: Conversation) -> None:
    case = case_of_octets(pcap(frames(correct_conversation), link=127))
    assert (case.judged, case.reasons) == (0, {})
    note, nothing = case.notes.lines()
    assert "frames of link type 127" in note
    assert "802.11" in note
    assert nothing == "No frame of the capture holds TCP."


def test_what_is_no_tcp_is_passed_over(correct_conversation: Conversation) -> None:
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    udp = bytearray(ethernet(packet(Segment(0, 1, bytes(8)))))
    udp[14 + 9] = 17
    short = frames(correct_conversation)[0][:30]
    case = case_of_octets(pcap([arp, bytes(udp), b"", short, *frames(correct_conversation), arp]))
    assert_found(case)


def test_ip_fragments_are_counted(correct_conversation: Conversation) -> None:
    fragment = bytearray(frames(correct_conversation)[4])
    fragment[14 + 6] = 0x20
    case = case_of_octets(pcap([bytes(fragment), *frames(correct_conversation)]))
    assert_found(case, notes=True)
    assert case.notes.lines() == ["1 IP fragments were left out: they are not put together."]


def test_a_total_length_of_zero_as_offloading_cards_leave_it(correct_conversation: Conversation) -> None:
    changed = []
    for segment in segments(correct_conversation):
        frame = bytearray(packet(segment))
        if segment.payload:
            frame[2:4] = b"\0\0"
        changed.append(bytes(frame))
    assert_found(case_of_octets(pcap(changed, link=101)))


def test_a_capture_that_cuts_packets_says_so(correct_conversation: Conversation) -> None:
    case = case_of_octets(pcap(frames(correct_conversation), snap=300))
    assert (case.judged, case.reasons) == (0, {Reason.HOLE: 1})
    (note,) = case.notes.lines()
    assert "capture whole packets (tcpdump -s 0)" in note


def test_gzip(correct_conversation: Conversation) -> None:
    octets = pcap(frames(correct_conversation))
    packed = gzip.compress(octets)
    assert_found(case_of_octets(packed))
    noise = Random(1)
    others = [Segment(CLIENT, 1 + 1000 * n, noise.randbytes(1000)) for n in range(300)]
    path = Path(ports=(1, 2))
    long = octets + pcap([ethernet(packet(segment, path)) for segment in others])[24:]
    cut = case_of_octets(gzip.compress(long)[:-200])
    assert cut.judged == 1
    assert any("compressed file is damaged or ends early" in note for note in cut.notes.lines())


# How segments come


def diagnosed(found: list[Segment], path: Path = packets.PATH) -> Case:
    return case_of_octets(pcap([ethernet(packet(segment, path)) for segment in found]))


@pytest.mark.parametrize("size", [1, 3, 50, 536, 1460, 9000])
def test_segmentation(correct_conversation: Conversation, size: int) -> None:
    assert_found(diagnosed(segments(correct_conversation, size=size)))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_retransmission_and_overlap(correct_conversation: Conversation, data: st.DataObject) -> None:
    """Cut the conversation anew, twice over, and let the pieces come in any order."""
    size, other = data.draw(st.integers(40, 1460)), data.draw(st.integers(40, 1460))
    start = data.draw(st.sampled_from([1000, 2**32 - 700, 2**32 - 1]))
    path = Path(first=(start, (start * 7) % 2**32))
    found = segments(correct_conversation, path, size=size)
    again = [segment for segment in segments(correct_conversation, path, size=other) if segment.payload]
    opening, ending = found[:3], found[-2:]
    middle = data.draw(st.permutations(found[3:-2] + again))
    # Either FIN may come before data that it follows.
    early = data.draw(st.booleans())
    case = diagnosed(opening + (ending[:1] if early else []) + middle + (ending[1:] if early else ending), path)
    assert_found(case)


def test_what_came_first_counts_when_copies_differ(correct_conversation: Conversation) -> None:
    found = segments(correct_conversation)
    spoilt = [
        Segment(segment.side, segment.sequence, bytes(len(segment.payload)), segment.flags)
        for segment in found
        if segment.payload
    ]
    assert_found(diagnosed(found[:-2] + spoilt + found[-2:]))


def test_keep_alives_and_empty_segments(correct_conversation: Conversation) -> None:
    found = []
    for segment in segments(correct_conversation):
        found.append(segment)
        if segment.payload:
            end = segment.sequence + len(segment.payload)
            found += [Segment(segment.side, end - 1, b"\0"), Segment(segment.side, end - 1), Segment(segment.side, end)]
    assert_found(diagnosed(found))


def test_a_start_that_was_not_captured(correct_conversation: Conversation) -> None:
    assert_found(diagnosed(segments(correct_conversation)[3:]))


def test_a_hello_that_was_not_captured(correct_conversation: Conversation) -> None:
    case = diagnosed(segments(correct_conversation)[4:])
    assert case.reasons == {Reason.START_MISSING: 1}


def test_a_syn_that_comes_late(correct_conversation: Conversation) -> None:
    found = segments(correct_conversation)
    assert_found(diagnosed(found[3:5] + found[:3] + found[5:]))


def client_flight(found: list[Segment]) -> int:
    """Which segment begins the client's second flight."""
    return next(n for n, s in enumerate(found) if s.side == CLIENT and s.payload.startswith(b"\x16\3\3"))


def test_a_lost_segment_makes_a_hole(correct_conversation: Conversation) -> None:
    found = segments(correct_conversation, size=200)
    for missing in range(5, len(found) - 6):
        case = diagnosed(found[:missing] + found[missing + 1 :])
        assert case.judged + sum(case.reasons.values()) == 1
        assert case.defective == 0
    lost = client_flight(found)
    assert diagnosed(found[:lost] + found[lost + 1 :]).reasons == {Reason.HOLE: 1}


def test_more_behind_a_hole_than_is_waited_for(correct_conversation: Conversation) -> None:
    found = segments(correct_conversation, finish=False)
    lost = client_flight(found)
    end = max(segment.sequence + len(segment.payload) for segment in found if segment.side == CLIENT)
    much = [Segment(CLIENT, end + 1460 * n, bytes(1460)) for n in range(300)]
    assert diagnosed(found[:lost] + found[lost + 1 :] + much).reasons == {Reason.HOLE: 1}


def test_a_reset_ends_it(correct_conversation: Conversation) -> None:
    unanswered = segments(correct_conversation[:-1], finish=False)
    reset = Segment(SERVER, unanswered[-1].sequence, flags=RST)
    case = diagnosed([*unanswered, reset])
    (judgement,) = case.judgements.values()
    assert judgement.correct
    assert judgement.outcome.accepted is False
    assert judgement.outcome.end is End.RESET


def test_the_same_ports_again_are_another_connection(pki: Pki, correct_conversation: Conversation) -> None:
    other = forge(pki.server, pki.root, pki.client, seed="again")
    first = segments(correct_conversation, finish=False)
    second = segments(other, Path(first=(500_000, 700_000)))
    case = diagnosed(first + second)
    assert (case.judged, case.defective) == (2, 0)
    case = diagnosed(segments(correct_conversation) + second)
    assert (case.judged, case.defective) == (2, 0)


def test_many_connections_at_once(pki: Pki) -> None:
    talks = [forge(pki.server, pki.root, pki.client, seed=str(n)) for n in range(5)]
    paths = [Path(ports=(50000 + n, 443)) for n in range(5)]
    each = [
        [ethernet(packet(segment, path)) for segment in segments(talk, path, size=300)]
        for talk, path in zip(talks, paths, strict=True)
    ]
    mixed = [found[n] for n in range(max(map(len, each))) for found in each if n < len(found)]
    case = case_of_octets(pcap(mixed))
    assert (case.judged, case.defective) == (5, 0)
    assert {judgement.client for judgement in case.judgements.values()} == {
        f"192.168.0.1:{50000 + n}" for n in range(5)
    }


def test_fin_of_one_side_alone_is_no_end(correct_conversation: Conversation) -> None:
    found = segments(correct_conversation, finish=False)
    client_end = max(s.sequence + len(s.payload) for s in found if s.side == CLIENT)
    (answer,) = [n for n, s in enumerate(found) if s.side == SERVER and s.payload.startswith(b"\x15")]
    case = diagnosed([*found[:answer], Segment(CLIENT, client_end, flags=FIN | ACK), *found[answer:]])
    (judgement,) = case.judgements.values()
    assert judgement.outcome.alerts


# TLS in the middle of a stream


def test_starttls(correct_conversation: Conversation) -> None:
    talk: Conversation = [
        Piece(SERVER, b"220 mail.example ESMTP\r\n"),
        Piece(CLIENT, b"EHLO module\r\n"),
        Piece(SERVER, b"250-mail.example\r\n250 STARTTLS\r\n"),
        Piece(CLIENT, b"STARTTLS\r\n"),
        Piece(SERVER, b"220 go ahead\r\n"),
        *correct_conversation,
    ]
    assert_found(diagnosed(segments(talk)))
    assert_found(diagnosed(segments(talk, size=7)))


def test_plain_connections_are_silently_passed_over(correct_conversation: Conversation) -> None:
    plain: Conversation = [
        Piece(CLIENT, b"GET / HTTP/1.1\r\n\r\n"),
        Piece(SERVER, b"HTTP/1.1 200 OK\r\n\r\n" + bytes(400_000)),
    ]
    other = Path(ports=(49153, 80))
    case = case_of_octets(
        pcap([ethernet(packet(segment, other)) for segment in segments(plain, other)] + frames(correct_conversation))
    )
    assert_found(case)


@pytest.mark.parametrize("size", [1, 5, 20, 100])
def test_records_of_any_size(pki: Pki, size: int) -> None:
    assert_found(diagnosed(segments(forge(pki.server, pki.root, pki.client, Bend(record_size=size)))))


def test_messages_that_share_a_record(pki: Pki) -> None:
    assert_found(diagnosed(segments(forge(pki.server, pki.root, pki.client, Bend(coalesced=True)))))


def test_encrypted_connections_that_were_there_before(correct_conversation: Conversation) -> None:
    talk: Conversation = [
        Piece(CLIENT, records(23, bytes(2000))),
        Piece(SERVER, records(23, bytes(50_000))),
    ] * 3
    case = diagnosed(segments(talk)[3:])
    assert case.reasons == {Reason.UNDER_WAY: 1}


def test_ssl_2_hellos_are_named(correct_conversation: Conversation) -> None:
    talk = [Piece(CLIENT, b"\x80\x2e\x01\x03\x01" + bytes(43)), Piece(SERVER, b"\x15\3\1\0\2\2\x28")]
    case = diagnosed(segments(talk))
    assert list(case.reasons) == [Reason.MALFORMED]
    assert "SSL 2.0" in case.unjudged[0][1].detail
    assert of_side(talk, CLIENT)


# Other files


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "it is empty"),
        (b"snoop\0\0\0\0\0\0\2", "in the form of snoop"),
        (b"hello", "neither a pcap or pcapng capture"),
        (b"\x7fELF" + bytes(500), "neither a pcap or pcapng capture"),
        (b"\x1f\x8b" + bytes(100), "the gzip file is damaged from its beginning"),
    ],
)
def test_what_cannot_be_read_is_said(octets: bytes, words: str) -> None:
    with pytest.raises(UnusableInput, match=words):
        case_of_octets(octets)


def test_an_empty_capture_is_noted() -> None:
    case = case_of_octets(pcap([]))
    assert (case.judged, case.reasons) == (0, {})
    assert case.notes.lines() == ["The capture file holds no frame."]
