"""Encodings of ECDSA signatures, right and wrong."""

from __future__ import annotations

import hashlib
from math import comb
from typing import Any

import pytest
from asn1crypto.algos import DSASignature
from ecdsa import NIST256p, NIST384p, NIST521p, SECP160r1
from ecdsa.util import sigdecode_der, sigencode_der
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.tls.nonces import HandshakeNonces
from firmware_model.tls.signature import Form, encode_der, fixed, is_strict_der, minimal
from tests.tls.faulty import ec_key, ecdsa_signature, ecdsa_signatures

ORDER = int(NIST256p.order)
DIGEST = hashlib.sha256(b"transcript").digest()
NONPADDED = "signature=nonpadded"
ALWAYS_BAD = "signature=nonpadded:always-bad"
ALWAYS_LUCKY = "signature=nonpadded:always-lucky"
FIXED = "signature=nonpadded:fixed32"
MODES = pytest.mark.parametrize("faults", [(), (NONPADDED,), (ALWAYS_BAD,), (ALWAYS_LUCKY,), (FIXED,)])
P_LUCKY = 0.24804
"""The share of P-256 signatures that need no sign octet in either integer: (127/255)^2."""

numbers = st.one_of(
    st.integers(1, ORDER - 1),
    st.integers(0, 256).map(lambda bits: max(1, min(ORDER - 1, (1 << bits) - 1))),
    st.integers(0, 255).map(lambda bits: 1 << bits),
)


@given(numbers, numbers)
def test_strict_der_is_what_ecdsa_and_asn1crypto_write(r: int, s: int) -> None:
    encoded = encode_der(r, s)
    assert encoded == sigencode_der(r, s, ORDER)
    assert encoded == DSASignature({"r": r, "s": s}).dump()
    assert is_strict_der(encoded, ORDER)


@given(st.integers(1, NIST521p.order - 1), st.integers(1, NIST521p.order - 1))
def test_long_form_lengths_are_strict_too(r: int, s: int) -> None:
    encoded = encode_der(r, s)
    assert encoded == sigencode_der(r, s, NIST521p.order)
    assert is_strict_der(encoded, NIST521p.order)


@given(numbers, numbers)
def test_a_forgotten_sign_octet_is_strict_only_when_none_is_needed(r: int, s: int) -> None:
    needed = any(number.bit_length() % 8 == 0 for number in (r, s))
    encoded = Form(ORDER, minimal).write(r, s)
    assert is_strict_der(encoded, ORDER) is not needed
    assert (encoded == encode_der(r, s)) is not needed


@given(numbers, numbers)
def test_fixed_integers_keep_their_size(r: int, s: int) -> None:
    encoded = Form(ORDER, fixed(32)).write(r, s)
    assert len(encoded) == 70
    assert encoded[4:36] == r.to_bytes(32, "big")
    assert encoded[38:] == s.to_bytes(32, "big")


@given(st.binary(max_size=80))
def test_only_octets_that_encode_back_to_themselves_are_strict(data: bytes) -> None:
    try:
        r, s = sigdecode_der(data, ORDER)
    except Exception:
        assert not is_strict_der(data, ORDER)
    else:
        canonical = 0 < r < ORDER and 0 < s < ORDER and encode_der(r, s) == data
        assert is_strict_der(data, ORDER) is canonical


@pytest.mark.parametrize(
    ("flaw", "octets"),
    [
        ("needless zero", "3007 0202 0001 0201 01"),
        ("negative", "3006 0201 80 0201 01"),
        ("trailing octet", "3006 0201 01 0201 01 00"),
        ("trailing octet inside", "3007 0201 01 0201 01 00"),
        ("third integer", "3009 0201 01 0201 01 0201 01"),
        ("long form of a short length", "308106 0201 01 0201 01"),
        ("long form inside", "3007 028101 01 0201 01"),
        ("indefinite length", "3080 0201 01 0201 01 0000"),
        ("length with a leading zero", "30820006 0201 01 0201 01"),
        ("zero r", "3006 0201 00 0201 01"),
        ("zero s", "3006 0201 01 0201 00"),
        ("empty integer", "3005 0200 0201 01"),
        ("only one integer", "3003 0201 01"),
        ("cut off", "3006 0201 01 0201"),
        ("cut off before any length", "30"),
        ("no sequence", "3106 0201 01 0201 01"),
        ("no integer", "3006 0401 01 0201 01"),
        ("empty", ""),
    ],
)
def test_a_flaw_is_not_strict(flaw: str, octets: str) -> None:
    assert is_strict_der(bytes.fromhex("3006 0201 01 0201 01"), ORDER)
    assert not is_strict_der(bytes.fromhex(octets), ORDER)


