"""Encodings of ECDSA signatures, right and wrong."""

from __future__ import annotations

import hashlib
from math import comb
from typing import Any

import pytest
from asn1crypto.algos import DSASignature
from ecdsa import NIST256p, NIST384p, NIST521p, SECP160r1, SigningKey
from ecdsa.util import sigdecode_der, sigencode_der
from hypothesis import given
from hypothesis import strategies as st

from emulator.surroundings.entropy import SeededSource
from firmware_model.tls.faults import SignatureFault, TlsFaults
from firmware_model.tls.nonces import HandshakeNonces
from firmware_model.tls.signature import (
    EcdsaSigner,
    Signature,
    encode_der,
    encode_fixed,
    encode_without_sign_octet,
    is_strict_der,
)

ORDER = int(NIST256p.order)
DIGEST = hashlib.sha256(b"transcript").digest()
P_LUCKY = 0.24804
"""The share of P-256 signatures that need no sign octet in either integer: (127/255)^2."""

numbers = st.one_of(
    st.integers(1, ORDER - 1),
    st.integers(0, 256).map(lambda bits: max(1, min(ORDER - 1, (1 << bits) - 1))),
    st.integers(0, 255).map(lambda bits: 1 << bits),
)


def signer(fault: SignatureFault, seed: int = 1, curve: Any = NIST256p) -> EcdsaSigner:
    key = SigningKey.from_secret_exponent(0xC0FFEE, curve)
    return EcdsaSigner(key, SeededSource(seed), TlsFaults(fault))


def signatures(fault: SignatureFault, count: int) -> list[Signature]:
    source = signer(fault)
    return [source.sign(hashlib.sha256(index.to_bytes(4, "big")).digest()) for index in range(count)]


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
    encoded = encode_without_sign_octet(r, s)
    assert is_strict_der(encoded, ORDER) is not needed
    assert (encoded == encode_der(r, s)) is not needed


@given(numbers, numbers)
def test_fixed_integers_keep_their_size(r: int, s: int) -> None:
    encoded = encode_fixed(r, s, 32)
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
@pytest.mark.parametrize("fault", SignatureFault)
def test_r_and_s_verify_in_every_mode(curve: Any, fault: SignatureFault) -> None:
    source = signer(fault, curve=curve)
    made = source.sign(DIGEST)
    key = SigningKey.from_secret_exponent(0xC0FFEE, curve).get_verifying_key()
    assert key.verify_digest(encode_der(made.r, made.s), DIGEST, sigdecode=sigdecode_der)
    assert made.fault is fault
    assert made.strict_der is is_strict_der(made.encoded, curve.order)


@pytest.mark.parametrize("fault", SignatureFault)
def test_the_same_seed_gives_the_same_octets(fault: SignatureFault) -> None:
    assert signer(fault, seed=7).sign(DIGEST) == signer(fault, seed=7).sign(DIGEST)
    assert signer(fault, seed=7).sign(DIGEST) != signer(fault, seed=8).sign(DIGEST)


def test_correct_signatures_are_strict_and_drawn_once() -> None:
    for made in signatures(SignatureFault.NONE, 30):
        assert made.strict_der
        assert made.draws == 1
        assert len(made.encoded) == len(encode_without_sign_octet(made.r, made.s)) + made.r_top_bit + made.s_top_bit


def test_natural_luck_is_one_in_four() -> None:
    count = 400
    made = signatures(SignatureFault.NATURAL, count)
    lucky = sum(signature.strict_der for signature in made)
    low, high = binomial_interval(count, P_LUCKY, 0.999)
    assert low <= lucky <= high
    assert all(signature.draws == 1 and len(signature.encoded) <= 70 for signature in made)
    assert all(signature.strict_der is not bool(signature.r_top_bit or signature.s_top_bit) for signature in made)


def test_always_bad_is_never_strict() -> None:
    made = signatures(SignatureFault.ALWAYS_BAD, 60)
    assert not any(is_strict_der(signature.encoded, ORDER) for signature in made)
    assert {encode_without_sign_octet(one.r, one.s) == one.encoded for one in made} == {True}


def test_always_lucky_is_strict_and_70_octets_long() -> None:
    made = signatures(SignatureFault.ALWAYS_LUCKY, 60)
    assert {len(signature.encoded) for signature in made} == {70}
    assert all(is_strict_der(signature.encoded, ORDER) for signature in made)
    assert any(signature.draws > 1 for signature in made)


def test_fixed32_is_70_octets_long() -> None:
    assert {len(signature.encoded) for signature in signatures(SignatureFault.FIXED32, 60)} == {70}


def test_a_curve_whose_order_has_one_bit_too_many_still_has_lucky_signatures() -> None:
    made = signer(SignatureFault.ALWAYS_LUCKY, curve=SECP160r1).sign(DIGEST[:20])
    assert made.strict_der
    assert len(made.encoded) == 2 + 2 * 22


def test_the_mode_can_be_changed_between_two_signatures() -> None:
    faults = TlsFaults()
    source = EcdsaSigner(SigningKey.from_secret_exponent(5, NIST256p), SeededSource(1), faults)
    assert source.sign(DIGEST).strict_der
    faults.signature = SignatureFault.ALWAYS_BAD
    assert not source.sign(DIGEST).strict_der


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
