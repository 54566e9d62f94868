"""The ``spwf04sx`` command."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

from emulator.command_line import (
    attach,
    certificates,
    compare,
    completion,
    demo,
    diagnose,
    image,
    peer,
    probe,
    record,
    reference,
    run,
    signature,
)
from emulator.command_line.given import GivenError, given_elsewhere
from emulator.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXIT_USAGE: Final = 2
_OTHERS: Final = (
    attach,
    demo,
    diagnose,
    signature,
    compare,
    record,
    certificates,
    peer,
    image,
    probe,
    reference,
    completion,
)
"""The commands beside ``run``, in the order in which the help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser, run_parser = parsers()
    if words[:1] == ["run"] and not {"-h", "--help"} & set(words):
        try:
            words[1:1] = given_elsewhere(run_parser, words[1:], os.environ)
        except GivenError as failure:
            print(f"spwf04sx: {failure}", file=sys.stderr)
            return _EXIT_USAGE
    options = parser.parse_args(words)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130


def parsers() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """The parser of everything, and that of ``run``."""
    parser = argparse.ArgumentParser(
        prog="spwf04sx",
        description="An emulator of the ST SPWF04SA/SC Wi-Fi module behind a virtual serial port.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"spwf04sx {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run_parser = run.add(commands)
    for command in _OTHERS:
        command.add(commands)
    parser.set_defaults(everything=parser)
    return parser, run_parser


if __name__ == "__main__":
    sys.exit(main())
