"""Where messages end in what is sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emulator.capture.tls_marks import TlsMarks


def record(content_type: int, content: bytes) -> bytes:
    return bytes([content_type, 3, 3]) + len(content).to_bytes(2) + content


CERTIFICATE, EXCHANGE, VERIFY = (bytes([kind]) + bytes(size) for kind, size in ((11, 800), (16, 69), (15, 79)))
FLIGHT = (
    record(22, CERTIFICATE)
    + record(22, EXCHANGE + VERIFY)
    + record(20, b"\x01")
    + record(22, bytes(40))
    + record(23, bytes(100))
    + record(21, bytes(26))
)
MESSAGES = [
    ("Certificate", len(CERTIFICATE), 806),
    ("ClientKeyExchange", len(EXCHANGE), 881),
    ("CertificateVerify", len(VERIFY), 961),
    ("ChangeCipherSpec", 1, 967),
    ("Finished", 16, 1012),
    ("Alert", 2, len(FLIGHT)),
]


@given(st.lists(st.integers(1, 400)))
def test_messages_end_where_they_do_however_the_flight_is_cut(sizes: list[int]) -> None:
    marks = TlsMarks()
    assert marks.take(b"220 mail server\r\n") == []
    for name, length, _ in MESSAGES:
        marks.expect(name, length, [name])
    found, start = [], 0
    for size in (*sizes, len(FLIGHT)):
        piece = FLIGHT[start : start + size]
        found += [(name, start + end) for end, (name,) in marks.take(piece)]
        start += len(piece)
    assert found == [(name, end) for name, _, end in MESSAGES]


def test_a_message_in_several_records_ends_with_the_last() -> None:
    marks = TlsMarks()
    marks.expect("Certificate", 30, ["here"])
    octets = record(22, bytes(10)) * 3
    assert marks.take(octets) == [(len(octets), ["here"])]


def test_a_message_that_a_fault_kept_back_is_told_with_what_comes_instead() -> None:
    marks = TlsMarks()
    marks.expect("CertificateVerify", 80, ["kept back"])
    marks.expect("Alert", 2, ["alert"])
    assert marks.take(record(21, bytes(2))) == [(7, ["kept back"]), (7, ["alert"])]
