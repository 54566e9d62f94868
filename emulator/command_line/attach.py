"""``spwf04sx attach``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    attach = commands.add_parser(
        "attach",
        help="make a local port for a module that runs elsewhere",
        description="Make a local port that leads to a remote one: an emulator with --rfc2217 or --tcp, or any other "
        "serial server. It connects when a host opens the local port, follows the host's speed, hangs up with it, and "
        "connects again when the network was away. Stop it with Ctrl-C or SIGTERM.",
        allow_abbrev=False,
    )
    attach.add_argument("remote", metavar="URL", help="rfc2217://HOST:PORT or tcp://HOST:PORT")
    attach.add_argument("--link", type=Path, metavar="PATH", help="give the port this stable name (a symbolic link)")
    for line in ("dtr", "rts"):
        attach.add_argument(
            f"--{line}",
            choices=("on", "off"),
            help=f"drive the remote {line.upper()} so, as a pty has none of its own (default: as the server has it)",
        )
    attach.add_argument("--json", action="store_true", help="print the ready line as JSON")
    attach.set_defaults(run=_attach)


def _attach(options: argparse.Namespace) -> int:
    from emulator.attachment.running import attach

    return attach(options)
