"""``spwf04sx signature``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands

_CURVES: Final = ("P-256", "P-384", "P-521")


def add(commands: Commands) -> None:
    """Add the command."""
    signature = commands.add_parser(
        "signature",
        help="judge the encoding of an ECDSA signature, octet by octet",
        description="Judge the encoding of ECDSA signatures, octet by octet, and say what they prove together. Give "
        "them in hex (with colons, spaces or 0x), base64 or PEM, as arguments or on standard input; the whole "
        "CertificateVerify message will do. Exit status: 0 when all are strict DER, 1 when one is not, 2 when "
        "something is no signature.",
        allow_abbrev=False,
    )
    signature.add_argument(
        "signatures", nargs="*", metavar="HEX", help="a signature (default, or -: read standard input)"
    )
    signature.add_argument(
        "--curve", choices=_CURVES, help="the client's curve (default: the smallest that fits the numbers)"
    )
    signature.add_argument("--json", action="store_true", help="print JSON")
    signature.set_defaults(run=_signature)


def _signature(options: argparse.Namespace) -> int:
    from emulator.diagnosis.signature_command import judge_signatures

    return judge_signatures(options)
