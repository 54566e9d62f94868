"""``spwf04sx probe``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    probe = commands.add_parser(
        "probe",
        help="ask a running emulator whether it is ready",
        description="Ask the control API of a running emulator whether hosts can reach the module. Exit status: 0 when "
        "they can, 1 when not, with one line that says why. Made for health checks and for scripts that wait.",
        allow_abbrev=False,
    )
    probe.add_argument(
        "address",
        nargs="?",
        metavar="[HOST:]PORT",
        help="where the control API is (default: what SPWF04SX_CONTROL says, at this machine)",
    )
    probe.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS", help="go on asking for so long (default: ask once)"
    )
    probe.set_defaults(run=_probe)


def _probe(options: argparse.Namespace) -> int:
    from emulator.probing import probe

    return probe(options.address, options.wait)
