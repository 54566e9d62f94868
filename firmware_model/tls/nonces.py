"""Nonces for the signatures of one handshake, and what else a handshake draws.

A handshake computes on a worker thread while the event loop goes on drawing random octets for others. So each
handshake takes its seeds on the loop, in the order in which handshakes begin, and stretches them by itself.
"""

from __future__ import annotations

from hashlib import sha256

SEED_SIZE = 32
"""Octets of entropy that one handshake takes."""


class HandshakeNonces:
    """A :class:`firmware_model.outside.RandomSource` made of one seed: SHA-256 over seed and counter."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._counter = 0

    def octets(self, count: int) -> bytes:
        """Return the next ``count`` octets."""
        drawn = b""
        while len(drawn) < count:
            drawn += sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        return drawn[:count]

    def below(self, limit: int) -> int:
        """Draw a uniform integer, 0 <= n < ``limit``; never folded, which would favour small ones."""
        bits = (limit - 1).bit_length()
        size = (bits + 7) // 8
        while True:
            number = int.from_bytes(self.octets(size), "big") >> (8 * size - bits)
            if number < limit:
                return number
