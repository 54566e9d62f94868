"""``spwf04sx compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands

FACTORY_SPEED = 115200


def add(commands: Commands) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare",
        help="play a transcript to a real module and to the emulator, and show what differs",
        description="Play a transcript to a real module and to the emulator, and show what they say differently, with "
        "the row of the reference that stands behind it. Without --with the emulator is held against what the "
        "transcript itself says. Exit status: 0 the same, 1 different, 2 it cannot be compared.",
        allow_abbrev=False,
    )
    add = compare.add_argument
    add("transcript", type=Path, metavar="TRANSCRIPT", help="what the host says (see docs/compare.md)")
    add("--with", dest="port", metavar="PORT", help="the port of a real module: any that pyserial opens, or a URL")
    add("--all", action="store_true", help="show everything that may differ from run to run")
    add("--json", action="store_true", help="print the result as JSON")
    add_playing_options(compare.add_argument_group("how it is played"))
    _add_emulator_options(compare.add_argument_group("the emulator"))
    compare.set_defaults(run=_compare)


def add_playing_options(group: argparse._ArgumentGroup) -> None:
    """Add what ``compare`` and ``record`` have in common."""
    add = group.add_argument
    add("--baud", type=int, default=FACTORY_SPEED, metavar="N", help="the port's speed (default: %(default)s)")
    add("--reset", action="store_true", help="begin with AT+S.RESET, so that what a start says is heard too")
    add(
        "--factory",
        action="store_true",
        help="begin with AT+S.FCFG and AT+S.RESET: the module's saved configuration is lost",
    )
    add(
        "--text",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what {NAME} in the transcript stands for; {now} is known; may be repeated",
    )
    add(
        "--content",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="the file whose octets '>= NAME' sends (default: the file of that name beside the transcript); may be "
        "repeated",
    )
    add("--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for a reply (default: %(default)g)")
    add(
        "--wait",
        type=float,
        default=30.0,
        metavar="S",
        help="seconds to wait for indications that the transcript shows (default: %(default)g)",
    )
    add(
        "--settle",
        type=float,
        default=0.3,
        metavar="S",
        help="seconds of silence before the next command (default: %(default)g)",
    )


def _add_emulator_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--firmware", default="1.1.0", metavar="VERSION", help="firmware version (default: %(default)s)")
    add("--model", default="SPWF04SA", metavar="NAME", help="SPWF04SA or SPWF04SC (default: %(default)s)")
    add("--mac", metavar="MAC", help="the module's MAC address")
    add("--seed", type=int, default=1, metavar="N", help="what is left to chance (default: %(default)s)")
    add("--time", default="real", metavar="MODE", help="how its time passes (default: %(default)s)")
    for flag, metavar in (("--map", "A=B"), ("--station", "MAC[=ADDRESS]"), ("--access-point", "SSID[,PASSPHRASE]")):
        add(flag, action="append", default=[], metavar=metavar, help="as of 'spwf04sx run'; may be repeated")
    add("--surroundings", type=Path, metavar="FILE", help="as of 'spwf04sx run'")


def _compare(options: argparse.Namespace) -> int:
    from emulator.comparison.command import compare_modules

    return compare_modules(options)
