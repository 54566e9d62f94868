"""The ``spwf04sx`` command."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from emulator.command_line import certificates, demo, image, reference, run
from emulator.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spwf04sx",
        description="An emulator of the ST SPWF04SA/SC Wi-Fi module behind a virtual serial port.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"spwf04sx {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (run, demo, certificates, image, reference):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
