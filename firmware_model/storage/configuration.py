"""The configuration variables: a copy in RAM that SCFG changes and a copy in flash that WCFG writes.

FCFG writes the factory set to flash and nothing else, so that it needs a reset to act (GHI-DOC). The identity
of one module (``nv_*``) belongs to the factory: it is read only, never stored, and survives every reset.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from firmware_model.events import Note
from firmware_model.profile import FIRMWARE_1_1_0, is_at_least
from firmware_model.storage.sealed import seal, unseal
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.kinds import NUMERIC, TooLongError
from firmware_model.tables.variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from firmware_model.outside import Flash, Timeline
    from firmware_model.profile import FirmwareProfile
    from firmware_model.tables.variables import Variable

AREA: Final = "configuration"
"""The flash area that holds the variables."""
SSID_OCTETS: Final = 32
"""The longest SSID."""

_TITLE: Final = "SPWF04Sx configuration"
_HEAD: Final = re.compile(rb"SPWF04Sx configuration ([1-9]) ")
_ROWS: Final = {row.name: row for row in VARIABLES}


class LoadResult(Enum):
    """Where the values in RAM came from."""

    STORED = "stored"
    """The flash held a good set."""
    FACTORY = "factory"
    """The flash was empty."""
    DAMAGED = "damaged"
    """The flash held something unusable, which stays there until the next save; this is WIND 65:1."""


class Configuration:
    """The variables of one module; they have their factory values until :meth:`load` is called.

    ``identity`` replaces factory values of the ``nv_*`` variables. Raises ValueError when it names another
    variable or holds a bad value.
    """

    def __init__(
        self,
        flash: Flash,
        timeline: Timeline,
        identity: Mapping[str, str] | None = None,
        firmware: FirmwareProfile = FIRMWARE_1_1_0,
    ) -> None:
        self._flash = flash
        self._timeline = timeline
        self.firmware = firmware
        """Decides which variables there are; another one takes effect with :meth:`load`."""
        self.layout_changed = False
        """Whether the flash holds a set in another firmware's layout, or in none; this is WIND 73."""
        self._factory = _factory_values(identity or {})
        self._followers: list[Callable[[str], None]] = []
        self._adopt(self._factory)

    def follow(self, follower: Callable[[str], None]) -> None:
        """Call ``follower`` with the name of each variable that is set, and with "" when all of them may be new."""
        self._followers.append(follower)

    def load(self) -> LoadResult:
        """Fill the RAM copy from flash, or with factory values when nothing there is usable; never raises."""
        values = self._factory
        result = LoadResult.FACTORY
        self.layout_changed = False
        try:
            content = self._flash.load(AREA)
            if content is not None:
                layout = _layout_of(content)
                self.layout_changed = layout != self.firmware.configuration_layout
                values = self._factory | self._decode(content, layout)
                result = LoadResult.STORED
        except (OSError, ValueError):
            self._note("the stored configuration is damaged: factory values are used, AT+S.WCFG replaces it")
            result = LoadResult.DAMAGED
        self._adopt(values)
        self._tell("")
        return result

    def save(self) -> None:
        """Write the RAM copy to flash. Raises AtError 101; then the flash keeps what it had."""
        self._store(self._values)

    def factory_reset(self) -> None:
        """Write the factory set to flash; the RAM copy stays until :meth:`load`. Raises AtError 101."""
        self._store(self._factory)

    def get(self, name: str) -> str:
        """Return a value in its canonical form; ``name`` in any letter case. Raises AtError 4."""
        return self._values[self._row(name).name]

    def integer(self, name: str) -> int:
        """Return a numeric variable; ``name`` exactly as in the table. Raises KeyError for any other name."""
        return self._integers[name]

    def set(self, name: str, text: str) -> None:
        """Change the RAM copy. Raises AtError 4 (no such variable), 7 (bad or read only), 32 (too long)."""
        row = self._row(name)
        if row.read_only:
            raise AtError(Error.INVALID_ARGUMENTS)
        try:
            self._put(row.name, row.kind.parse(text))
        except TooLongError:
            raise AtError(Error.ARGUMENT_TOO_LARGE) from None
        except ValueError:
            raise AtError(Error.INVALID_ARGUMENTS) from None

    def items(self) -> Iterator[tuple[str, str]]:
        """Name and value of the listed variables in the order of GCFG."""
        return ((row.name, self._values[row.name]) for row in VARIABLES if row.listed and self._has(row))

    @property
    def ssid(self) -> str:
        """The SSID as text, one character an octet."""
        octets = bytes.fromhex(self._values["wifi_ssid"].replace(":", ""))
        return octets[: self._integers["wifi_ssid_len"]].decode("latin-1")

    def set_ssid(self, text: str) -> None:
        """Set ``wifi_ssid`` and ``wifi_ssid_len``. Raises AtError 32 over 32 octets, 7 outside Latin-1."""
        try:
            octets = text.encode("latin-1")
        except UnicodeEncodeError:
            raise AtError(Error.INVALID_ARGUMENTS) from None
        if len(octets) > SSID_OCTETS:
            raise AtError(Error.ARGUMENT_TOO_LARGE)
        self.set("wifi_ssid", octets.ljust(SSID_OCTETS, b"\0").hex())
        self.set("wifi_ssid_len", str(len(octets)))

    def _put(self, name: str, value: str) -> None:
        self._values[name] = value
        if name in self._integers:
            self._integers[name] = int(value, 0)
        self._tell(name)

    def _tell(self, name: str) -> None:
        for follower in self._followers:
            follower(name)

    def _adopt(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._integers = {
            row.name: int(self._values[row.name], 0) for row in VARIABLES if isinstance(row.kind, NUMERIC)
        }

    def _store(self, values: Mapping[str, str]) -> None:
        lines = [f"{row.name}={values[row.name]}\n" for row in VARIABLES if not row.read_only]
        try:
            title = _title(self.firmware.configuration_layout)
            self._flash.store(AREA, seal(title, "".join(lines).encode("latin-1")))
        except OSError:
            raise AtError(Error.FLASH_WRITE_FAILED) from None

    def _decode(self, content: bytes, layout: int | None) -> dict[str, str]:
        """Return the stored values of variables that are known here. Raises ValueError when damaged."""
        if layout is None:
            raise ValueError("no configuration of any layout")
        values = {}
        for line in unseal(_title(layout), content).decode("latin-1").split("\n"):
            name, _, text = line.partition("=")
            row = _ROWS.get(name)
            if row is None or row.read_only or not self._has(row):
                continue
            try:
                values[name] = row.kind.parse(text)
            except ValueError:
                self._note(f"the stored value of {name} is out of range here; its factory value is used")
        return values

    def _row(self, name: str) -> Variable:
        row = _ROWS.get(name.lower())
        if row is None or not self._has(row):
            raise AtError(Error.VARIABLE_NOT_FOUND)
        return row

    def _has(self, row: Variable) -> bool:
        return is_at_least(self.firmware.version, row.since)

    def _note(self, text: str) -> None:
        self._timeline.record(Note(text))


def _title(layout: int) -> str:
    return f"{_TITLE} {layout}"


def _layout_of(content: bytes) -> int | None:
    """The layout that the head of a stored set names, whether or not the rest is sound; None for no head."""
    head = _HEAD.match(content)
    return int(head[1]) if head else None


def _factory_values(identity: Mapping[str, str]) -> dict[str, str]:
    values = {row.name: row.default for row in VARIABLES}
    for name, text in identity.items():
        row = _ROWS.get(name)
        if row is None or not row.read_only:
            names = ", ".join(row.name for row in VARIABLES if row.read_only)
            raise ValueError(f"{name} is no identity of a module: use {names}")
        values[name] = row.kind.parse(text)
    return values
