from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.tables.kinds import (
    CharacterCode,
    Digits,
    HexWord,
    Integer,
    Ipv4,
    Ipv6,
    KeyDigits,
    Kind,
    Octets,
    Text,
    TooLongError,
)

KINDS: tuple[Kind, ...] = (
    Integer(-128, 3000),
    HexWord(),
    HexWord(bare=16),
    Digits(8),
    CharacterCode(),
    Text(8),
    Octets(2),
    KeyDigits(5),
    Ipv4(),
    Ipv6(),
)


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (Integer(0, 2), "2", "2"),
        (Integer(0, 20), "0x10", "16"),
        (Integer(0, 20), "007", "7"),
        (Integer(-128, 127), "-70", "-70"),
        (HexWord(), "0x003fffcf", "0x003FFFCF"),
        (HexWord(), "11", "0x0000000B"),
        (HexWord(), "0xFFFFFFFF", "0xFFFFFFFF"),
        (HexWord(bare=16), "12", "0x00000012"),
        (HexWord(bare=16), "0x11", "0x00000011"),
        (Digits(8), "", ""),
        (Digits(8), "01234567", "01234567"),
        (CharacterCode(), "0x2c", "0x2C"),
        (CharacterCode(), "59", "0x3B"),
        (Text(8), "", ""),
        (Text(8), "caf\xe9 x", "caf\xe9 x"),
        (Octets(2), "ab:cd", "AB:CD"),
        (Octets(2), "ABCD", "AB:CD"),
        (KeyDigits(5), "76543210AB", "76543210ab"),
        (KeyDigits(5), "", ""),
        (Ipv4(), "192.168.000.050", "192.168.0.50"),
        (Ipv6(), "fe80::280:e1ff:febd:39", "fe80:0:0:0:280:e1ff:febd:39"),
    ],
)
def test_a_good_value_gets_its_canonical_form(kind: Kind, text: str, canonical: str) -> None:
    assert kind.parse(text) == canonical


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Integer(0, 2), "3"),
        (Integer(0, 2), "-1"),
        (Integer(0, 2), ""),
        (Integer(0, 2), "on"),
        (Integer(0, 2), "1 "),
        (Integer(0, 2), "\u0661"),
        (Integer(0, 2), "9" * 500),
        (HexWord(), "0x100000000"),
        (HexWord(), "FF"),
        (HexWord(bare=16), "-1"),
        (HexWord(bare=16), ""),
        (Digits(8), "1234567"),
        (Digits(8), "1234567a"),
        (Digits(2), "\u0661\u0662"),
        (CharacterCode(), ","),
        (Text(8), "a\nb"),
        (Text(8), "\u20ac"),
        (Octets(2), "AB"),
        (Octets(2), "AB:C"),
        (Octets(2), "A B C D"),
        (KeyDigits(5), "xy"),
        (Ipv4(), "192.168.0"),
        (Ipv4(), "192.168.0.256"),
        (Ipv4(), "192.168.0.-1"),
        (Ipv6(), "192.168.0.1"),
        (Ipv6(), "fe80::1%eth0"),
    ],
)
def test_a_bad_value_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r".") as failure:
        kind.parse(text)
    assert not isinstance(failure.value, TooLongError)


@pytest.mark.parametrize(
    ("kind", "text"), [(Text(8), "123456789"), (Octets(2), "AB:CD:EF"), (KeyDigits(5), "00" * 6), (Digits(2), "123")]
)
def test_a_value_that_is_only_too_long_is_refused_as_such(kind: Kind, text: str) -> None:
    with pytest.raises(TooLongError):
        kind.parse(text)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(max_size=12))
def test_any_text_is_either_refused_or_parsed_to_a_fixed_point(kind: Kind, text: str) -> None:
    try:
        canonical = kind.parse(text)
    except ValueError:
        return
    assert kind.parse(canonical) == canonical


@given(st.ip_addresses(v=6))
def test_ipv6_addresses_are_eight_groups_that_mean_the_same(address: IPv6Address) -> None:
    canonical = Ipv6().parse(str(address).partition("%")[0])
    assert canonical.count(":") == 7
    assert IPv6Address(canonical).packed == address.packed


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_takes(kind: Kind) -> None:
    assert kind.hint
