"""The radio itself: what happens to it, and what it cannot do."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.schema import Range
from firmware_model.air import Hindrance, IncidentKind

_FRAMES: Final = {
    "unknown-management-frame": IncidentKind.UNKNOWN_MANAGEMENT_FRAME,
    "unknown-data-frame": IncidentKind.UNKNOWN_DATA_FRAME,
    "unknown-frame": IncidentKind.UNKNOWN_FRAME,
    "illegal-frame": IncidentKind.ILLEGAL_FRAME,
}
_CONFUSIONS: Final = {
    "exception": IncidentKind.EXCEPTION,
    "unknown-event": IncidentKind.UNKNOWN_EVENT,
    "unknown-indication": IncidentKind.UNKNOWN_INDICATION,
}


class BadFrame(NamedTuple):
    """A frame that the module receives: one whose integrity check fails, or one of an odd kind."""

    kind: Literal["mic-failure", "unknown-management-frame", "unknown-data-frame", "unknown-frame", "illegal-frame"]


class Confusion(NamedTuple):
    """What the radio's hardware reports that makes no sense."""

    kind: Literal["exception", "unknown-event", "unknown-indication"]


class Failure(NamedTuple):
    """Why the radio's hardware stops."""

    code: Annotated[int, Range(0, 65535)] = 1


class RadioHindrances(NamedTuple):
    """What the radio cannot do until it is lifted."""

    radio: tuple[Hindrance, ...]


@operation("POST", "/radio/bad-frame", tag="radio")
def send_bad_frame(desk: Desk, body: BadFrame) -> None:
    """Let the module receive a bad frame: WIND 78, 42 to 45."""
    if body.kind == "mic-failure":
        desk.emulator.air.fail_integrity()
    else:
        desk.emulator.air.send_odd_frame(_FRAMES[body.kind])


@operation("POST", "/radio/confusion", tag="radio")
def confuse_radio(desk: Desk, body: Confusion) -> None:
    """Let the radio's hardware report what makes no sense: WIND 31, 34, 36; the radio goes on."""
    desk.emulator.air.confuse_radio(_CONFUSIONS[body.kind])


@operation("POST", "/radio/failure", tag="radio")
def break_radio(desk: Desk, body: Failure) -> None:
    """Let the radio's hardware stop: WIND 5; WIFI=0 and WIFI=1 start it again."""
    desk.emulator.air.break_radio(body.code)


@operation("GET", "/radio/hindrances", tag="radio")
def list_radio_hindrances(desk: Desk) -> RadioHindrances:
    """List what the radio cannot do."""
    air = desk.emulator.air
    return RadioHindrances(tuple(hindrance for hindrance in Hindrance if air.hinders(hindrance)))


@operation("PUT", "/radio/hindrances/{hindrance}", tag="radio")
def hinder_radio(desk: Desk, hindrance: Hindrance) -> RadioHindrances:
    """Keep the radio from something: starting, scanning, ending a scan, opening its miniAP, power save."""
    desk.emulator.air.hinder(hindrance)
    return list_radio_hindrances(desk)


@operation("DELETE", "/radio/hindrances/{hindrance}", tag="radio")
def lift_from_radio(desk: Desk, hindrance: Hindrance) -> RadioHindrances:
    """Take a hindrance away."""
    desk.emulator.air.lift(hindrance)
    return list_radio_hindrances(desk)
