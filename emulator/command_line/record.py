"""``spwf04sx record``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.command_line.compare import add_playing_options

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    record = commands.add_parser(
        "record",
        help="write a transcript of a real module",
        description="Write what passes between a host and a real module into a transcript: either the commands of a "
        "file are played to it, or host software talks to it through a port in between.",
        allow_abbrev=False,
    )
    add = record.add_argument
    add("port", metavar="PORT", help="the port of the module: any that pyserial opens, or a URL")
    add("output", type=Path, metavar="OUT", help="the transcript to write")
    how = record.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--commands",
        type=Path,
        metavar="FILE",
        help="play the host's lines of this transcript; lines of the module are not needed, but indications among them "
        "are waited for",
    )
    how.add_argument("--link", type=Path, metavar="PATH", help="let host software open this port instead of PORT")
    add("--force", action="store_true", help="replace OUT if it exists")
    add_playing_options(record.add_argument_group("how commands are played"))
    record.set_defaults(run=_record)


def _record(options: argparse.Namespace) -> int:
    from emulator.transcript.record import record

    return record(options)
