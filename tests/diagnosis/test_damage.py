"""The one flipped bit, wherever it is."""

from __future__ import annotations

import hashlib

import ecdsa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.diagnosis.judging.curves import EcKey, ec_key, recovered_keys
from emulator.diagnosis.judging.damage import find_flip
from emulator.diagnosis.judging.encoding import read_encoding
from tests.diagnosis.forge import der, numbers

KEY = ecdsa.SigningKey.from_secret_exponent(0xC0FFEE, ecdsa.NIST256p)
DIGEST = hashlib.sha256(b"a handshake").digest()
E = int.from_bytes(DIGEST, "big")


def public(key: ecdsa.SigningKey = KEY) -> EcKey:
    found = ec_key(key.get_verifying_key().to_der())
    assert found is not None
    return found


def signatures() -> dict[int, bytes]:
    """One signature of each usual length."""
    made = (der(*numbers(KEY, DIGEST, nonce)) for nonce in range(2, 60))
    return {len(octets): octets for octets in made}


SIGNATURES = signatures()


def assert_found(octets: bytes, octet: int, bit: int) -> None:
    changed = bytearray(octets)
    changed[octet] ^= 1 << bit
    assert find_flip(read_encoding(bytes(changed), 32), public(), E) == (octet, bit)


@settings(deadline=None, max_examples=60)
@given(length=st.sampled_from(sorted(SIGNATURES)), octet=st.integers(0, 69), bit=st.integers(0, 7))
def test_any_bit(length: int, octet: int, bit: int) -> None:
    assert_found(SIGNATURES[length], octet, bit)


@pytest.mark.parametrize("octet", [0, 1, 2, 3, 4, 37, 38, 39])
@pytest.mark.parametrize("bit", range(8))
def test_every_bit_around_the_numbers(octet: int, bit: int) -> None:
    """In a signature of 72 octets both sign octets are among these."""
    assert (SIGNATURES[72][4], SIGNATURES[72][39]) == (0, 0)
    assert_found(SIGNATURES[72], octet, bit)


def test_an_undamaged_signature_and_one_with_two_flips_have_none() -> None:
    octets = bytearray(SIGNATURES[70])
    octets[20] ^= 1
    octets[50] ^= 1
    assert find_flip(read_encoding(bytes(octets), 32), public(), E) is None


@given(nonce=st.integers(1, 2**200))
@settings(deadline=None, max_examples=20)
def test_the_key_is_among_those_recovered(nonce: int) -> None:
    r, s = numbers(KEY, DIGEST, nonce)
    found = list(recovered_keys(public().curve, r, s, E))
    assert public().octets in found
    assert len(found) == 2


def test_other_curves_recover_too() -> None:
    for curve in (ecdsa.NIST384p, ecdsa.NIST521p, ecdsa.SECP256k1, ecdsa.BRAINPOOLP256r1):
        key = ecdsa.SigningKey.from_secret_exponent(0xBEEF, curve)
        r, s = numbers(key, DIGEST, 12345)
        known = public(key)
        assert known.verifies(r, s, known.curve.reduced(DIGEST))
        assert known.octets in list(recovered_keys(known.curve, r, s, known.curve.reduced(DIGEST)))
