"""The codec against another one: what zeroconf writes is read, what the module writes is read by zeroconf."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from zeroconf import DNSIncoming, DNSOutgoing  # type: ignore[attr-defined]
from zeroconf import DNSPointer as Pointer  # type: ignore[attr-defined]
from zeroconf import DNSQuestion as Asked  # type: ignore[attr-defined]
from zeroconf import DNSService as Place  # type: ignore[attr-defined]

from firmware_model.mdns.messages import (
    MalformedMessageError,
    Name,
    Question,
    Record,
    RecordType,
    decode_query,
    encode_name,
    encode_response,
    is_same_name,
)

INTERNET = 1
PAGE: Name = (b"The page", b"_http", b"_tcp", b"local")
KIND = PAGE[1:]


def test_a_query_with_pointers_and_known_answers_is_read() -> None:
    outgoing = DNSOutgoing(0, id_=7)
    unicast = Asked("_http._tcp.local.", RecordType.PTR, INTERNET)
    unicast.unicast = True
    outgoing.add_question(unicast)
    outgoing.add_question(Asked("The page._http._tcp.local.", RecordType.SRV, INTERNET))
    known = Pointer("_http._tcp.local.", RecordType.PTR, INTERNET, 60, "The page._http._tcp.local.")
    outgoing.add_answer_at_time(known, 0)
    outgoing.add_answer_at_time(
        Place("The page._http._tcp.local.", RecordType.SRV, INTERNET, 60, 0, 0, 80, "host.local."), 0
    )
    (octets,) = outgoing.packets()
    assert b"\xc0" in octets
    query = decode_query(octets)
    assert query.questions == (Question(KIND, RecordType.PTR, True), Question(PAGE, RecordType.SRV, False))
    where = bytes(4) + (80).to_bytes(2, "big") + encode_name((b"host", b"local"))
    assert query.known == (
        Record(KIND, RecordType.PTR, encode_name(PAGE), 60),
        Record(PAGE, RecordType.SRV, where, 60),
    )


def test_a_response_is_read_by_others() -> None:
    records = [
        Record(KIND, RecordType.PTR, encode_name(PAGE), 120),
        Record(PAGE, RecordType.TXT, b"\4a=b\n", 2**31 - 1, unique=True),
        Record((b"host", b"local"), RecordType.A, bytes([192, 168, 0, 50]), 0, unique=True),
    ]
    octets = encode_response(records[:2], records[2:], number=9, questions=[Question(KIND, RecordType.PTR, False)])
    message = DNSIncoming(octets)
    assert (message.valid, message.id, message.is_response()) == (True, 9, True)
    assert [(question.name, question.type) for question in message.questions] == [("_http._tcp.local.", 12)]
    assert [(one.name, one.type, one.ttl, one.unique) for one in message.answers()] == [
        ("_http._tcp.local.", 12, 120, False),
        ("The page._http._tcp.local.", 16, 2**31 - 1, True),
        ("host.local.", 1, 0, True),
    ]


names = st.lists(st.binary(min_size=1, max_size=63), max_size=3).map(tuple)


@given(names, st.integers(0, 65535), st.booleans())
def test_questions_come_back(name: Name, kind: int, unicast: bool) -> None:
    klass = INTERNET | unicast << 15
    octets = bytes(5) + b"\1" + bytes(6) + encode_name(name) + kind.to_bytes(2, "big") + klass.to_bytes(2, "big")
    assert decode_query(octets).questions == (Question(name, kind, unicast),)


@given(st.binary(max_size=100), st.integers(0, 3), st.integers(0, 3))
@example(b"\xc0\x0c\0\1\0\1", 1, 0)
@example(b"\xc0\x0e\xc0\x0c\0\1\0\1", 1, 0)
@example(b"\1a\xc0\x0c\0\1\0\1", 1, 0)
@example(b"\0\0\x21\0\1\0\0\0\0\0\2\0\0", 0, 1)
@example(b"\xc0", 1, 0)
def test_whatever_comes_is_read_or_malformed(rest: bytes, questions: int, answers: int) -> None:
    octets = bytes(5) + bytes([questions, 0, answers]) + bytes(4) + rest
    try:
        query = decode_query(octets)
    except MalformedMessageError:
        return
    assert (len(query.questions), len(query.known)) == (questions, answers)


@pytest.mark.parametrize(
    "octets",
    [b"", bytes(11), b"\0\0\x84\0" + bytes(8), b"\0\0\x28\0" + bytes(8), bytes(5) + b"\1" + bytes(6) + b"\3ab"],
)
def test_what_is_no_query(octets: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        decode_query(octets)


def test_a_name_of_pointers_ends() -> None:
    # A chain of pointers, each to the one before: as long as the message, and no longer.
    chain = b"\0" + b"".join(bytes([0xC0, 12 if not at else 11 + 2 * at]) for at in range(40))
    octets = bytes(5) + b"\0\0\1" + bytes(4) + chain
    with pytest.raises(MalformedMessageError):
        decode_query(octets)


@pytest.mark.parametrize("name", [(b"",), (b"x" * 64,), (b"x" * 63,) * 4])
def test_names_that_cannot_be_sent(name: Name) -> None:
    with pytest.raises(ValueError, match=r"at most|has 1\.\."):
        encode_name(name)


def test_names_are_the_same_in_any_case() -> None:
    assert is_same_name((b"Host", b"LOCAL"), (b"hOST", b"local"))
    assert not is_same_name((b"host", b"local"), (b"host",))
    assert Record((b"A",), 1, b"x", 5).is_same_as(Record((b"a",), 1, b"x", 9, unique=True))
