"""What a web socket's client leaves to chance, drawn from the module's own, so that a run can be repeated.

wsproto draws both things from the system: the key of the upgrade request and the mask of each frame. They are replaced
in what it has made.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from wsproto.frame_protocol import XorMaskerSimple

if TYPE_CHECKING:
    from wsproto import WSConnection

    from firmware_model.outside import RandomSource

_KEY_SIZE: Final = 16
_MASK_SIZE: Final = 4
_LONGER_LENGTHS: Final = {126: 2, 127: 8}
"""Octets that follow these two lengths (RFC 6455, 5.2)."""


def with_own_key(request: bytes, protocol: WSConnection, random: RandomSource) -> bytes:
    """Replace the key in an upgrade request, and in the memory of ``protocol``, which holds the answer against it."""
    drawn, key = protocol.handshake._nonce, b64encode(random.octets(_KEY_SIZE))  # noqa: SLF001  there is no public way
    if drawn is None:
        raise ValueError("no upgrade has been asked for")
    protocol.handshake._nonce = key  # noqa: SLF001
    return request.replace(drawn, key, 1)


def with_own_mask(frame: bytes, random: RandomSource) -> bytes:
    """Replace the mask of a client's frame.

    Masking is an exclusive or, so both masks at once turn one into the other.
    """
    start = 2 + _LONGER_LENGTHS.get(frame[1] & 0x7F, 0)
    end = start + _MASK_SIZE
    mask = random.octets(_MASK_SIZE)
    both = bytes(drawn ^ own for drawn, own in zip(frame[start:end], mask, strict=True))
    return frame[:start] + mask + bytes(XorMaskerSimple(both).process(bytearray(frame[end:])))
