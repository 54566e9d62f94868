"""Fifth stage of an ECDSA signature: the numbers r and s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.tls.signature import octets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper


class Numbers(NamedTuple):
    """A signature as two numbers, and the order of its curve."""

    r: int
    s: int
    order: int


def _swapped(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(r=numbers.s, s=numbers.r)


def _byte_swapped(numbers: Numbers, _: Circumstances) -> Numbers:
    size = octets_of(max(numbers))
    r, s = (int.from_bytes(number.to_bytes(size, "big"), "little") for number in (numbers.r, numbers.s))
    return numbers._replace(r=r, s=s)


def _zero(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(r=0, s=0)


def _zero_r(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(r=0)


def _zero_s(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(s=0)


def _r_plus_order(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(r=numbers.r + numbers.order)


def _s_plus_order(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(s=numbers.s + numbers.order)


def _high_s(numbers: Numbers, _: Circumstances) -> Numbers:
    return numbers._replace(s=max(numbers.s, numbers.order - numbers.s))


NUMBERS: Final[Mapping[str, Wrapper[Numbers]]] = {
    "signature=swapped": _swapped,
    "signature=byte-swapped": _byte_swapped,
    "signature=zero": _zero,
    "signature=zero-r": _zero_r,
    "signature=zero-s": _zero_s,
    "signature=r-plus-order": _r_plus_order,
    "signature=s-plus-order": _s_plus_order,
    "signature=high-s": _high_s,
}
