"""``spwf04sx image``: images for FWUPDATE and FSUPDATE; see :mod:`firmware_model.updates.image`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from firmware_model.profile import PROFILES
from firmware_model.storage.volumes import APPLICATION_FLASH_CAPACITY, USER_FLASH_CAPACITY, volume_image
from firmware_model.tls.aes import BLOCK
from firmware_model.updates.firmware import LARGEST_IMAGE
from firmware_model.updates.image import Image, Kind

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_CAPACITIES: Final = {
    Kind.USER: USER_FLASH_CAPACITY,
    Kind.APPLICATION: APPLICATION_FLASH_CAPACITY,
    Kind.EXTERNAL: LARGEST_IMAGE,
}
_SPARE: Final = 1024
"""Octets that head and encryption may add."""


def make_image(options: argparse.Namespace) -> int:
    """Write the image that the command line describes; the result is the exit status."""
    try:
        key = parse_key(options.key) if options.key else None
        if options.kind == "firmware":
            image = firmware_image(options.version, options.build, options.size)
        else:
            image = volume_of(options.directory, options.volume)
        octets = image.octets(key, os.urandom(BLOCK))
        options.output.write_bytes(octets)
    except ValueError as failure:
        print(f"spwf04sx: {failure}", file=sys.stderr)
        return 2
    except OSError as failure:
        print(f"spwf04sx: {failure.filename}: {failure.strerror}", file=sys.stderr)
        return 1
    print(f"{options.output}: {image.kind.value} image, {len(octets)} octets")
    return 0


def firmware_image(version: str, build: str | None = None, size: int = 65536) -> Image:
    """A firmware that the module can become, with ``size`` octets of filler. Raises ValueError."""
    if version not in PROFILES:
        raise ValueError(f"there is no firmware '{version}'; known: {', '.join(PROFILES)}")
    if not 0 <= size <= LARGEST_IMAGE - _SPARE:
        raise ValueError(f"a firmware image holds 0..{LARGEST_IMAGE - _SPARE} octets of filler, not {size}")
    name = build or PROFILES[version].build
    if not (name.isascii() and name.isprintable() and len(name) <= 64):
        raise ValueError("a build's name is at most 64 printable ASCII characters")
    return Image(Kind.FIRMWARE, bytes(range(256)) * (size // 256) + bytes(size % 256), version, name)


def volume_of(directory: Path, volume: str) -> Image:
    """The files of ``directory`` as a volume. Raises ValueError, or OSError when they cannot be read."""
    kinds = {kind.value: kind for kind in _CAPACITIES}
    if volume not in kinds:
        raise ValueError(f"there is no volume '{volume}'; known: {', '.join(kinds)}")
    files = {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()}
    return Image(kinds[volume], volume_image(files, _CAPACITIES[kinds[volume]]))


def parse_key(text: str) -> bytes:
    """A key as ``aes128_key`` shows it, with colons or without. Raises ValueError."""
    try:
        key = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        key = b""
    if len(key) != BLOCK:
        raise ValueError(f"'{text}' is no key; write 16 octets in hex, such as 00:01:02:...:0F")
    return key
