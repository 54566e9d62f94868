"""Each of our handshake messages on its way out."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.tls.faults.octets import flip_one_bit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper

_HEADER: Final = 4
"""Octets of a handshake message before its content: type and length."""

FALLEN_SILENT: Final = "nothing is sent any more"
"""How the log says that a handshake stalls."""


class Fate(Enum):
    """What becomes of a message."""

    SENT = auto()
    LEFT_OUT = auto()
    """The handshake goes on as if it had been sent."""
    STALLED = auto()
    """Neither it nor anything behind it is sent."""
    CLOSED = auto()
    """The connection is closed instead."""
    ALERTED = auto()
    """An alert goes out instead, and the connection is closed."""


class Departure(NamedTuple):
    """A message that is about to be made: its name, and which of ours it is, counted from 1."""

    name: str
    number: int
    fate: Fate = Fate.SENT


class Outgoing(NamedTuple):
    """A message that is made and about to be sent."""

    name: str
    octets: bytes
    record_size: int | None = None
    """Octets of the records that it is split over; None for as few records as possible."""


def _no_certificate(message: Departure, _: Circumstances) -> Departure:
    without = message.name in ("Certificate", "CertificateVerify")
    return message._replace(fate=Fate.LEFT_OUT) if without else message


def _no_certificate_verify(message: Departure, _: Circumstances) -> Departure:
    return message._replace(fate=Fate.LEFT_OUT) if message.name == "CertificateVerify" else message


def _stall(message: Departure, circumstances: Circumstances) -> Departure:
    return message._replace(fate=Fate.STALLED) if message.number == circumstances.number else message


def _close(message: Departure, circumstances: Circumstances) -> Departure:
    return message._replace(fate=Fate.CLOSED) if message.number == circumstances.number else message


def _alert(message: Departure, circumstances: Circumstances) -> Departure:
    return message._replace(fate=Fate.ALERTED) if message.number == circumstances.number else message


def _wrong_finished(message: Outgoing, circumstances: Circumstances) -> Outgoing:
    if message.name != "Finished":
        return message
    header, content = message.octets[:_HEADER], message.octets[_HEADER:]
    return message._replace(octets=header + flip_one_bit(content, circumstances))


def _fragmented(message: Outgoing, circumstances: Circumstances) -> Outgoing:
    return message._replace(record_size=max(1, circumstances.number))


FATES: Final[Mapping[str, Wrapper[Departure]]] = {
    "handshake=no-certificate": _no_certificate,
    "handshake=no-certificate-verify": _no_certificate_verify,
    "handshake=stall": _stall,
    "handshake=close": _close,
    "handshake=alert": _alert,
}
"""Asked before a message is made: what is not sent is not signed either."""
SHAPES: Final[Mapping[str, Wrapper[Outgoing]]] = {
    "handshake=wrong-finished": _wrong_finished,
    "handshake=fragmented": _fragmented,
}
