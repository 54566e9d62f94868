"""What one emulator is set up with: from the command line's flags or from Python, checked in one place."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulator.capture.recordings import NOTHING
from emulator.faces.endpoint import Endpoint, is_loopback
from emulator.faces.wanted import WantedFaces, choose_faces
from emulator.faults.plan import Order, parse_order
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.clock import clock_of
from emulator.surroundings.desk import access_point as desk_access_point
from emulator.surroundings.micropython import AUTO, OFF, why_unavailable
from firmware_model.air import AccessPoint, Security
from firmware_model.outside import Station
from firmware_model.profile import PROFILES, FirmwareProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from emulator.capture.recordings import Wanted

_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_SERIAL: Final = re.compile(r"[\x20-\x7e]{1,64}")
_QUAD: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
MODELS: Final = ("SPWF04SA", "SPWF04SC")


@dataclass(frozen=True)
class Settings:
    """One emulator's set-up, in the words of the command line; every text is checked when it is made.

    Raises ValueError with one line that says what is wrong.
    """

    link: Path | None = None
    pty: bool | None = None
    """Whether there is a pty; None for wherever the system has them."""
    rfc2217: Iterable[str] = ()
    """Where RFC 2217 hosts are awaited: ``5000`` for this machine alone, ``HOST:PORT``, port 0 for any free one."""
    tcp: Iterable[str] = ()
    """Where raw TCP hosts are awaited, in the same form."""
    ports: Iterable[str] = ()
    """Serial ports of this machine that lead to the host, such as ``COM7`` or ``/dev/ttyUSB0``."""
    spi: Endpoint | None = None
    """Where the SPI bus is served; with it the module is strapped to SPI, and there is no serial port."""
    firmware: str = "1.1.0"
    model: str = "SPWF04SA"
    mac: str | None = None
    """MAC address; None for that of the module in the F-DHCP log."""
    serial: str | None = None
    """Serial number, 1..64 octets; None for that of the module in the F-DHCP log."""
    seed: int | None = None
    faults: Iterable[str] = ()
    fault_plan: Path | None = None
    """A file with more faults, armed before those of ``faults``, and a seed; see docs/faults.md."""
    maps: Iterable[str] = ()
    stations: Iterable[str] = ()
    access_points: Iterable[str] = ()
    surroundings: Path | None = None
    """A file with more access points and stations, and with names that DNS answers; see docs/surroundings.md."""
    flash: Path | None = None
    power_on: str = "open"
    """``open``: when a host opens the port for the first time; ``start``: at once."""
    time: str = "real"
    """``real``, ``instant``, or how many times as fast; see :mod:`emulator.surroundings.clock`."""
    mqtt: str = "websocket"
    """What MQTT goes over: ``websocket`` as on the module, or ``tcp`` for brokers that have no such listener."""
    python: str = AUTO
    """What runs AT+S.PYTHON: ``auto``, ``off``, ``wasm`` or a program; see :mod:`emulator.surroundings.micropython`."""
    line: str = "paced"
    """``paced``: octets take their time, and who does not read loses some; ``fast``: they pass at once, and wait."""
    reset: str = "none"
    """Which of the host's modem lines, ``dtr`` or ``rts``, holds the module in reset while it is asserted."""

    recordings: Wanted = NOTHING
    """The files that the timeline is written to."""

    faces: WantedFaces = field(init=False)
    profile: FirmwareProfile = field(init=False)
    identity: Mapping[str, str] = field(init=False)
    address_map: AddressMap = field(init=False)
    armed: tuple[Order, ...] = field(init=False)
    joining: tuple[Station, ...] = field(init=False)
    in_the_air: tuple[AccessPoint, ...] = field(init=False)
    names: Mapping[str, str] = field(init=False)
    chosen_seed: int = field(init=False)

    def __post_init__(self) -> None:
        if self.firmware not in PROFILES:
            raise ValueError(f"there is no firmware '{self.firmware}'; known: {', '.join(PROFILES)}")
        if self.model not in MODELS:
            raise ValueError(f"there is no model '{self.model}'; known: {', '.join(MODELS)}")
        if self.power_on not in ("open", "start"):
            raise ValueError(f"'{self.power_on}' is no moment of power-on; known: open, start")
        if self.mqtt not in ("websocket", "tcp"):
            raise ValueError(f"MQTT does not go over '{self.mqtt}'; known: websocket, tcp")
        if self.recordings.capture_secrets and self.recordings.capture is None:
            raise ValueError("there is no capture for the secrets; name one with --capture FILE")
        if complaint := why_unavailable(self.python):
            raise ValueError(complaint)
        if self.line not in ("paced", "fast"):
            raise ValueError(f"'{self.line}' is no kind of line; known: paced, fast")
        if self.reset not in ("none", "dtr", "rts"):
            raise ValueError(f"'{self.reset}' is no line that the reset pin can be wired to; known: none, dtr, rts")
        clock_of(self.time)
        access_points, stations, names = _described(self.surroundings)
        planned, planned_seed = _planned(self.fault_plan)
        seed = planned_seed if self.seed is None else self.seed
        given = (parse_access_point(text, number) for number, text in enumerate(self.access_points, len(access_points)))
        values = {
            "faces": choose_faces(
                pty=self.pty, link=self.link, rfc2217=self.rfc2217, tcp=self.tcp, ports=self.ports, spi=self.spi
            ),
            "profile": PROFILES[self.firmware].evolve(mqtt_over_websocket=self.mqtt == "websocket"),
            "identity": _identity(self.model, self.mac, self.serial),
            "address_map": AddressMap(self.maps),
            "armed": (*planned, *map(parse_order, self.faults)),
            "joining": (*stations, *map(parse_station, self.stations)),
            "in_the_air": (*access_points, *given),
            "names": names,
            "chosen_seed": int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check_spi()

    def _check_spi(self) -> None:
        """With SPI there is no serial line. Raises ValueError for what needs one."""
        if self.spi is None:
            return
        if self.reset != "none":
            raise ValueError(
                f"'{self.reset}' is a line of the serial port, and with SPI there is none; "
                "drive the reset pin by a message of the bus (docs/faces-spi.md)"
            )
        for order in self.armed:
            if order.fault.name.startswith("serial="):
                raise ValueError(
                    f"'{order.fault.name}' is a fault of the serial line, and with SPI there is none; leave one out"
                )

    @property
    def listening_at(self) -> tuple[str, ...]:
        """The addresses of this machine at which faces wait for hosts; a pty has none."""
        return self.faces.listening_at

    @property
    def why_no_python(self) -> str:
        """Why AT+S.PYTHON runs nothing, for the log; empty when it runs what :attr:`python` says."""
        return why_no_python(self.python, self.listening_at)


def _identity(model: str, mac: str | None, serial: str | None) -> Mapping[str, str]:
    identity = {"nv_model": model}
    if mac is not None:
        if not _MAC.fullmatch(mac):
            raise ValueError(f"'{mac}' is no MAC address; write it as 00:80:E1:BD:00:39")
        identity["nv_wifi_macaddr"] = mac
    if serial is not None:
        if not _SERIAL.fullmatch(serial):
            raise ValueError(f"'{serial}' is no serial number; use 1..64 printable characters of ASCII")
        identity["nv_serial"] = serial
    return identity


def _described(file: Path | None) -> tuple[tuple[AccessPoint, ...], tuple[Station, ...], Mapping[str, str]]:
    """Access points, stations and names of the surroundings file; none without one. Raises ValueError."""
    if file is None:
        return (), (), {}
    # Imported here because few have such a file, and start-up time counts.
    from emulator.surroundings.file import load_surroundings

    return load_surroundings(file)


def why_no_python(choice: str, listening_at: Iterable[str]) -> str:
    """Why a module that hosts reach at these addresses may run no Python, for the log; empty when it may.

    Whoever reaches the console runs what they like with the rights of the emulator. So a choice that nobody made
    does not hold for hosts on other machines.
    """
    if choice == OFF:
        return "it is switched off (--python off)"
    if choice == AUTO and not all(map(is_loopback, listening_at)):
        return "hosts on other machines reach this module; say what it may run, such as --python wasm"
    return ""


def _planned(file: Path | None) -> tuple[tuple[Order, ...], int | None]:
    """Faults and seed of the plan file; none without one. Raises ValueError."""
    if file is None:
        return (), None
    # Imported here because few have such a file, and start-up time counts.
    from emulator.faults.file import load_plan

    return load_plan(file)


def parse_station(text: str) -> Station:
    """Read ``MAC[=ADDRESS]``. Raises ValueError."""
    mac, separator, address = text.partition("=")
    if not _MAC.fullmatch(mac) or (separator and not _QUAD.fullmatch(address)):
        raise ValueError(f"'{text}' is no station; write it as 02:A9:D2:A0:FF:A0 or 02:A9:D2:A0:FF:A0=192.168.0.2")
    return Station(mac.upper(), None, address or None)


def parse_access_point(text: str, number: int = 0) -> AccessPoint:
    """Read ``SSID[,PASSPHRASE]``; SSID ``*`` answers to any name. Raises ValueError.

    The n-th access point gives the module the address 192.168.(n+1).100, on a channel and with a signal that a
    desk would have.
    """
    ssid, separator, passphrase = text.partition(",")
    if not ssid or len(ssid.encode()) > 32:
        raise ValueError(f"'{text}' is no access point; write it as SSID or SSID,PASSPHRASE with 1..32 octets of SSID")
    desk = desk_access_point(ssid.encode().decode("latin-1"), number)
    if passphrase:
        return desk._replace(passphrase=passphrase, security=Security.WPA2)
    if ssid == "*" and not separator:
        return desk._replace(passphrase=None, security=Security.ANY)
    return desk
