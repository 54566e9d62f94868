"""Captures: recordings of what happens, begun and ended here, fetched from here."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.captures import Capture, CaptureForm
from emulator.control.declaration import FileContent, operation
from emulator.control.desk import Desk
from emulator.control.problem import refusing
from emulator.control.schema import Range

Number = Annotated[int, Range(0, 2**31)]


class NewCapture(NamedTuple):
    """What is to be recorded: everything for Wireshark, the timeline for programs or people, or the dialogue."""

    form: CaptureForm = "pcapng"
    secrets: Annotated[bool, "whether the keys of TLS connections are in it, for pcapng"] = False


@operation("GET", "/captures", tag="captures")
def list_captures(desk: Desk) -> list[Capture]:
    """List the captures that are kept, oldest first."""
    return list(desk.captures)


@operation("POST", "/captures", tag="captures", status=201)
def start_capture(desk: Desk, body: NewCapture) -> Capture:
    """Begin a capture. Private keys are covered in it, as everywhere here."""
    with refusing(409, OSError):
        return desk.captures.start(body.form, secrets=body.secrets)


@operation("POST", "/captures/{number}/stop", tag="captures")
def stop_capture(desk: Desk, number: Number) -> Capture:
    """End a capture; it is kept."""
    return desk.captures.stop(number)


@operation("GET", "/captures/{number}", tag="captures", media_type="application/octet-stream")
def read_capture(desk: Desk, number: Number) -> FileContent:
    """Fetch what a capture holds so far; it need not have ended."""
    return desk.captures.content(number)


@operation("DELETE", "/captures/{number}", tag="captures")
def delete_capture(desk: Desk, number: Number) -> None:
    """End a capture and forget it."""
    desk.captures.delete(number)
