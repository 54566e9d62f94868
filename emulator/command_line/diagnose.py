"""``spwf04sx diagnose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    diagnose = commands.add_parser(
        "diagnose",
        help="say what is wrong with a client's TLS signature in a capture",
        description="Find every handshake with a client certificate (TLS 1.0 to 1.2) in captures and logs, and say of "
        "each CertificateVerify whether it is right, or which mistake explains it. Exit status: 0 when all signatures "
        "are right, 1 when one is not, 2 when there is nothing to judge or an input cannot be used.",
        allow_abbrev=False,
    )
    diagnose.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a pcap or pcapng capture, gzip or not, or the output of 'openssl s_server -msg'; - is standard input",
    )
    diagnose.add_argument("--json", action="store_true", help="print JSON")
    diagnose.set_defaults(run=_diagnose)


def _diagnose(options: argparse.Namespace) -> int:
    from emulator.diagnosis.command import diagnose

    return diagnose(options)
