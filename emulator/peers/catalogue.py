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
    """Give one server of each make for ``site``, not yet started: the embedded one, then those on PATH.

    All of them judge signatures strictly and serve the site's files.
    """
    yield HttpsServer(site)
    if find("openssl"):
        yield OpenSslServer(site)
    if find("node"):
        yield NodeServer(site)


def tls_servers_here(site: Site) -> Iterator[HttpsPeer]:
    """Give those of :func:`servers_here` and further makes of TLS, lenient ones too, whatever they serve."""
    from emulator.peers.gnutls import GnuTlsServer
    from emulator.peers.go import GoServer
    from emulator.peers.jsse import JsseServer
    from emulator.peers.mosquitto import MosquittoServer
    from emulator.peers.nginx import NginxServer
    from emulator.peers.nss import NssServer

    yield from servers_here(site)
    for make, programs in (
        (NginxServer, ("nginx",)),
        (MosquittoServer, ("mosquitto",)),
        (GnuTlsServer, ("gnutls-serv",)),
        (NssServer, ("selfserv", "certutil", "pk12util", "modutil", "openssl")),
        (JsseServer, ("java", "javac")),
        (GoServer, ("go",)),
    ):
        if all(map(find, programs)):
            yield make(site)
