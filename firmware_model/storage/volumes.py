"""The volumes: external memory, user flash, RAM disk and application flash.

A volume holds whole files in memory. Those in writable flash are written through, each volume as one area,
so that a failed write leaves everything as it was. Room is counted in octets of content and in files; the
clusters of the real FAT are not modelled.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.storage.sealed import seal, unseal
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import Source, assumed, driver, log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from firmware_model.outside import Flash

MAXIMUM_NAME: Final = 255
"""Characters in a file name, as in FAT with long names (assumed; logs show names longer than 8.3)."""
MAXIMUM_FILES: Final = 512
"""Files on one volume, like the root entries of ST's application image (STPKG; assumed for the others)."""
USER_FLASH_CAPACITY: Final = 64 * 1024
"""Octets (XC-FS, STPKG)."""
APPLICATION_FLASH_CAPACITY: Final = 52_224
"""Octets (STPKG)."""

_FORBIDDEN: Final = frozenset('/\\:*?"<>|') | {chr(code) for code in range(0x20)}
_TITLE: Final = "SPWF04Sx volume 1"


class VolumeNumber(IntEnum):
    """The volumes by the number that stands in paths (GHI, ROS, XC-IF)."""

    EXTERNAL = 0
    USER_FLASH = 1
    RAM = 2
    APPLICATION_FLASH = 3


class Letter(NamedTuple):
    """The letter that stands for a volume in FSL."""

    letter: str
    source: Source


LETTERS: Final[dict[int, Letter]] = {
    VolumeNumber.EXTERNAL: Letter("X", log("F-FS")),
    VolumeNumber.USER_FLASH: Letter("I", assumed("ROS reads I as internal; it may be the application flash")),
    VolumeNumber.RAM: Letter("D", driver("GERREX")),
    VolumeNumber.APPLICATION_FLASH: Letter("A", assumed("a letter no driver gives another meaning")),
}


class File(NamedTuple):
    """One file, with its name as it was first written."""

    name: str
    content: bytes


class Volume:
    """A mounted volume whose files live in memory only.

    Names match in any letter case, as on FAT. ``full`` is the error of a write for which there is no room.
    Raises ValueError when ``files`` exceed ``capacity``, which counts octets.
    """

    def __init__(self, capacity: int, full: Error, files: Iterable[File] = (), *, read_only: bool = False) -> None:
        self.capacity = capacity
        self.read_only = read_only
        self._full = full
        self._adopt({file.name.lower(): file for file in files})
        if self.free < 0:
            raise ValueError(f"the files exceed {capacity} octets: leave some out")

    @property
    def files(self) -> Iterable[File]:
        """The files, oldest first."""
        return self._files.values()

    @property
    def free(self) -> int:
        """Octets left."""
        return self.capacity - self._used

    def read(self, name: str) -> bytes:
        """Return a file's content. Raises AtError 51."""
        return self._find(name, Error.OPEN_FAILED).content

    def find(self, name: str) -> bytes | None:
        """Return a file's content; None when there is no such file."""
        file = self._files.get(name.lower())
        return None if file is None else file.content

    def check_content(self) -> None:
        """Raise AtError 53 when the memory behind the files cannot be read any more; RAM always can."""
        return

    def check_directory(self) -> None:
        """Raise AtError 57 or 58 when the memory behind the files cannot be read any more, or is damaged."""
        return

    def write(self, name: str, content: bytes, *, append: bool) -> None:
        """Create a file; extend it when it exists and ``append`` is true, else replace it.

        Raises AtError 51 (bad name or read only), 101 (the flash failed) or the volume's full error.
        """
        old = self._files.get(name.lower())
        if self.read_only or (old is None and not is_valid_name(name)):
            raise AtError(Error.OPEN_FAILED)
        new = File(name, content)
        if old is not None:
            new = File(old.name, old.content + content if append else content)
        files = self._files | {name.lower(): new}
        if _octets(files) > self.capacity or len(files) > MAXIMUM_FILES:
            raise AtError(self._full)
        self._replace(files)

    def delete(self, name: str) -> None:
        """Remove a file. Raises AtError 56 (missing or read only) or 101 (the flash failed)."""
        file = self._find(name, Error.DELETE_FAILED)
        if self.read_only:
            raise AtError(Error.DELETE_FAILED)
        self._replace({key: other for key, other in self._files.items() if other is not file})

    def rename(self, old: str, new: str) -> None:
        """Rename a file.

        Raises AtError 55 (missing, bad name, name taken, read only) or 101 (the flash failed).
        """
        file = self._find(old, Error.RENAME_FAILED)
        if self.read_only or not is_valid_name(new) or self._files.get(new.lower(), file) is not file:
            raise AtError(Error.RENAME_FAILED)
        renamed = File(new, file.content)
        self._replace(
            {
                (new if other is file else other.name).lower(): renamed if other is file else other
                for other in self.files
            }
        )

    def _find(self, name: str, missing: Error) -> File:
        file = self._files.get(name.lower())
        if file is None:
            raise AtError(missing)
        return file

    def _replace(self, files: dict[str, File]) -> None:
        self._adopt(files)

    def _adopt(self, files: dict[str, File]) -> None:
        self._files = files
        self._used = _octets(files)


