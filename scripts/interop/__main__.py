"""The command line of ``scripts/interop-matrix``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.faults.plan import parse_order
from emulator.peers.catalogue import tls_servers_here
from emulator.peers.keys import SeededOctets
from emulator.peers.peer import Site
from emulator.peers.pki import make_pki
from scripts.interop.matrix import FAULTS, VARIANTS, SanityError, run_matrix
from scripts.interop.page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "interop-matrix.md"
_FILE: Final = b"ssid=demo\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix and write the page; the result is the exit status."""
    options = _parser().parse_args(arguments)
    pki = make_pki(random=SeededOctets("interoperability matrix"))
    servers = list(tls_servers_here(Site(pki.server, pki.root, {"/conf": _FILE})))
    known = ", ".join(server.name for server in servers)
    if unknown := set(options.server) - {server.name for server in servers}:
        return _complain(f"no server {', '.join(sorted(unknown))} on this machine; there are: {known}")
    chosen = [server for server in servers if not options.server or server.name in options.server]
    faults = options.fault or [*FAULTS, *VARIANTS]
    try:
        for fault in faults:
            parse_order(fault)
        columns = asyncio.run(run_matrix(chosen, pki, faults, lambda line: print(line, file=sys.stderr)))
        if not columns:
            return _complain("no server could be started")
        options.output.write_text(page(columns), encoding="utf-8")
    except (ValueError, SanityError, OSError) as failure:
        return _complain(str(failure))
    print(options.output)
    return 0


def _complain(text: str) -> int:
    print(f"interop-matrix: {text}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="interop-matrix",
        description="Let every TLS fault meet every TLS server of this machine; takes a minute or two. Writes "
        "docs/interop-matrix.md.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--fault", action="append", default=[], metavar="NAME", help="only this fault; may be repeated")
    add("--server", action="append", default=[], metavar="NAME", help="only this server; may be repeated")
    add("--output", type=Path, default=PAGE, metavar="FILE", help="write the page there (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
