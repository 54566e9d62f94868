"""Fault switches as the command line writes them: ``<what>=<fault>``, such as ``signature=nonpadded:natural``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.tls.faults import SignatureFault, TlsFaults

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNATURE_FAULTS: Final = {fault.value: fault for fault in SignatureFault}
_SIGNATURE_FAULTS["nonpadded"] = SignatureFault.NATURAL


def parse_faults(switches: Iterable[str]) -> TlsFaults:
    """Arm the named faults. Raises ValueError with a line that names the known ones."""
    faults = TlsFaults()
    for switch in switches:
        what, _, name = switch.partition("=")
        if what != "signature":
            raise ValueError(f"there is no fault '{switch}'; known: {', '.join(known_faults())}")
        if name not in _SIGNATURE_FAULTS:
            raise ValueError(f"there is no signature fault '{name}'; known: {', '.join(known_faults())}")
        faults.signature = _SIGNATURE_FAULTS[name]
    return faults


def known_faults() -> list[str]:
    """Every switch that :func:`parse_faults` takes."""
    return [f"signature={fault.value}" for fault in SignatureFault if fault is not SignatureFault.NONE]
