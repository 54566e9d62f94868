"""The certificates that are presented, and the date by which those of others are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper

_YEAR: Final = 365.2425 * 24 * 3600
"""Seconds."""

Chain = tuple[bytes, ...]
"""Certificates in DER, in the order in which they are sent."""


def _wrong_order(chain: Chain, _: Circumstances) -> Chain:
    return chain[::-1]


def _leaf_only(chain: Chain, _: Circumstances) -> Chain:
    return chain[:1]


def _empty(_chain: Chain, _: Circumstances) -> Chain:
    return ()


def _expired(now: float, circumstances: Circumstances) -> float:
    return now + circumstances.number * _YEAR


def _unset(_now: float, _: Circumstances) -> float:
    return 0.0


PRESENTED: Final[Mapping[str, Wrapper[Chain]]] = {
    "certificate=wrong-order": _wrong_order,
    "certificate=leaf-only": _leaf_only,
    "certificate=empty": _empty,
}
CLOCK: Final[Mapping[str, Wrapper[float]]] = {
    "certificate=expired-clock": _expired,
    "certificate=unset-clock": _unset,
}
"""Seconds since 1970."""
