"""Fourth stage of an ECDSA signature: the nonce, and whether what came of it will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.tls.nonces import HandshakeNonces
from firmware_model.tls.signature import octets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper


class Attempt(NamedTuple):
    """A signature that could go out."""

    r: int
    s: int
    order: int
    strict_der: bool


Nonces = Callable[[int], int]
"""Gives a nonce below the order of a curve, at least 1."""
Wanted = Callable[[Attempt], bool]
"""Whether an attempt will do; otherwise another nonce is drawn."""


def _first(_: Attempt) -> bool:
    return True


FIRST: Final[Wanted] = _first
"""Any attempt will do."""


def _reused(_: Nonces, circumstances: Circumstances) -> Nonces:
    return lambda order: 1 + HandshakeNonces(b"nonce" + circumstances.lasting).below(order - 1)


def _bad(_: Wanted, __: Circumstances) -> Wanted:
    return lambda attempt: not attempt.strict_der


def _lucky(_: Wanted, __: Circumstances) -> Wanted:
    return lambda attempt: (
        attempt.strict_der
        and {octets_of(attempt.r), octets_of(attempt.s)}
        == {
            # Of a curve whose order has one bit more than whole octets most numbers have one octet less.
            octets_of(attempt.order * 3 // 4)
        }
    )


NONCES: Final[Mapping[str, Wrapper[Nonces]]] = {"signature=nonce-reused": _reused}
WANTED: Final[Mapping[str, Wrapper[Wanted]]] = {
    "signature=nonpadded:always-bad": _bad,
    "signature=nonpadded:always-lucky": _lucky,
}
