"""The module as a whole: how it is, its reset pin, its firmware's ways to break down."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.heap_history import HeapSample
from emulator.control.schema import word_of
from emulator.faces.faces import Way
from emulator.state import SocketState
from emulator.version import VERSION
from firmware_model.breakdown import Breakdown
from firmware_model.web.http_instance import HttpHindrance


class HowItIs(NamedTuple):
    """The module just now, and what the run was set up with."""

    run: Annotated[str, "tells this run from another one at the same address"]
    emulator: Annotated[str, "version of the emulator"]
    is_on: Annotated[bool, "whether the module has been switched on"]
    host: Annotated[str | None, "who has the serial line; null while nobody has"]
    faces: Annotated[tuple[Way, ...], "the ways in, as hosts open them"]
    model: str
    firmware: str
    build: str
    mac: str
    seed: int
    time: Annotated[str, "how the module's time passes: real, instant, or a factor"]
    line: Annotated[str, "paced or fast"]
    power_on: Annotated[str, "open or start"]
    wifi_state: Annotated[str, "the status variable wifi_state in words"]
    power_mode: str
    address: Annotated[str | None, "IPv4 address, null while it has none"]
    free_heap: Annotated[int, "octets"]
    min_heap: Annotated[int, "octets"]
    restarts: Annotated[int, "resets since power-on"]
    sockets: tuple[SocketState, ...]
    stations: Annotated[tuple[str, ...], "MAC addresses of the stations in the miniAP"]
    faults: Annotated[tuple[str, ...], "what is armed, as the command line writes it"]
    last_event: Annotated[int, "number of the newest event"]


class Heap(NamedTuple):
    """The free heap and its changes, oldest first."""

    free: Annotated[int, "octets"]
    minimum: Annotated[int, "octets"]
    history: tuple[HeapSample, ...]


class BreakDown(NamedTuple):
    """How the firmware is to break down."""

    kind: Breakdown


class Hindrances(NamedTuple):
    """What keeps the module's HTTP client from working."""

    http: tuple[HttpHindrance, ...]


@operation("GET", "/state", tag="module")
def show_state(desk: Desk) -> HowItIs:
    """Show how the module is just now."""
    emulator = desk.emulator
    state, settings = emulator.state, emulator.settings
    return HowItIs(
        run=desk.run,
        emulator=VERSION,
        is_on=desk.is_on,
        host=emulator.line.host,
        faces=emulator.ways,
        model=state.model,
        firmware=state.firmware,
        build=state.build,
        mac=emulator.describe().mac,
        seed=settings.chosen_seed,
        time=settings.time,
        line=settings.line,
        power_on=settings.power_on,
        wifi_state=word_of(state.wifi_state),
        power_mode=word_of(state.power_mode),
        address=state.address,
        free_heap=state.free_heap,
        min_heap=state.min_heap,
        restarts=state.restarts,
        sockets=state.sockets,
        stations=state.stations,
        faults=tuple(map(str, emulator.faults.armed)),
        last_event=desk.log.last,
    )


@operation("POST", "/reset", tag="module")
def press_reset(desk: Desk) -> None:
    """Pull the module's reset line for an instant.

    Whatever runs is cut off, and it boots.
    """
    desk.require_power()
    desk.emulator.press_reset()


@operation("POST", "/breakdown", tag="module")
def break_down(desk: Desk, body: BreakDown) -> None:
    """Let the firmware break down.

    It says WIND 6, 8, 9 or 10, then the watchdog restarts it.
    """
    desk.require_power()
    desk.emulator.break_down(body.kind)


@operation("GET", "/heap", tag="module")
def show_heap(desk: Desk) -> Heap:
    """Show the free heap and how it changed."""
    heap = desk.emulator.heap
    return Heap(heap.free, heap.minimum, desk.heap.samples)


@operation("GET", "/hindrances", tag="module")
def list_hindrances(desk: Desk) -> Hindrances:
    """List what keeps the module's HTTP client from working."""
    standing = desk.emulator.hindrances
    return Hindrances(tuple(hindrance for hindrance in HttpHindrance if hindrance in standing))


@operation("PUT", "/hindrances/{hindrance}", tag="module")
def hinder(desk: Desk, hindrance: HttpHindrance) -> Hindrances:
    """Keep the module's HTTP client from working until that is lifted: errors 80, 81, 82."""
    desk.emulator.hinder(hindrance)
    return list_hindrances(desk)


@operation("DELETE", "/hindrances/{hindrance}", tag="module")
def lift(desk: Desk, hindrance: HttpHindrance) -> Hindrances:
    """Take a hindrance away.

    An instance that was not given back stays taken until the next reset.
    """
    desk.emulator.lift(hindrance)
    return list_hindrances(desk)
