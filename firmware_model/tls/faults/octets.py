"""Last stage of a signature: the finished octets, of ECDSA and RSA alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.tls.faults.encoding import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper


def flip_one_bit(octets: bytes, circumstances: Circumstances) -> bytes:
    """Flip a bit that chance chooses; nothing to flip stays nothing."""
    if not octets:
        return octets
    bit = circumstances.chance.below(8 * len(octets))
    flipped = bytearray(octets)
    flipped[bit // 8] ^= 0x80 >> bit % 8
    return bytes(flipped)


def _trailing(octets: bytes, circumstances: Circumstances) -> bytes:
    return octets + bytes(min(circumstances.number, MOST))


def _truncated(octets: bytes, circumstances: Circumstances) -> bytes:
    return octets[: max(0, len(octets) - circumstances.number)]


def _empty(_octets: bytes, _: Circumstances) -> bytes:
    return b""


OCTETS: Final[Mapping[str, Wrapper[bytes]]] = {
    "signature=trailing": _trailing,
    "signature=bit-flip": flip_one_bit,
    "signature=truncated": _truncated,
    "signature=empty": _empty,
}
