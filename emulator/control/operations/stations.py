"""Stations: devices that join the module's miniAP, fall silent, and leave."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.operations.access_points import Address, Dbm, Mac, Signal
from emulator.control.problem import RefusedError, refusing
from emulator.surroundings.file import read_station
from emulator.toml_file import Table


class NewStation(NamedTuple):
    """A device that comes into range and joins the miniAP as soon as that is up."""

    mac: Mac
    address: Annotated[Address | None, "null to take what the module's DHCP server gives"] = None
    passphrase: Annotated[str | None, "null when it knows the right one"] = None
    rssi: Dbm = -50


class SeenStation(NamedTuple):
    """A device in range."""

    mac: str
    address: str | None
    rssi: Annotated[int, "dBm"]
    silent: Annotated[bool, "whether it sends nothing"]
    joined: Annotated[bool, "whether it is in the miniAP"]


class Silence(NamedTuple):
    """Whether a station sends nothing."""

    silent: bool


@operation("GET", "/stations", tag="stations")
def list_stations(desk: Desk) -> list[SeenStation]:
    """List the devices in range."""
    joined = desk.emulator.state.stations
    return [
        SeenStation(peer.mac, peer.address, peer.rssi, peer.silent, peer.mac in joined)
        for peer in desk.emulator.air.stations()
    ]


@operation("POST", "/stations", tag="stations", status=201)
def station_joins(desk: Desk, body: NewStation) -> list[SeenStation]:
    """Let a device come into range: WIND 28 and 29 when the miniAP is up."""
    given = {name: value for name, value in body._asdict().items() if value is not None}
    with refusing(400, ValueError):
        desk.emulator.station_joins(read_station(Table("", given)))
    return list_stations(desk)


@operation("DELETE", "/stations/{mac}", tag="stations")
def station_leaves(desk: Desk, mac: Mac) -> list[SeenStation]:
    """Take a device out of range: WIND 72."""
    _require(desk, mac)
    desk.emulator.station_leaves(mac)
    return list_stations(desk)


@operation("PUT", "/stations/{mac}/silence", tag="stations")
def silence_station(desk: Desk, mac: Mac, body: Silence) -> list[SeenStation]:
    """Let a station send nothing any more, or speak again."""
    _require(desk, mac)
    air = desk.emulator.air
    (air.station_falls_silent if body.silent else air.station_speaks)(mac.upper())
    return list_stations(desk)


@operation("PUT", "/stations/{mac}/signal", tag="stations")
def set_station_signal(desk: Desk, mac: Mac, body: Signal) -> list[SeenStation]:
    """Let the module receive a station with another power."""
    _require(desk, mac)
    desk.emulator.air.set_signal(mac.upper(), body.rssi)
    return list_stations(desk)


def _require(desk: Desk, mac: str) -> None:
    if all(peer.mac != mac.upper() for peer in desk.emulator.air.stations()):
        raise RefusedError(404, f"there is no station {mac} in range")
