"""A browser in front of a module: HTTP over a real connection, one request at a time or raw octets."""

from __future__ import annotations

import asyncio
import http.client
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from firmware_model.events import Note
from tests.module_host import INSTANT, ModuleHost, running_module

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from firmware_model.profile import Durations

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PATIENCE = 20.0


class Answer(NamedTuple):
    """One response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Browser:
    """Asks the module's web server; each request has its own connection."""

    def __init__(self, host: ModuleHost, port: int) -> None:
        self.host = host
        self.port = port

    async def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        def exchange() -> Answer:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
            try:
                connection.request(method, target, body or None, {"Connection": "close", **(headers or {})})
                response = connection.getresponse()
                found = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, found, response.read())
            finally:
                connection.close()

        return await asyncio.to_thread(exchange)

    async def get(self, target: str, **headers: str) -> Answer:
        return await self.ask("GET", target, headers={name.replace("_", "-"): text for name, text in headers.items()})

    async def post(self, form: str, target: str = "/") -> Answer:
        return await self.ask("POST", target, form.encode(), FORM)

    async def raw(self, octets: bytes) -> bytes:
        """Send octets, say that there are no more, and return everything that comes back."""
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await self.connect()
            try:
                writer.write(octets)
                writer.write_eof()
                return await reader.read()
            except OSError:
                return b""
            finally:
                writer.close()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def browsing(
    files: Mapping[str, bytes] | None = None, *settings: str, durations: Durations = INSTANT
) -> AsyncIterator[Browser]:
    """A module in its miniAP with ``files`` on volume 3 and ``settings`` made before, and a browser."""
    async with running_module(application_files=files, durations=durations) as host:
        await host.boot()
        for setting in settings:
            await host.command(f"AT+S.SCFG={setting}")
        await start_mini_ap(host)
        yield Browser(host, await opened_port(host, "TCP", 80))


async def start_mini_ap(host: ModuleHost) -> None:
    """Bring an open miniAP up on a module that has booted, without echo and IPv6."""
    for line in ("console_echo,0", "wifi_mode,3", "wifi_priv_mode,0", "ip_use_v6,0"):
        await host.command(f"AT+S.SCFG={line}")
    await host.command("AT+S.WIFI=0")
    await host.command("AT+S.WIFI=1")
    await host.until(b"+WIND:24:WiFi Up:0:192.168.0.50\r\n")


async def opened_port(host: ModuleHost, protocol: str, port: int) -> int:
    """Where the module's port is on this machine; the newest announcement counts."""
    wanted = re.compile(rf"the module's {protocol} port {port} is 127\.0\.0\.1:(\d+) ")
    async with asyncio.timeout(_PATIENCE):
        while True:
            for note in reversed(host.events(Note)):
                found = wanted.search(str(note))
                if found:
                    return int(found[1])
            await asyncio.sleep(0)