@pytest.mark.parametrize("number", [ORDER, ORDER + 1, 1 << 256])
def test_numbers_from_the_order_on_are_not_strict(number: int) -> None:
    assert is_strict_der(encode_der(1, ORDER - 1), ORDER)
    assert not is_strict_der(encode_der(1, number), ORDER)
    assert not is_strict_der(encode_der(number, 1), ORDER)


@pytest.mark.parametrize("curve", [NIST256p, NIST384p, NIST521p], ids=lambda curve: str(curve.name))
@MODES
def test_r_and_s_verify_in_every_mode(curve: Any, faults: tuple[str, ...]) -> None:
    numbers = ecdsa_signature(DIGEST, *faults, curve=curve).numbers
    key = ec_key(curve).signing_key.get_verifying_key()
    assert key.verify_digest(encode_der(numbers.r, numbers.s), DIGEST, sigdecode=sigdecode_der)


@MODES
def test_the_same_seed_gives_the_same_octets(faults: tuple[str, ...]) -> None:
    assert ecdsa_signature(DIGEST, *faults, seed=7) == ecdsa_signature(DIGEST, *faults, seed=7)
    assert ecdsa_signature(DIGEST, *faults, seed=7) != ecdsa_signature(DIGEST, *faults, seed=8)


def sign_octets(r: int, s: int) -> int:
    """How many sign octets strict DER needs."""
    return (minimal(r)[0] >> 7) + (minimal(s)[0] >> 7)


def test_correct_signatures_are_strict_and_drawn_once() -> None:
    for encoded, (r, s, _), draws in ecdsa_signatures(30):
        assert is_strict_der(encoded, ORDER)
        assert draws == 1
        assert len(encoded) == 6 + len(minimal(r)) + len(minimal(s)) + sign_octets(r, s)


def test_natural_luck_is_one_in_four() -> None:
    count = 400
    made = ecdsa_signatures(count, NONPADDED)
    lucky = sum(is_strict_der(one.encoded, ORDER) for one in made)
    low, high = binomial_interval(count, P_LUCKY, 0.999)
    assert low <= lucky <= high
    assert all(one.draws == 1 and len(one.encoded) <= 70 for one in made)
    assert all(is_strict_der(one.encoded, ORDER) is not bool(sign_octets(one.numbers.r, one.numbers.s)) for one in made)


def test_always_bad_is_never_strict() -> None:
    made = ecdsa_signatures(60, ALWAYS_BAD)
    assert not any(is_strict_der(one.encoded, ORDER) for one in made)
    assert all(Form(ORDER, minimal).write(one.numbers.r, one.numbers.s) == one.encoded for one in made)


def test_always_lucky_is_strict_and_70_octets_long() -> None:
    made = ecdsa_signatures(60, ALWAYS_LUCKY)
    assert {len(one.encoded) for one in made} == {70}
    assert all(is_strict_der(one.encoded, ORDER) for one in made)
    assert any(one.draws > 1 for one in made)


def test_fixed32_is_70_octets_long() -> None:
    assert {len(one.encoded) for one in ecdsa_signatures(60, FIXED)} == {70}


def test_a_curve_whose_order_has_one_bit_too_many_still_has_lucky_signatures() -> None:
    made = ecdsa_signature(DIGEST[:20], ALWAYS_LUCKY, curve=SECP160r1)
    assert is_strict_der(made.encoded, SECP160r1.order)
    assert len(made.encoded) == 2 + 2 * 22


def test_what_never_comes_out_is_given_up() -> None:
    made = ecdsa_signature(DIGEST, ALWAYS_LUCKY, "signature=raw")
    assert made.draws > 100
    assert len(made.encoded) == 64


@given(st.binary(min_size=32, max_size=32), st.integers(1, ORDER))
def test_nonces_stay_below_their_limit_and_repeat_with_their_seed(seed: bytes, limit: int) -> None:
    drawn = HandshakeNonces(seed).below(limit)
    assert 0 <= drawn < limit
    assert drawn == HandshakeNonces(seed).below(limit)
    nonces = HandshakeNonces(seed)
    assert nonces.octets(32) != nonces.octets(32)


def binomial_interval(count: int, p: float, level: float) -> tuple[int, int]:
    """The central interval that holds at least ``level`` of the exact distribution."""
    tail = (1 - level) / 2
    below, low, high = 0.0, 0, count
    for successes in range(count + 1):
        upto = below + comb(count, successes) * p**successes * (1 - p) ** (count - successes)
        if below <= tail < upto:
            low = successes
        if below < 1 - tail <= upto:
            high = successes
        below = upto
    return low, high
