"""Faults: what there is, what is armed, how far it has come."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.problem import RefusedError, refusing
from firmware_model.faults import FaultPoint
from firmware_model.tables.faults import CATALOGUE


class CataloguedFault(NamedTuple):
    """A fault that can be armed."""

    name: str
    point: FaultPoint
    effect: str
    peer: Annotated[str, "what a strict peer, or a careful host, should do"]
    source: str
    confidence: str
    value: Annotated[str, "what the number behind the name means; empty when it takes none"]
    default: int | None


class ArmedFault(NamedTuple):
    """A fault that is armed."""

    fault: Annotated[str, "as the command line writes it; what disarms it"]
    name: str
    value: int | None
    conditions: Annotated[str, "as the command line writes them, empty for always"]
    passings: Annotated[int, "chances to fire that counted"]
    fired: int
    awaiting: Annotated[bool, "whether what 'after' names is still to come"]


class Arm(NamedTuple):
    """A fault to be armed."""

    fault: Annotated[str, "NAME[:NUMBER][@CONDITIONS], such as signature=nonpadded or network=reset:300@nth=2"]


class Disarmed(NamedTuple):
    """How many faults were disarmed."""

    disarmed: int


@operation("GET", "/faults/catalogue", tag="faults")
def list_catalogue(desk: Desk) -> list[CataloguedFault]:  # noqa: ARG001
    """List every fault that can be armed."""
    return [
        CataloguedFault(
            fault.name,
            fault.point,
            fault.effect,
            fault.peer,
            fault.source.where,
            fault.source.confidence.value,
            fault.value,
            fault.default,
        )
        for fault in CATALOGUE
    ]


@operation("GET", "/faults", tag="faults")
def list_armed(desk: Desk) -> list[ArmedFault]:
    """List what is armed, in order."""
    return [
        ArmedFault(
            str(standing.order),
            standing.order.fault.name,
            standing.order.value,
            str(standing.order.trigger),
            standing.passings,
            standing.fired,
            standing.awaiting,
        )
        for standing in desk.emulator.faults.standing
    ]


@operation("POST", "/faults", tag="faults", status=201)
def arm_fault(desk: Desk, body: Arm) -> list[ArmedFault]:
    """Arm a fault, behind those that are; the answer lists all of them."""
    with refusing(400, ValueError):
        desk.emulator.faults.arm(body.fault)
    return list_armed(desk)


@operation("DELETE", "/faults", tag="faults")
def disarm_faults(desk: Desk, fault: Annotated[str, "a name, or a fault as it was armed"] = "") -> Disarmed:
    """Disarm a fault, without a name all of them."""
    disarmed = desk.emulator.faults.disarm(fault)
    if fault and not disarmed:
        raise RefusedError(404, f"{fault!r} is not armed; armed: {desk.emulator.faults}")
    return Disarmed(disarmed)
