"""The network behind the radio: names, addresses, broadcasts, and the flash memory's failures."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.problem import refusing
from emulator.control.schema import Range
from emulator.surroundings.names import Resolver

Area = Literal["user-flash", "external-memory", "tls/ca", "tls/cert", "tls/key", "tls/auth"]


class Names(NamedTuple):
    """How DNS is doing."""

    resolver: Resolver
    all_fail: Annotated[bool, "whether no name has an address"]
    failing: Annotated[tuple[str, ...], "names that have none"]


class FailNames(NamedTuple):
    """Names that DNS leaves unanswered; none means all of them."""

    names: tuple[str, ...] = ()


class SetResolver(NamedTuple):
    """How the part of the module that asks DNS is doing."""

    resolver: Resolver


class Map(NamedTuple):
    """Where an address of the module's network is on this machine."""

    map: Annotated[str, "A=B, such as 192.168.0.2:443=127.0.0.1:8443"]


class Maps(NamedTuple):
    """The address map, as the command line writes it."""

    maps: tuple[str, ...]


class Broadcast(NamedTuple):
    """A datagram to everybody on the module's network."""

    port: Annotated[int, Range(1, 65535)]
    octets: bytes


class Heard(NamedTuple):
    """Whether the module has that port open."""

    heard: bool


class FailFlash(NamedTuple):
    """What is the matter with an area of the flash memory."""

    failure: Literal["reading", "writing", "damaged"]


@operation("GET", "/names", tag="network")
def show_names(desk: Desk) -> Names:
    """Show how DNS is doing."""
    failing, resolver = desk.emulator.network.failing_names, desk.emulator.network.resolver
    return Names(resolver, failing is None, tuple(sorted(failing or ())))


@operation("POST", "/names/failures", tag="network")
def fail_names(desk: Desk, body: FailNames) -> Names:
    """Let DNS leave names unanswered, without any all of them: error 65."""
    desk.emulator.network.fail_names(*body.names)
    return show_names(desk)


@operation("DELETE", "/names/failures", tag="network")
def restore_names(desk: Desk) -> Names:
    """Let DNS answer every name again."""
    desk.emulator.network.restore_names()
    return show_names(desk)


@operation("PUT", "/names/resolver", tag="network")
def set_resolver(desk: Desk, body: SetResolver) -> Names:
    """Let the module's resolver be busy (error 63), fail to start (64), or work."""
    desk.emulator.network.set_resolver(body.resolver)
    return show_names(desk)


@operation("GET", "/maps", tag="network")
def list_maps(desk: Desk) -> Maps:
    """List which addresses of the module's network lead to this machine."""
    return Maps(desk.emulator.network.address_map.entries)


@operation("POST", "/maps", tag="network", status=201)
def add_map(desk: Desk, body: Map) -> Maps:
    """Let an address of the module's network lead to this machine, for connections from now on."""
    with refusing(400, ValueError):
        desk.emulator.map(body.map)
    return list_maps(desk)


@operation("POST", "/broadcast", tag="network")
def broadcast(desk: Desk, body: Broadcast) -> Heard:
    """Send a datagram to UDP of everybody on the module's network: WIND 80 and 55."""
    with refusing(409, OSError):
        return Heard(desk.emulator.network.broadcast(body.octets, body.port))


@operation("PUT", "/flash", tag="network")
def fail_flash(desk: Desk, area: Area, body: FailFlash) -> None:
    """Let an area of the flash memory fail: errors 53, 54, 57, 58, 100, 101."""
    flash = desk.emulator.flash
    match body.failure:
        case "reading":
            flash.fail_reading(area)
        case "writing":
            flash.fail_writing(area)
        case "damaged":
            with refusing(409, OSError):
                flash.damage(area)


@operation("DELETE", "/flash", tag="network")
def repair_flash(desk: Desk) -> None:
    """Let every area be read and written again."""
    desk.emulator.flash.repair()
