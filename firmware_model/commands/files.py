"""The file system: create, delete, rename, list, print, digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import Integer, Switch, Text
from firmware_model.console.rendering import Raw
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import assumed, driver, log

if TYPE_CHECKING:
    from firmware_model.module import Module

FileName = Annotated[str, Text(255)]
_Position = Annotated[int, Integer(0, 0x7FFFFFFF)]
_Length = Annotated[int, Integer(1, 0xFFFF, above=Error.ARGUMENT_TOO_LARGE)]
_Volume = Annotated[int, Integer(0, 0xFF, above=Error.VOLUME_NOT_MOUNTED)]
_DIGESTS: Final = ("sha1", "sha224", "sha256", "md5")
_CHUNK: Final = 16384
"""Octets of a file that are handed to the console together."""


@command("FSM", spi_id=0x21, source=assumed("GHI has this SPI id, STPKG has 0x31"), since="1.1.0")
async def mount_volume(module: Module, volume: _Volume) -> None:
    """Mount a volume: 0 external, 1 user flash, 2 RAM disk, 3 application flash."""
    module.files.mount(volume)


@command("FSU", spi_id=0x22, source=driver("GHI, XC-IF"))
async def unmount_volume(module: Module, volume: _Volume = 0, erase: Switch = 0) -> None:
    """Unmount a volume, and erase it with 1."""
    module.files.unmount(volume, erase=bool(erase))


@command("FSC", spi_id=0x23, source=driver("XC-CMD, XC-IF"))
async def create_file(module: Module, filename: FileName, length: _Length, data: Data) -> None:
    """Create a file, or append to it, with the data that follows."""
    module.files.resolve(filename)
    module.files.write(filename, await data.read(length), append=True)


@command("FSD", spi_id=0x25, source=log("ROS"))
async def delete_file(module: Module, filename: FileName) -> None:
    """Delete a file."""
    module.files.delete(filename)


@command("FSR", spi_id=0x26, source=driver("XC-CONST"))
async def rename_file(module: Module, old: FileName, new: FileName) -> None:
    """Rename a file."""
    module.files.rename(old, new)


@command("FSL", spi_id=0x27, source=driver("ROS, GERREX"))
async def list_files(module: Module, filename: FileName = "") -> Replies:
    """List the files of all volumes, or write the list to a file."""
    module.files.check_directories()
    listing = [f"{entry.letter}\t{entry.size}\t{entry.name}" for entry in module.files.list()]
    if filename:
        # By analogy with SCAN, whose file name receives the list (assumed).
        module.files.write(filename, "".join(f"{line}\r\n" for line in listing).encode("latin-1"), append=False)
        return
    yield replies.FREE(module.files.free())
    for line in listing:
        yield replies.FILE(line)


@command("FSP", spi_id=0x28, source=driver("GERREX, ROS, GHI"))
async def print_file(module: Module, filename: FileName, offset: _Position = 0, length: _Position = 0) -> Replies:
    """Print a file, or the part of it from an offset on."""
    content = module.files.read(filename)
    if offset > len(content):
        raise AtError(Error.SEEK_FAILED)
    rest = content[offset:]
    if length > len(rest):
        yield replies.READ_CAP(len(rest))
    elif length:
        rest = rest[:length]
    for start in range(0, len(rest), _CHUNK):
        yield Raw(rest[start : start + _CHUNK])


@command("HASH", spi_id=0x29, source=driver("GHI, ROS"))
async def digest_file(module: Module, kind: Annotated[int, Integer(0, 3)], filename: FileName) -> Replies:
    """Show the digest of a file: 0 SHA1, 1 SHA224, 2 SHA256, 3 MD5."""
    content = module.files.read(filename)
    yield replies.HASH(hashlib.new(_DIGESTS[kind], content, usedforsecurity=False).hexdigest())
