"""A module that fetches a page over mutual TLS from the embedded server, set up over the control API."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import serial

from emulator.peers.https import HttpsServer
from tests.control.own_server import Served, served
from tests.control.running import API, PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

SERVER = "192.168.0.2"
"""The address for which the server has its certificate."""
NOW = 1_795_458_813


class Secured(NamedTuple):
    """A module that is in a network and has its certificates."""

    here: Served
    port: int

    @property
    def command(self) -> str:
        """What fetches the page."""
        return f"AT+S.HTTPGET={SERVER},/conf,{self.port},2"


@asynccontextmanager
async def secured(pki: Pki, site: Site) -> AsyncIterator[Secured]:
    """The serial port is free again when this is entered."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(HttpsServer(site))
        here = await stack.enter_async_context(served(access_points=["*"], maps=[f"{SERVER}=127.0.0.1"], line="fast"))
        stored = {
            "ca": pki.root.identity.certificate_der,
            "cert": b"".join((pki.client.certificate_der, *pki.client.chain_der)),
            "key": pki.client.key_der,
        }
        for slot, octets in stored.items():
            await here.put(f"{API}/certificates/tls/{slot}", octets)
        with serial.Serial(here.emulator.port, 115200, timeout=0) as host:
            for command in (f"TIME={NOW}", "SCFG=wifi_priv_mode,0", "SSIDTXT=any", "WIFI=0", "WIFI=1"):
                host.write(f"AT+S.{command}\r".encode())
                await here.emulator.wait_for("AT-S.OK", PATIENCE)
            await here.emulator.wait_for("+WIND:24", PATIENCE)
        yield Secured(here, server.port)
