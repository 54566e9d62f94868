"""Faults that fire, and signatures made under them, without a handshake around."""

from __future__ import annotations

import hashlib
from typing import Any

from ecdsa import NIST256p, SigningKey

from emulator.surroundings.entropy import SeededSource
from firmware_model.faults import FaultPoint
from firmware_model.tls.faults.fired import FiredFaults
from firmware_model.tls.private_key import EcPrivateKey
from firmware_model.tls.signing import EcdsaSignature, sign_with_ecdsa
from tests.doubles import ArmedFaults

SECRET = 0xC0FFEE


def fired(*names: str, seed: int = 1) -> FiredFaults:
    """Those faults, firing at whatever point they belong to."""
    armed = ArmedFaults(*names)
    due = tuple(fault for point in FaultPoint for fault in armed.every(point))
    chance = seed.to_bytes(32, "big")
    return FiredFaults(due, chance, hashlib.sha256(b"lasting").digest())


def ec_key(curve: Any = NIST256p) -> EcPrivateKey:
    return EcPrivateKey(SigningKey.from_secret_exponent(SECRET, curve))


def ecdsa_signature(digest: bytes, *names: str, seed: int = 1, curve: Any = NIST256p) -> EcdsaSignature:
    return sign_with_ecdsa(digest, ec_key(curve), SeededSource(seed), fired(*names))


def ecdsa_signatures(count: int, *names: str) -> list[EcdsaSignature]:
    """Signatures of different digests, one nonce after the other."""
    source = SeededSource(1)
    return [
        sign_with_ecdsa(hashlib.sha256(index.to_bytes(4, "big")).digest(), ec_key(), source, fired(*names))
        for index in range(count)
    ]
