"""Files on the module's volumes."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from emulator.certificate_slots import holds_private_key
from emulator.control.declaration import Content, operation
from emulator.control.desk import Desk
from emulator.control.problem import RefusedError, refusing
from emulator.control.schema import Range
from firmware_model.storage.volumes import LETTERS, VolumeNumber
from firmware_model.tables.errors import AtError

Volume = Annotated[int, Range(0, 3), "0 external memory, 1 user flash, 2 RAM disk, 3 application flash"]
Name = Annotated[str, "the file's name; volumes have no directories"]
_NUMBERS: Final = {letter.letter: number for number, letter in LETTERS.items()}
_TITLES: Final = {
    VolumeNumber.EXTERNAL: "external memory",
    VolumeNumber.USER_FLASH: "user flash",
    VolumeNumber.RAM: "RAM disk",
    VolumeNumber.APPLICATION_FLASH: "application flash",
}


class File(NamedTuple):
    """One file."""

    name: str
    size: Annotated[int, "octets"]


class VolumeContent(NamedTuple):
    """One volume."""

    number: int
    title: str
    mounted: bool
    read_only: bool
    free: Annotated[int, "octets; 0 while it is not mounted"]
    files: tuple[File, ...]


@operation("GET", "/files", tag="files")
def list_files(desk: Desk) -> list[VolumeContent]:
    """List all volumes and their files."""
    files = desk.emulator.files
    entries = [(_NUMBERS[entry.letter], File(entry.name, entry.size)) for entry in files.list()]
    return [
        VolumeContent(
            number=int(number),
            title=_TITLES[number],
            mounted=files.mounted(number),
            read_only=number == VolumeNumber.APPLICATION_FLASH,
            free=files.free(number) if files.mounted(number) else 0,
            files=tuple(file for volume, file in entries if volume == number),
        )
        for number in VolumeNumber
        if files.fitted(number)
    ]


@operation("GET", "/files/{volume}/{name}", tag="files", media_type="application/octet-stream")
def read_file(desk: Desk, volume: Volume, name: Name) -> Content:
    """Fetch a file; one that is a private key, or is called ``*.key``, stays."""
    with refusing(404, AtError):
        octets = desk.emulator.files.read(f"{volume}:/{name}")
    if holds_private_key(name, octets):
        raise RefusedError(403, f"'{name}' is a private key, or is called like one; keys do not leave")
    return Content(octets, name=name)


@operation("PUT", "/files/{volume}/{name}", tag="files")
def write_file(desk: Desk, volume: Volume, name: Name, body: bytes) -> list[VolumeContent]:
    """Create a file, or replace it."""
    with refusing(409, AtError):
        desk.emulator.files.write(f"{volume}:/{name}", body, append=False)
    return list_files(desk)


@operation("DELETE", "/files/{volume}/{name}", tag="files")
def delete_file(desk: Desk, volume: Volume, name: Name) -> list[VolumeContent]:
    """Delete a file."""
    with refusing(404, AtError):
        desk.emulator.files.delete(f"{volume}:/{name}")
    return list_files(desk)
