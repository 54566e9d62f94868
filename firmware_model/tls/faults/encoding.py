"""Sixth stage of an ECDSA signature: how r and s become octets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.tls.signature import Form, Frame, fixed, minimal, octets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper

MOST: Final = 1000
"""More octets than this are not added: a signature has two octets of length."""
_NULL: Final = bytes.fromhex("0500")


def _nonpadded(form: Form, _: Circumstances) -> Form:
    return form._replace(integer=minimal)


def _fixed(form: Form, _: Circumstances) -> Form:
    return form._replace(integer=fixed(octets_of(form.order)))


def _overpadded(form: Form, circumstances: Circumstances) -> Form:
    zeros, inner = bytes(min(circumstances.number, MOST)), form.integer
    return form._replace(integer=lambda number: zeros + inner(number))


def _long_lengths(form: Form, _: Circumstances) -> Form:
    return form._replace(length=_long_length)


def _long_length(length: int) -> bytes:
    octets = minimal(length)
    return bytes((0x80 | len(octets),)) + octets


def _indefinite(form: Form, _: Circumstances) -> Form:
    return form._replace(frame=Frame.INDEFINITE)


def _raw(form: Form, _: Circumstances) -> Form:
    return form._replace(frame=Frame.NONE)


def _trailing_inside(form: Form, _: Circumstances) -> Form:
    return form._replace(behind=form.behind + _NULL)


ENCODING: Final[Mapping[str, Wrapper[Form]]] = {
    "signature=nonpadded": _nonpadded,
    "signature=nonpadded:always-bad": _nonpadded,
    "signature=nonpadded:always-lucky": _nonpadded,
    "signature=nonpadded:fixed32": _fixed,
    "signature=overpadded": _overpadded,
    "signature=long-lengths": _long_lengths,
    "signature=indefinite-length": _indefinite,
    "signature=raw": _raw,
    "signature=trailing-inside": _trailing_inside,
}
