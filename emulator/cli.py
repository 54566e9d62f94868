"""The ``spwf04sx`` command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION: Final = "0.1.0"
_EXIT_USAGE: Final = 2
_EXIT_FAILURE: Final = 1
_MOST_HANDSHAKES: Final = 1000
_SHEETS: Final = {
    "commands": "the AT commands",
    "variables": "the configuration variables of GCFG and SCFG",
    "statuses": "the status variables of STS",
    "indications": "the indications (+WIND)",
    "replies": "the words of reply lines (AT-S)",
    "errors": "the error codes (AT-S.ERROR)",
    "certificate-errors": "the certificate error numbers",
    "firmware": "the firmware versions and what differs between them",
    "assumptions": "everything that no source proves",
}


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
    _add_run(commands)
    _add_demo(commands)
    _add_image(commands)
    _add_reference(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="start a module and keep it running",
        description="Start a module behind a virtual serial port. One line on standard output says when it is "
        "ready and how to reach it; the log goes to standard error. Stop it with Ctrl-C or SIGTERM.",
        allow_abbrev=False,
    )
    run.add_argument("--link", type=Path, metavar="PATH", help="give the port this stable name (a symbolic link)")
    run.add_argument("--json", action="store_true", help="print the ready line as JSON")
    run.add_argument("--verbose", "-v", action="store_true", help="log every event, serial octets included")
    _add_module_options(run.add_argument_group("the module"))
    _add_chance_options(run.add_argument_group("faults and chance"))
    _add_surroundings_options(run.add_argument_group("the surroundings"))
    run.set_defaults(run=_run)


def _add_module_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--firmware",
        default="1.1.0",
        metavar="VERSION",
        help="firmware version: 1.0.0, 1.1.0, 1.2.0 or 170726 (a beta of 1.1.0) (default: %(default)s)",
    )
    add("--model", default="SPWF04SA", metavar="NAME", help="SPWF04SA or SPWF04SC (default: %(default)s)")
    add("--mac", metavar="MAC", help="the module's MAC address")
    add("--flash", type=Path, metavar="DIR", help="keep the module's flash in this directory (default: forget it)")
    add(
        "--power-on",
        choices=("open", "start"),
        default="open",
        help="boot when a host first opens the port, or at once (default: %(default)s)",
    )
    add(
        "--time",
        default="real",
        metavar="MODE",
        help="how the module's time passes: real, instant (nothing that it does takes time), or a factor such as 10 "
        "(default: %(default)s)",
    )
    add(
        "--mqtt",
        choices=("websocket", "tcp"),
        default="websocket",
        help="what MQTT goes over: the module knows only web sockets, tcp is for brokers without them "
        "(default: %(default)s)",
    )


def _add_chance_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="WHAT=FAULT",
        help="arm a fault: signature=nonpadded:natural, :always-bad, :always-lucky or :fixed32",
    )
    group.add_argument("--seed", type=int, metavar="N", help="make everything that is left to chance repeatable")


def _add_surroundings_options(group: argparse._ArgumentGroup) -> None:
    repeated = {
        "--map": (
            "A=B",
            "let address A of the module's network (host, host:port, or a name as the host types it) be B on this "
            "machine, such as 192.168.0.2=127.0.0.1",
        ),
        "--station": ("MAC[=ADDRESS]", "a device that joins the module's miniAP as soon as it is up"),
        "--access-point": (
            "SSID[,PASSPHRASE]",
            "an access point in the air that the module can join; SSID * answers to any name",
        ),
    }
    for flag, (metavar, text) in repeated.items():
        group.add_argument(flag, action="append", default=[], metavar=metavar, help=f"{text}; may be repeated")
    group.add_argument(
        "--surroundings",
        type=Path,
        metavar="FILE",
        help="read access points, stations and DNS names from this TOML file (see docs/surroundings.md)",
    )


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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


def _add_reference(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, content in _SHEETS.items():
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


def _add_image(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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


def _handshakes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_HANDSHAKES):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of handshakes; take 1..{_MOST_HANDSHAKES}")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from emulator.running import run

    return run(options)


def _image(options: argparse.Namespace) -> int:
    from emulator.images import make_image

    return make_image(options)


def _demo(options: argparse.Namespace) -> int:
    from emulator.demonstration import demonstrate

    return demonstrate(options.handshakes)


def _reference(options: argparse.Namespace) -> int:
    from emulator.reference.listing import show_sheet

    return show_sheet(options)


if __name__ == "__main__":
    sys.exit(main())
