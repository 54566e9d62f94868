"""``spwf04sx completion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands

_SHELLS: Final = ("bash", "zsh", "tcsh")


def add(commands: Commands) -> None:
    """Add the command."""
    completion = commands.add_parser(
        "completion",
        help="print what lets a shell complete spwf04sx",
        description="Print a completion script. For bash put 'eval \"$(spwf04sx completion bash)\"' into ~/.bashrc, "
        "for zsh put the output into a file _spwf04sx of a folder on $fpath.",
        allow_abbrev=False,
    )
    completion.add_argument("shell", choices=_SHELLS, help="the shell")
    completion.set_defaults(run=_complete)


def _complete(options: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(options.everything, shell=options.shell))
    return 0
