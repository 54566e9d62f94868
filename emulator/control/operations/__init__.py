"""The operations of the control API, one file for each thing that they are about."""

from __future__ import annotations

from typing import Any

from emulator.control.declaration import Operation
from emulator.control.operations import (
    access_points,
    captures,
    certificates,
    faults,
    files,
    log,
    module,
    network,
    pins,
    radio,
    session,
    stations,
)

_ROOMS = (module, log, faults, pins, access_points, radio, stations, network, files, certificates, captures, session)


def all_operations() -> tuple[Operation[..., Any], ...]:
    """Every declared operation, in the order of the document."""
    return tuple(thing for room in _ROOMS for thing in vars(room).values() if isinstance(thing, Operation))
