"""Reading signatures, strictly and leniently."""

from __future__ import annotations

import ecdsa
import pytest
from ecdsa.util import sigdecode_der
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.diagnosis.judging.encoding import Encoding, Flaw, read_encoding
from emulator.diagnosis.report.hexdump import marked
from emulator.diagnosis.report.octets import table
from tests.diagnosis.forge import der

R, S = 0x11 << 248 | 5, 0x93 << 248 | 7
RIGHT = der(R, S)
NUMBERS = st.integers(1, 2**256 - 1)


def covered(encoding: Encoding) -> list[int]:
    """How often each octet is marked."""
    counts = [0] * len(encoding.octets)
    for mark in encoding.marks:
        for index in range(mark.start, mark.start + mark.size):
            counts[index] += 1
    return counts


@given(r=NUMBERS, s=NUMBERS)
@example(r=1, s=0x80)
@example(r=2**256 - 1, s=2**255)
def test_strict_der_is_read_as_what_it_is(r: int, s: int) -> None:
    encoding = read_encoding(der(r, s), 32)
    assert (encoding.strict, encoding.r, encoding.s, encoding.flaws) == (True, r, s, ())
    assert covered(encoding) == [1] * len(encoding.octets)


@given(r=NUMBERS, s=NUMBERS, zeros=st.integers(0, 3), sign_octet=st.booleans())
def test_lenient_reading_finds_the_numbers_and_names_the_flaws(r: int, s: int, zeros: int, sign_octet: bool) -> None:
    octets = der(r, s, zeros=zeros, sign_octet=sign_octet)
    encoding = read_encoding(octets, 32)
    assert (encoding.r, encoding.s) == (r, s)
    assert covered(encoding) == [1] * len(octets)
    assert encoding.strict == (octets == der(r, s))
    assert {flaw for flaw, _ in encoding.flaws} <= {Flaw.SIGN_OCTET_MISSING, Flaw.NEEDLESS_ZERO}


@given(st.one_of(st.binary(max_size=90), st.binary(max_size=70).map(lambda rest: RIGHT[:8] + rest)))
def test_anything_can_be_read(octets: bytes) -> None:
    encoding = read_encoding(octets, 32)
    assert max(covered(encoding), default=0) <= 1
    assert list(marked(encoding)) or not octets
    assert list(table(encoding))
    assert encoding.strict == python_ecdsa_takes(octets)


@given(index=st.integers(0, len(RIGHT) - 1), bit=st.integers(0, 7))
def test_strict_is_what_python_ecdsa_takes(index: int, bit: int) -> None:
    octets = bytearray(RIGHT)
    octets[index] ^= 1 << bit
    assert read_encoding(bytes(octets), 32).strict == python_ecdsa_takes(bytes(octets))


def python_ecdsa_takes(octets: bytes) -> bool:
    """Whether a decoder that is known to be strict takes them."""
    try:
        sigdecode_der(octets, ecdsa.NIST256p.order)
    except (ecdsa.der.UnexpectedDER, IndexError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("octets", "flaws"),
    [
        (b"", [("EMPTY", "signature")]),
        (b"\x30", [("TRUNCATED", "signature"), ("TRUNCATED", "r")]),
        (b"\x31" + RIGHT[1:], [("NO_SEQUENCE", "signature")]),
        (b"\x30\x81" + RIGHT[1:], [("LONG_LENGTH", "signature")]),
        (b"\x30\x82\x00" + RIGHT[1:], [("LONG_LENGTH", "signature")]),
        (b"\x30\x80" + RIGHT[2:] + b"\0\0", [("INDEFINITE_LENGTH", "signature")]),
        (b"\x30\x80" + RIGHT[2:], [("INDEFINITE_LENGTH", "signature"), ("TRUNCATED", "signature")]),
        (RIGHT[:-1], [("TRUNCATED", "signature"), ("TRUNCATED", "s")]),
        (RIGHT + b"\0", [("TRAILING", "signature")]),
        (bytes(64), [("RAW", "r")]),
        (b"\x30\x06\x02\x00\x02\x02\x01\x01", [("EMPTY_INTEGER", "r")]),
        (b"\x30\x07\x03\x01\x01\x02\x02\x01\x01", [("NO_INTEGER", "r")]),
        (b"\x30\x08\x02\x02\x00\x01\x02\x02\x00\x80", [("NEEDLESS_ZERO", "r")]),
        (b"\x30\x06\x02\x01\x00\x02\x01\x80", [("SIGN_OCTET_MISSING", "s")]),
    ],
)
def test_flaws(octets: bytes, flaws: list[tuple[str, str]]) -> None:
    assert [(flaw.name, where) for flaw, where in read_encoding(octets, 32).flaws] == flaws


def test_a_signature_that_happens_to_have_the_length_of_raw_numbers_is_der() -> None:
    octets = der(2**223 - 1, 2**239 - 1)
    assert len(octets) == 64
    assert read_encoding(octets, 32).strict


def test_the_marks_beneath_the_octets() -> None:
    assert list(marked(read_encoding(der(0x1234, 0x9234, sign_octet=False), 32))) == [
        "   0  30 08 02 02 12 34 02 02 92 34",
        "      -- -- -- -- rr rr -- -- s! ss",
        "      -- tag and length; rr r; ss s",
        "      s! s, whose top bit is set: the sign octet 00 is missing before it",
    ]


def test_the_table_says_each_part_in_words() -> None:
    lines = [" ".join(line.split()) for line in table(read_encoding(der(0x1234, 0x9234, zeros=1), 32))]
    assert lines == [
        "0 30 0b SEQUENCE of 11 octets",
        "2 02 03 INTEGER r of 3 octets",
        "4 00 zero before r <-- needless: the number's top bit is not set after it",
        "5 12 34 r, 2 octets",
        "7 02 04 INTEGER s of 4 octets",
        "9 00 zero before s <-- needless: the number's top bit is not set after it",
        "10 00 sign octet of s",
        "11 92 34 s, 2 octets",
    ]
