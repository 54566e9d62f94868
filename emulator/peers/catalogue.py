"""Which HTTPS servers can be had on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.peers.https import HttpsServer
from emulator.peers.node import NodeServer
from emulator.peers.openssl import OpenSslServer
from emulator.peers.programs import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.peers.peer import HttpsPeer, Site


def servers_here(site: Site) -> Iterator[HttpsPeer]:
    """Give one server of each make for ``site``, not yet started: the embedded one, then those on PATH."""
    yield HttpsServer(site)
    if find("openssl"):
        yield OpenSslServer(site)
    if find("node"):
        yield NodeServer(site)