class FlashVolume(Volume):
    """A volume that survives: one flash area holds all of it.

    ``failing`` is the error of a write that the flash does not take. Raises ValueError when the area is damaged and
    OSError when it cannot be read; the area is left as it is.
    """

    def __init__(self, flash: Flash, area: str, capacity: int, failing: Error = Error.FLASH_WRITE_FAILED) -> None:
        self._flash = flash
        self._area = area
        self._failing = failing
        image = flash.load(area)
        super().__init__(capacity, Error.FLASH_WRITE_FAILED, () if image is None else _parse(image))

    def _replace(self, files: dict[str, File]) -> None:
        try:
            self._flash.store(self._area, _image(files.values()))
        except OSError:
            raise AtError(self._failing) from None
        self._adopt(files)

    def check_content(self) -> None:
        """Look whether the area can still be read. Raises AtError 53."""
        try:
            self._flash.load(self._area)
        except OSError:
            raise AtError(Error.READ_FAILED) from None

    def check_directory(self) -> None:
        """Look whether the area can still be read (AtError 57) and understood (AtError 58)."""
        try:
            image = self._flash.load(self._area)
            if image is not None:
                deque(_parse(image), maxlen=0)
        except OSError:
            raise AtError(Error.OPEN_DIRECTORY_FAILED) from None
        except ValueError:
            raise AtError(Error.READ_DIRECTORY_FAILED) from None


def volume_image(files: Mapping[str, bytes], capacity: int) -> bytes:
    """A volume with these files as it lies in flash. Raises ValueError for a bad name or too many octets."""
    for name in files:
        if not is_valid_name(name):
            raise ValueError(f"'{name}' is no name for a file of the module")
    return _image(Volume(capacity, Error.OPEN_FAILED, (File(*item) for item in files.items())).files)


def parse_volume(image: bytes) -> Iterator[File]:
    """The files of a volume as it lies in flash. Raises ValueError when it is damaged."""
    return _parse(image)


def is_valid_name(name: str) -> bool:
    """Whether a file may be given this name: FAT's forbidden characters, Latin-1 only."""
    return len(name) <= MAXIMUM_NAME and bool(name.strip(". ")) and _FORBIDDEN.isdisjoint(name) and max(name) <= "\xff"


def _octets(files: dict[str, File]) -> int:
    return sum(len(file.content) for file in files.values())


def _image(files: Iterable[File]) -> bytes:
    """Serialize files: for each a line with its length and name, then the content."""
    parts = [f"{len(file.content)} {file.name}\n".encode("latin-1") + file.content for file in files]
    return seal(_TITLE, b"".join(parts))


def _parse(image: bytes) -> Iterator[File]:
    rest = unseal(_TITLE, image)
    while rest:
        head, _, rest = rest.partition(b"\n")
        length, _, name = head.decode("latin-1").partition(" ")
        size = int(length)
        yield File(name, rest[:size])
        rest = rest[size:]
