"""The file system: paths to volumes, and what the commands do with files.

A path is ``<volume>:/name``, ``/name`` or ``name`` (F-DHCP, XC-CONST, GERREX); a backslash is taken for a
slash (STPKG readme) and the slash after the volume may be left out (assumed). There are no directories. A
path without volume means the RAM disk, or the external memory when that is mounted and ``ext_volume`` is 1
(STPKG).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.events import Note
from firmware_model.storage.volumes import (
    APPLICATION_FLASH_CAPACITY,
    LETTERS,
    USER_FLASH_CAPACITY,
    File,
    FlashVolume,
    Volume,
    VolumeNumber,
    parse_volume,
)
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firmware_model.outside import Flash, Timeline
    from firmware_model.storage.configuration import Configuration

EXTERNAL_AREA: Final = "external-memory"
"""The flash area of volume 0."""
USER_AREA: Final = "user-flash"
"""The flash area of volume 1."""

APPLICATION_AREA: Final = "application-flash"
"""The flash area of volume 3, once an update has replaced what it came with."""

_AREAS: Final[dict[int, str]] = {VolumeNumber.EXTERNAL: EXTERNAL_AREA, VolumeNumber.USER_FLASH: USER_AREA}
_SD_CARD: Final = 1
"""The ``ext_volume`` that moves the default volume (STPKG)."""


class Entry(NamedTuple):
    """One line of FSL; ``size`` in octets."""

    letter: str
    size: int
    name: str


class FileSystem:
    """The volumes of one module.

    The configuration must be loaded before this is made and before each :meth:`reset`, as it says how large
    the RAM disk is. ``application`` are the files of the read-only application flash. ``external_capacity`` is
    the size of the external memory in octets; 0, as on the SPWF04SA, means that none is fitted.
    Raises ValueError when the application files exceed their flash.
    """

    def __init__(
        self,
        flash: Flash,
        timeline: Timeline,
        configuration: Configuration,
        application: Mapping[str, bytes],
        external_capacity: int = 0,
        *,
        sd_card_first: bool = True,
    ) -> None:
        self._flash = flash
        self._timeline = timeline
        self._configuration = configuration
        self._application = Volume(
            APPLICATION_FLASH_CAPACITY,
            Error.OPEN_FAILED,
            (File(name, content) for name, content in application.items()),
            read_only=True,
        )
        self._external_capacity = external_capacity
        self.sd_card_first = sd_card_first
        """Whether a path without a volume may mean an SD card."""
        self._volumes: dict[int, Volume] = {}
        self.reset()

    def reset(self) -> None:
        """Start anew: the RAM disk is empty and has the configured size, every usable volume is mounted."""
        self._volumes.clear()
        for number in VolumeNumber:
            volume = self._open(number)
            if volume is not None:
                self._volumes[number] = volume

    def resolve(self, path: str) -> tuple[VolumeNumber, str]:
        """Split a path into volume and name. Raises AtError 29 when that volume is not mounted."""
        number, name = _split(path)
        if number is None:
            number = self._default_volume()
        self._volume(number)
        return number, name

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises AtError 29, 51, or 53 when its volume cannot be read any more."""
        number, name = self.resolve(path)
        content = self._volume(number).read(name)
        self._volume(number).check_content()
        return content

    def find(self, name: str) -> bytes | None:
        """Return the content of the first file of that name, whichever mounted volume has it; None without one."""
        for volume in tuple(self._volumes.values()):  # a handshake looks from another thread
            if (content := volume.find(name)) is not None:
                return content
        return None

    def size(self, path: str) -> int:
        """Return a file's length in octets. Raises AtError 29 or 51."""
        return len(self.read(path))

    def write(self, path: str, content: bytes, *, append: bool = True) -> None:
        """Create a file, extend it when it exists (XC-CMD), or replace it without ``append``.

        Raises AtError 29, 51 (bad name or read-only volume), 50 (RAM disk full, assumed), 101 (flash full, or user
        flash failing, assumed) or 54 (external memory failing, as FAT writes there at the end, assumed); then the
        file is what it was.
        """
        number, name = self.resolve(path)
        self._volume(number).write(name, content, append=append)

    def delete(self, path: str) -> None:
        """Remove a file. Raises AtError 29, 56 or 101."""
        number, name = self.resolve(path)
        self._volume(number).delete(name)

    def rename(self, old: str, new: str) -> None:
        """Rename a file on its volume; ``new`` needs no volume of its own (assumed).

        Raises AtError 29, 55 (also when the name is taken or ``new`` is on another volume) or 101.
        """
        source, old_name = self.resolve(old)
        target, new_name = _split(new)
        if target not in (None, source):
            raise AtError(Error.RENAME_FAILED)
        self._volume(source).rename(old_name, new_name)

    def list(self) -> Iterator[Entry]:
        """List the files of all mounted volumes, by volume number, oldest first (order assumed)."""
        for number, volume in self._volumes.items():
            letter = LETTERS[number].letter
            for file in volume.files:
                yield Entry(letter, len(file.content), file.name)

    def check_directories(self) -> None:
        """Look at the memory of all mounted volumes. Raises AtError 57 (unreadable) or 58 (damaged)."""
        for volume in self._volumes.values():
            volume.check_directory()

    def free(self, number: int = VolumeNumber.RAM) -> int:
        """Octets left on a volume. Raises AtError 29."""
        return self._volume(number).free

    def mounted(self, number: int) -> bool:
        """Whether a volume can be used: what the status variables ``user_fs`` and ``extvol_fs`` tell."""
        return number in self._volumes

    def mount(self, number: int) -> None:
        """Mount a volume; one that is mounted stays as it is (assumed). Raises AtError 29."""
        if number in self._volumes:
            return
        volume = self._open(number)
        if volume is None:
            raise AtError(Error.VOLUME_NOT_MOUNTED)
        self._volumes[number] = volume
        self._volumes = dict(sorted(self._volumes.items()))

    def unmount(self, number: int, *, erase: bool = False) -> None:
        """Unmount a volume, and erase it when told to; erasing also helps a damaged one.

        Raises AtError 29 (not mounted) or 59 (the application flash cannot be erased, or the flash failed).
        """
        area = _AREAS.get(number)
        if number not in self._volumes and not (erase and area):
            raise AtError(Error.VOLUME_NOT_MOUNTED)
        if erase and number == VolumeNumber.APPLICATION_FLASH:
            raise AtError(Error.UNMOUNT_FAILED)
        if erase and area:
            try:
                self._flash.erase(area)
            except OSError:
                raise AtError(Error.UNMOUNT_FAILED) from None
        self._volumes.pop(number, None)

    def fitted(self, number: int) -> bool:
        """Whether the module has the memory of a volume, mounted or not."""
        return number == VolumeNumber.RAM or self._capacities[number] > 0

    def replace(self, number: int, image: bytes) -> None:
        """Put another volume, as :func:`volume_image` makes it, in place of the one in flash; seen after a reset.

        Raises AtError 29 (no such memory is fitted), 101 (the flash failed), or ValueError (it does not fit).
        """
        if number not in self._capacities or not self.fitted(number):
            raise AtError(Error.VOLUME_NOT_MOUNTED)
        Volume(self._capacities[number], Error.FLASH_WRITE_FAILED, parse_volume(image))
        try:
            self._flash.store(APPLICATION_AREA if number == VolumeNumber.APPLICATION_FLASH else _AREAS[number], image)
        except OSError:
            raise AtError(Error.FLASH_WRITE_FAILED) from None

    @property
    def _capacities(self) -> dict[int, int]:
        return {
            VolumeNumber.EXTERNAL: self._external_capacity,
            VolumeNumber.USER_FLASH: USER_FLASH_CAPACITY,
            VolumeNumber.APPLICATION_FLASH: APPLICATION_FLASH_CAPACITY,
        }

    def _default_volume(self) -> VolumeNumber:
        if (
            self.sd_card_first
            and self._configuration.integer("ext_volume") == _SD_CARD
            and VolumeNumber.RAM in self._volumes
            and VolumeNumber.EXTERNAL in self._volumes
        ):
            return VolumeNumber.EXTERNAL
        return VolumeNumber.RAM

    def _volume(self, number: int) -> Volume:
        volume = self._volumes.get(number)
        if volume is None:
            raise AtError(Error.VOLUME_NOT_MOUNTED)
        return volume

    def _open(self, number: int) -> Volume | None:
        """Make a volume ready; None when it does not exist or is damaged."""
        match number:
            case VolumeNumber.EXTERNAL if self._external_capacity:
                return self._open_flash(EXTERNAL_AREA, self._external_capacity, Error.CLOSE_FAILED)
            case VolumeNumber.USER_FLASH:
                return self._open_flash(USER_AREA, USER_FLASH_CAPACITY, Error.FLASH_WRITE_FAILED)
            case VolumeNumber.RAM:
                kilobytes = self._configuration.integer("ramdisk_memsize")
                return Volume(kilobytes * 1024, Error.RAM_DISK_FAILED)
            case VolumeNumber.APPLICATION_FLASH:
                return self._open_application()
        return None

    def _open_application(self) -> Volume:
        try:
            image = self._flash.load(APPLICATION_AREA)
            if image is not None:
                files = parse_volume(image)
                return Volume(APPLICATION_FLASH_CAPACITY, Error.OPEN_FAILED, files, read_only=True)
        except (OSError, ValueError):
            self._timeline.record(Note("the application flash is damaged; the module takes what it came with"))
        return self._application

    def _open_flash(self, area: str, capacity: int, failing: Error) -> Volume | None:
        try:
            return FlashVolume(self._flash, area, capacity, failing)
        except (OSError, ValueError):
            self._timeline.record(Note(f"volume {area} is damaged and not mounted; AT+S.FSU can erase it"))
            return None


def _split(path: str) -> tuple[VolumeNumber | None, str]:
    number = None
    if path[1:2] == ":" and path[0] in "0123456789":
        try:
            number = VolumeNumber(int(path[0]))
        except ValueError:
            raise AtError(Error.VOLUME_NOT_MOUNTED) from None
        path = path[2:]
    return number, path.replace("\\", "/").removeprefix("/")
