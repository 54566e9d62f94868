"""A module with something to look at: it has joined a network, and has what mutual TLS takes."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import serial

from emulator.configuration import Settings
from emulator.control.server import ControlServer
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint
from emulator.peers.https import HttpsServer
from emulator.peers.keys import SeededOctets
from emulator.peers.peer import Site
from emulator.peers.pki import make_pki
from firmware_model.tls.slots import Slot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVER: Final = "192.168.0.2"
_NOW: Final = 1_795_458_813
_SET_UP: Final = (f"TIME={_NOW}", "SCFG=wifi_wpa_psk_text,secret12", "SSIDTXT=home", "WIFI=0", "WIFI=1")


class Stage(NamedTuple):
    """A module in a network, the address of its console, and of a server for it."""

    emulator: Emulator
    url: str
    port: int

    async def say(self, *commands: str) -> None:
        """Give commands as a host at the port."""
        with serial.Serial(self.emulator.port, 115200, timeout=0) as host:
            for command in commands:
                host.write(f"AT+S.{command}\r".encode())
                await self.emulator.wait_for(re.compile(r"^AT-S\.(OK|ERROR:)"), 60)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Set everything up; the serial port is free again when this is entered."""
    pki = make_pki(random=SeededOctets("console picture"))
    settings = Settings(
        seed=7,
        power_on="start",
        line="fast",
        access_points=["home,secret12", "neighbour,for nobody"],
        maps=[f"{SERVER}=127.0.0.1"],
    )
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(HttpsServer(Site(pki.server, pki.root, {"/conf": b"ssid=demo\n"})))
        emulator = Emulator(settings)
        control = ControlServer(emulator, Endpoint("127.0.0.1", 0))
        await stack.enter_async_context(emulator)
        await stack.enter_async_context(control)
        await emulator.wait_for("+WIND:32", 60)
        emulator.certificates.put("tls", Slot.CA, pki.root.identity.certificate_der)
        emulator.certificates.put("tls", Slot.CERT, pki.client.certificate_der + b"".join(pki.client.chain_der))
        emulator.certificates.put("tls", Slot.KEY, pki.client.key_der)
        here = Stage(emulator, control.url, server.port)
        await here.say(*_SET_UP)
        await emulator.wait_for("+WIND:24", 60)
        yield here
