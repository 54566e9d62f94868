"""Firmware versions as data: what differs between them, and nothing else.

A version is described by its differences from the one before, each with its source::

    FIRMWARE_1_1_0 = FIRMWARE_1_0_0.evolve(dhcp_reply_shows_mac=Fact(True, manual("STPKG")), ...)

Commands and variables that came later say so themselves (``since=`` in their declarations and rows).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from firmware_model.tables.errors import Error
from firmware_model.tables.latencies import LATENCIES
from firmware_model.tables.sources import Source, assumed, driver, inferred, log, manual
from firmware_model.tls.capabilities import TlsCapabilities

if TYPE_CHECKING:
    from collections.abc import Mapping


_LATENCIES: Final = MappingProxyType({row.command: row.seconds for row in LATENCIES})


class Fact(NamedTuple):
    """The value of one field of a profile, and where it is known from."""

    value: Any
    source: Source


class Durations(NamedTuple):
    """How long the module takes for what the host can see, in seconds. All assumed: no timed log was found."""

    power_on: float = 0.05
    """From power-on to the first indication."""
    console: float = 0.02
    """From the banner to WIND 0."""
    radio_start: float = 0.3
    """From the console to WIND 32."""
    access_point_start: float = 0.05
    """From WIND 32 to WIND 26."""
    scan: float = 1.0
    """From WIND 21 to WIND 35: a dozen channels."""
    scan_pause: float = 4.0
    """Between two scans when no configured network is in the air."""
    crunching: float = 0.7
    """From WIND 46 until the key is computed: 4096 rounds of SHA-1 for each half of it."""
    join: float = 0.1
    """Authentication and association, up to WIND 19."""
    lease: float = 0.1
    """What DHCP takes, on either side."""
    beacon: float = 0.1024
    """Between two beacons of an access point (100 time units, as almost all of them)."""
    beacon_return: float = 3.0
    """From WIND 30 until the network is given up with WIND 33."""
    join_timeout: float = 1.0
    """How long an answer to authentication or association is waited for."""
    web_input: float = 30.0
    """How long a page waits for INPUTSSI (XC-IF)."""
    web_keep_alive: float = 5.0
    """How long the web server waits for the next octets of a browser."""
    socket_connect: float = 20.0
    """How long SOCKON waits for the connection, and then for each step of TLS."""
    socket_write: float = 8.0
    """How long the peer of a socket may take no data before the write fails (MBED's host waits 10 s)."""
    idle: float = 2.0
    """How long the console is silent before ``sleep_enabled`` lets the module sleep."""
    firmware_update: float = 0.5
    """From the start with a new firmware image in flash to WIND 17."""


class SpiHabits(NamedTuple):
    """What a host on the SPI console sees of a version."""

    no_variables: bytes = b""
    """The payload of an indication without variables."""
    line_end: bytes = b""
    """Octets after the payload of every reply line."""
    bare_replies: bool = False
    """Reply lines leave their word away whatever ``console_verbose`` says."""
    holds_indications: bool = True
    """An indication waits for the end of a reply, as on the UART."""
    watchdog_first: bool = True
    """WIND 3 comes before WIND 0; on the UART it is the other way round."""


class FirmwareProfile(NamedTuple):
    """One firmware version as a host can tell it from another; the defaults are those of 1.1.0."""

    version: str
    """Status variable ``fw_version``: three numbers."""
    build: str
    boot_version: str
    """Boot loader (log F-FR)."""
    tls: TlsCapabilities
    configuration_layout: int = 2
    """Status variable ``var_version``; a stored configuration of another layout draws WIND 73."""
    success_fields: tuple[int, int, int] = (0, 0, 2)
    """How many of free heap and Wi-Fi state follow ``AT-S.OK`` at ``console_verbose`` 0, 1 and 2."""
    dhcp_reply_shows_mac: bool = True
    """WIND 29 ends with the station's MAC address."""
    mini_ap_wpa: bool = True
    """The miniAP can be protected by WPA."""
    sd_card_first: bool = True
    """A path without a volume means the external memory when that is an SD card (``ext_volume`` 1)."""
    gpio_count: int = 21
    """GPIO0 and up."""
    mqtt_over_websocket: bool = True
    """False is no firmware but an option of the emulator, for brokers without a web socket listener."""
    mqtt_topic_defect: bool = False
    """WIND 86 repeats the last character of the topic."""
    reply_words: Mapping[str, str] = MappingProxyType({})
    """Reply words of 1.1.0 that this version spells otherwise."""
    errors: Mapping[Error, Error] = MappingProxyType({})
    """Errors of 1.1.0 for which this version reports another one."""
    spi: SpiHabits = SpiHabits()
    """What a host on the SPI console sees; ``no_variables`` is the payload of an indication that has none."""
    heap: int = 60_000
    """Octets free after boot (assumed)."""
    durations: Durations = Durations()
    latencies: Mapping[str, float] = _LATENCIES
    """Seconds that the module works on a command before it answers; none for one that is missing here."""
    sources: Mapping[str, Source] = MappingProxyType({})
    """Where the fields that were given as a :class:`Fact` are known from, inherited ones included."""

    def evolve(self, **changes: Any) -> FirmwareProfile:
        """Describe another version by its differences; a value may be a :class:`Fact`."""
        facts = {name: fact for name, fact in changes.items() if isinstance(fact, Fact)}
        values = changes | {name: fact.value for name, fact in facts.items()}
        sources = {**self.sources, **{name: fact.source for name, fact in facts.items()}}
        return self._replace(**values, sources=MappingProxyType(sources))


def is_at_least(version: str, since: str) -> bool:
    """Whether something that came with version ``since`` is in ``version``."""
    return since == "1.0.0" or _numbers(version) >= _numbers(since)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


FIRMWARE_1_0_0: Final = FirmwareProfile(
    version="1.0.0",
    build="170216-fd39c59-SPWF04S",
    boot_version="1.0",
    tls=TlsCapabilities(),
).evolve(
    build=Fact("170216-fd39c59-SPWF04S", log("F-FR, F-CFG")),
    boot_version=Fact("1.0", log("F-FR")),
    tls=Fact(TlsCapabilities(ecc=False, alert_on_bad_certificate=42, clients=1), log("T6; ECC and clients: P1")),
    configuration_layout=Fact(1, inferred("STPKG: WIND 73 after the update; the number is assumed")),
    success_fields=Fact((0, 1, 2), driver("XC30; which level shows it is inferred")),
    dhcp_reply_shows_mac=Fact(False, manual("STPKG")),
    mini_ap_wpa=Fact(False, manual("STPKG; that it is open instead is assumed")),
    sd_card_first=Fact(False, manual("STPKG")),
    gpio_count=Fact(19, manual("RN100")),
    mqtt_topic_defect=Fact(True, manual("STPKG")),
    reply_words=Fact(
        MappingProxyType({"Certificate Error": "X509 Error"}), inferred("T5, T6; the colon after it is assumed")
    ),
    errors=Fact(
        MappingProxyType({Error.WAIT_FOR_CONNECTION_UP: Error.IP_NOT_READY}),
        assumed("XC-ERR: 44 was about the PWM then; 60 has the nearest text"),
    ),
    spi=Fact(
        SpiHabits(b"\r\n", b"\r\n", bare_replies=True, holds_indications=False, watchdog_first=False),
        log("F-SPI1, F-SPI2; line end: XC30; bare replies: STPKG"),
    ),
)

FIRMWARE_1_1_0: Final = FIRMWARE_1_0_0.evolve(
    version="1.1.0",
    build=Fact("171117-0328fe3-SPWF04S", log("F-AP")),
    tls=Fact(TlsCapabilities(), manual("P1; alert 46: T8")),
    configuration_layout=Fact(2, inferred("STPKG: WIND 73 after the update; the number is assumed")),
    success_fields=Fact((0, 0, 2), log("F-AP, F-TLS; MBED")),
    dhcp_reply_shows_mac=Fact(True, log("F-MAC; STPKG")),
    mini_ap_wpa=Fact(True, manual("STPKG")),
    sd_card_first=Fact(True, manual("STPKG")),
    gpio_count=Fact(21, manual("STPKG")),
    mqtt_topic_defect=Fact(False, manual("STPKG")),
    reply_words=Fact(MappingProxyType({}), log("F-TLS, F-SSL")),
    errors=Fact(MappingProxyType({}), inferred("ROS and TD met 44 without a connection")),
    spi=Fact(SpiHabits(), manual("STPKG")),
)

BUILD_170726: Final = FIRMWARE_1_1_0.evolve(
    build=Fact("170726-b7ac1ba-SPWF04S", log("F-DHCP, PB")),
    version=Fact("1.1.0", assumed("a beta of 1.1.0: F-DHCP shows ramdisk_memsize, PB no tail after indications")),
    tls=Fact(TlsCapabilities(), assumed("as in 1.1.0")),
    spi=Fact(SpiHabits(bare_replies=True), log("F-DHCP shows no word at console_verbose 1")),
)

FIRMWARE_1_2_0: Final = FIRMWARE_1_1_0.evolve(
    version=Fact("1.2.0", manual("UM2114 Rev 3; no list of changes was found, so nothing else differs")),
    build=Fact("181101-0000000-SPWF04S", assumed("the month of UM2114 Rev 3; no log was found")),
)

PROFILES: Final = MappingProxyType(
    {"1.0.0": FIRMWARE_1_0_0, "1.1.0": FIRMWARE_1_1_0, "1.2.0": FIRMWARE_1_2_0, "170726": BUILD_170726}
)
"""Every known firmware by what a person calls it: its version, or for a build that was never released its date."""
