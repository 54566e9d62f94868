"""``spwf04sx image``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    image = commands.add_parser(
        "image",
        help="make an image for FWUPDATE or FSUPDATE",
        description="Make an image that AT+S.FWUPDATE or AT+S.FSUPDATE can fetch from an HTTP server. Images of ST's "
        "do not work here, and these do not work on a real module.",
        allow_abbrev=False,
    )
    kinds = image.add_subparsers(title="kinds", metavar="KIND", required=True)
    firmware = kinds.add_parser("firmware", help="a firmware that the module becomes", allow_abbrev=False)
    firmware.add_argument("--version", required=True, metavar="VERSION", help="1.0.0, 1.1.0, 1.2.0 or 170726")
    firmware.add_argument("--build", metavar="TEXT", help="build name (default: the one of that version)")
    firmware.add_argument("--size", type=int, default=65536, metavar="N", help="octets of filler (default: 65536)")
    files = kinds.add_parser("filesystem", help="the files of one volume", allow_abbrev=False)
    files.add_argument("directory", type=Path, metavar="DIR", help="its files, subdirectories left out")
    files.add_argument(
        "--volume", default="user", metavar="NAME", help="user, application or external (default: %(default)s)"
    )
    for parser in (firmware, files):
        parser.add_argument("--key", metavar="HEX", help="encrypt with this aes128_key")
        parser.add_argument("output", type=Path, metavar="OUT", help="the file to write")
    firmware.set_defaults(run=_image, kind="firmware")
    files.set_defaults(run=_image, kind="filesystem")


def _image(options: argparse.Namespace) -> int:
    from emulator.images import make_image

    return make_image(options)
