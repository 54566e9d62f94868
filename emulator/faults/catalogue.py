"""Every fault that can be armed: the rows of the rooms where they act, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.faults.network import NETWORK_FAULTS
from emulator.faults.serial import SERIAL_FAULTS

if TYPE_CHECKING:
    from firmware_model.faults import Fault

CATALOGUE: Final[tuple[Fault, ...]] = (*NETWORK_FAULTS, *SERIAL_FAULTS)
"""In the order in which they are listed."""

_BY_NAME: Final = {fault.name: fault for fault in CATALOGUE}


def find_fault(name: str) -> Fault | None:
    """The fault of that name, None when there is none."""
    return _BY_NAME.get(name)
