"""AES-128 in cipher block chaining, for update images; tlslite-ng brings it along."""

from __future__ import annotations

from typing import Final

BLOCK: Final = 16
"""Octets of a block, of an initialization vector and of a key."""


def encrypt(key: bytes, initialization_vector: bytes, octets: bytes) -> bytes:
    """Encrypt ``octets``, filled up with zeros to a whole number of blocks."""
    from tlslite.utils.python_aes import new

    padded = octets + bytes(-len(octets) % BLOCK)
    return bytes(new(bytearray(key), 2, bytearray(initialization_vector)).encrypt(bytearray(padded)))


def decrypt(key: bytes, initialization_vector: bytes, octets: bytes) -> bytes:
    """Decrypt whole blocks; what is left over at the end is dropped, the filling stays."""
    from tlslite.utils.python_aes import new

    if len(initialization_vector) < BLOCK:
        return b""
    whole = octets[: len(octets) // BLOCK * BLOCK]
    return bytes(new(bytearray(key), 2, bytearray(initialization_vector)).decrypt(bytearray(whole)))
