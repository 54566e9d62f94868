"""Encoders of one INTEGER, written apart from the code under test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.diagnosis.theory import Encoder

if TYPE_CHECKING:
    from collections.abc import Callable


def strict(number: int, _: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def forgotten(number: int, _: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def fixed(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")


ENCODE: dict[Encoder, Callable[[int, int], bytes]] = {
    Encoder.STRICT: strict,
    Encoder.FORGOTTEN: forgotten,
    Encoder.FIXED: fixed,
}
