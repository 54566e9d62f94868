"""Certificates beyond the demonstration's: leaves that issue, keys that are too large, foreign names."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache

from emulator.peers.authority import Authority, Identity, make_authority
from emulator.peers.keys import RSA_PUBLIC_EXPONENT, RsaKey, SeededOctets, rsa_key

NOW = datetime(2018, 4, 12, tzinfo=UTC).timestamp()
"""The month of the report from the field."""

HOST = "server.example"


def root(name: str = "Root") -> Authority:
    """A root CA on P-256; the same name gives the same one."""
    return make_authority(name, random=SeededOctets(name))


def authority_without_ca_flag(parent: Authority) -> Authority:
    """Somebody who issues certificates with a leaf certificate."""
    leaf = parent.issue("Leaf that issues")
    return Authority("Leaf that issues", leaf, (leaf.certificate_der, *leaf.chain_der), parent.random)


@cache
def server_rsa_key() -> RsaKey:
    """2048 bits, made once a run."""
    return rsa_key(SeededOctets("rsa server"))


@cache
def client_rsa_key() -> RsaKey:
    """1024 bits: small, to fit the store with its certificate."""
    return rsa_key(SeededOctets("rsa client"), bits=1024)


def oversized_rsa_key(bits: int = 3072) -> RsaKey:
    """A key that cannot sign, as its factors are no primes, but nobody gets as far as to notice."""
    return RsaKey(_fake_prime(1 << bits // 2 - 1), _fake_prime(1 << bits // 2))


def chain(identity: Identity) -> tuple[bytes, ...]:
    """What a server with this identity sends."""
    return (identity.certificate_der, *identity.chain_der)


def _fake_prime(start: int) -> int:
    """An odd number of which the public exponent has an inverse."""
    number = start + 1
    while math.gcd(number - 1, RSA_PUBLIC_EXPONENT) != 1:
        number += 2
    return number
