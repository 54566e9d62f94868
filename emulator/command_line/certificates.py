"""``spwf04sx certificates``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    certificates = commands.add_parser(
        "certificates",
        help="make throw-away certificates for the module and for servers",
        description="Make a root CA, a server's chain, and a certificate with its key for the module, as PEM and DER, "
        "within the limits of the module's store. Says how to load them. Keys that are there are not overwritten.",
        allow_abbrev=False,
    )
    add = certificates.add_argument
    add("folder", type=Path, metavar="DIR", help="where the files go; it is made if need be")
    add_name_options(certificates)
    add("--client-name", default="SPWF04", metavar="TEXT", help="the module's own name (default: %(default)s)")
    add("--rsa", action="store_true", help="RSA keys of 2048 bits instead of P-256; for firmware 1.0.0")
    add("--expired", action="store_true", help="make one more server certificate, that is no longer valid")
    add("--wrong-name", action="store_true", help="make one more, for a name that the server does not have")
    add("--wrong-order", action="store_true", help="make one more bundle for the module, with the issuer first")
    add("--force", action="store_true", help="replace files that are there, for good")
    add(
        "--seed",
        metavar="TEXT",
        help="for tests: the same files every time. Whoever knows the text has the private keys",
    )
    add("--json", action="store_true", help="print what was made as JSON")
    certificates.set_defaults(run=_certificates)


def add_name_options(parser: argparse._ActionsContainer) -> None:
    """Add the options that say for whom the server's certificate is."""
    for flag, metavar, what in (("--name", "NAME", "a DNS name"), ("--address", "IP", "an IP address")):
        parser.add_argument(
            flag,
            action="append",
            default=[],
            metavar=metavar,
            help=f"{what} of the server, the first being its common name; may be repeated (default: 192.168.0.2, "
            "127.0.0.1 and localhost)",
        )


def _certificates(options: argparse.Namespace) -> int:
    from emulator.certificates import make

    return make(options)
