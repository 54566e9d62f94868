"""``spwf04sx demo``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from emulator.command_line.commands import Commands

_MOST_HANDSHAKES: Final = 1000


def add(commands: Commands) -> None:
    """Add the command."""
    demo = commands.add_parser(
        "demo",
        help="replay the story this emulator was made for",
        description="Replay a mutual TLS session of the module against real servers, with correct and with "
        "defective signatures, and show what each server says.",
        allow_abbrev=False,
    )
    demo.add_argument(
        "--handshakes",
        type=_handshakes,
        default=20,
        metavar="N",
        help="count so many handshakes in each signature mode with each server, 1..1000 (default: %(default)s)",
    )
    demo.set_defaults(run=_demo)


def _handshakes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_HANDSHAKES):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of handshakes; take 1..{_MOST_HANDSHAKES}")
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    from emulator.demonstration import demonstrate

    return demonstrate(options.handshakes)
