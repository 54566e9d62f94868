"""``spwf04sx commands``, ``variables`` and their kin: the reference as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands

SHEETS: Final = {
    "commands": "the AT commands",
    "variables": "the configuration variables of GCFG and SCFG",
    "statuses": "the status variables of STS",
    "indications": "the indications (+WIND)",
    "replies": "the words of reply lines (AT-S)",
    "errors": "the error codes (AT-S.ERROR)",
    "certificate-errors": "the certificate error numbers",
    "latencies": "how long the module works on each command",
    "faults": "the faults that can be armed",
    "firmware": "the firmware versions and what differs between them",
    "assumptions": "everything that no source proves",
}


def add(commands: Commands) -> None:
    """Add one command for each sheet."""
    for name, content in SHEETS.items():
        sheet = commands.add_parser(
            name,
            help=f"list {content}",
            description=f"List {content}, each with its source and how far that can be trusted.",
            allow_abbrev=False,
        )
        word_help = "show only rows with this word in their name, else anywhere; a single row is shown in full"
        sheet.add_argument("word", nargs="?", default="", metavar="WORD", help=word_help)
        form = sheet.add_mutually_exclusive_group()
        form.add_argument("--json", dest="form", action="store_const", const="json", help="print JSON")
        form.add_argument("--markdown", dest="form", action="store_const", const="markdown", help="print Markdown")
        sheet.set_defaults(run=_reference, sheet=name)


def _reference(options: argparse.Namespace) -> int:
    from emulator.reference.listing import show_sheet

    return show_sheet(options)
