"""``spwf04sx peer``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.command_line.certificates import add_name_options

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands

KINDS: Final = ("https", "mqtt", "tcp-echo", "udp-echo", "smtp", "tftp")


def add(commands: Commands) -> None:
    """Add the command."""
    peer = commands.add_parser(
        "peer",
        help="run servers that match the module",
        description="Run servers on 127.0.0.1 that the module can talk to: https, mqtt (over WebSocket and TCP at the "
        "same port), tcp-echo, udp-echo, smtp, tftp. One line on standard output says when they are ready and how to "
        "reach them; what they meet goes to standard error. Stop them with Ctrl-C or SIGTERM.",
        allow_abbrev=False,
    )
    add = peer.add_argument
    add("kinds", nargs="+", choices=KINDS, metavar="KIND", help=f"one or more of {', '.join(KINDS)}")
    add(
        "--port",
        action="append",
        default=[],
        metavar="[KIND=]PORT",
        help="listen on this port, such as 8443 or, with several kinds, https=8443; may be repeated (default: any free "
        "one)",
    )
    add(
        "--files", type=Path, metavar="DIR", help="the folder whose files https gives out, and tftp gives out and takes"
    )
    add("--json", action="store_true", help="print the ready line and the log as JSON")
    _add_tls_options(peer.add_argument_group("TLS"))
    add_name_options(peer.add_argument_group("names in certificates that are made for the run"))
    _add_other_options(peer.add_argument_group("https, mqtt and smtp"))
    peer.set_defaults(run=_peer)


def _add_tls_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--tls", action="store_true", help="TLS for mqtt, tcp-echo and smtp too, from the first octet")
    add(
        "--certificates",
        type=Path,
        metavar="DIR",
        help="take the certificates of this folder, which 'spwf04sx certificates' made; made there if there is none "
        "(default: made for the run, and gone with it)",
    )
    add(
        "--identity",
        default="server",
        metavar="NAME",
        help="which of them to show: server, direct, expired, wrong-name (default: %(default)s)",
    )
    add(
        "--client-certificates",
        choices=("demanded", "asked", "none"),
        default="demanded",
        help="whether clients of https, and of mqtt and tcp-echo with --tls, must have a certificate, may have one, or "
        "are not asked (default: %(default)s)",
    )
    add(
        "--verdict",
        choices=("strict", "lenient"),
        default="strict",
        help="take the signatures of clients in strict DER only, as OpenSSL does, or in any encoding, as some servers "
        "do; either way the log says what is wrong with them (default: %(default)s)",
    )


def _add_other_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--silent", action="store_true", help="let https read requests and never answer")
    add("--login", metavar="USER:PASSWORD", help="let mqtt and smtp demand this login")
    add("--mails", type=Path, metavar="DIR", help="let smtp write mails into this folder (default: into the log)")


def _peer(options: argparse.Namespace) -> int:
    from emulator.serving import serve

    return serve(options)
