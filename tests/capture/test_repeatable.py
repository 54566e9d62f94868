"""Two runs with one seed give the same capture, octet by octet, when the other side says the same.

What the other side says is taken from a first run with a real server. It is played again without sockets, as the
machine cuts what passes through them now here, now there.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.capture.recordings import Wanted
from emulator.capture.traffic import TcpData
from emulator.configuration import Settings
from emulator.emulator import Emulator
from firmware_model.events import Indicated, Replied
from firmware_model.outside import Address
from tests.story.test_seed import FILE, STATION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from emulator.capture.timeline import Entry
    from emulator.peers.https import HttpsServer
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

SEED = 7
NOW = 1_523_523_938
"""Within the certificates' dates: the month of the seed's report."""


class Played:
    """A connection whose other side speaks its lines, each when it has heard what came before it."""

    number = 0
    remote = Address("192.168.0.2", 45061)

    def __init__(self, script: Sequence[TcpData]) -> None:
        self.sent = b""
        self._script = list(script)
        self._heard = asyncio.Event()

    async def read(self, limit: int) -> bytes:
        expected = 0
        for position, line in enumerate(self._script):
            if line.direction == "received":
                while len(self.sent) < expected:
                    self._heard.clear()
                    await self._heard.wait()
                assert len(line.octets) <= limit
                del self._script[position]
                return line.octets
            expected += len(line.octets)
        return b""

    async def write(self, data: bytes) -> None:
        self.sent += data
        self._heard.set()

    async def close(self) -> None:
        """Nothing to close."""


class PlayedNetwork:
    """As much of a network as one connection needs."""

    def __init__(self, connection: Played) -> None:
        self._connection = connection

    async def connect(self, *_: object, **__: object) -> Played:
        return self._connection

    async def open_group(self, *_: object, **__: object) -> None:
        raise OSError("no groups here")

    listen = open_datagrams = open_group


class Host:
    """A host without a clock: it says everything at once, and goes on when the station has its address."""

    def __init__(self, emulator: Emulator, pki: Pki) -> None:
        self.done = asyncio.Event()
        self._emulator = emulator
        self._replies = 0
        self._before = ["AT+S.SCFG=wifi_mode,3", "AT+S.SCFG=wifi_priv_mode,0", "AT+S.SSIDTXT=seed"]
        stored = {"ca": pki.root.certificate_der, "cert": pki.client.bundle_der, "key": pki.client.key_der}
        self._credentials = b"".join(
            b"AT+S.TLSCERT=%s,%d\r" % (slot.encode(), len(content)) + content for slot, content in stored.items()
        )
        emulator.timeline.subscribe(self._hear, Indicated, Replied)

    def begin(self) -> None:
        commands = "".join(f"{command}\r" for command in (*self._before, f"AT+S.TIME={NOW}"))
        self._emulator.line.receive(commands.encode() + self._credentials)

    def _hear(self, entry: Entry) -> None:
        if isinstance(entry.event, Indicated) and entry.event.number == 29:
            self._emulator.line.receive(b"AT+S.HTTPGET=192.168.0.2,conf,45061,2,,,config.txt,\rAT+S.FSP=config.txt\r")
        if isinstance(entry.event, Replied) and entry.event.content == FILE:
            self.done.set()


async def story(pki: Pki, capture: Path, *maps: str, seed: int = SEED, peer: Played | None = None) -> list[Entry]:
    """Play the seed's story and capture it; with ``peer`` to that instead of a server."""
    entries: list[Entry] = []
    settings = Settings(
        maps=maps,
        stations=[STATION],
        seed=seed,
        time="instant",
        power_on="start",
        faults=["signature=nonpadded:always-lucky"],
        recordings=Wanted(capture=capture, capture_secrets=True, timeline=capture.with_suffix(".log")),
    )
    emulator = Emulator(settings)
    emulator.timeline.subscribe(entries.append)
    if peer is not None:
        emulator.network = PlayedNetwork(peer)  # type: ignore[assignment]
    host = Host(emulator, pki)
    async with emulator:
        host.begin()
        async with asyncio.timeout(30):
            await host.done.wait()
    return entries


async def test_the_same_seed_gives_the_same_capture(
    https_server: Callable[[Site], Awaitable[HttpsServer]], site: Site, pki: Pki, tmp_path: Path
) -> None:
    server = await https_server(replace(site, files={"/conf": FILE}))
    first = await story(pki, tmp_path / "first.pcapng", f"192.168.0.2:45061=127.0.0.1:{server.port}")
    script = [entry.event for entry in first if isinstance(entry.event, TcpData)]
    said = b"".join(line.octets for line in script if line.direction == "sent")
    captures = []
    for name in ("second", "third"):
        peer = Played(script)
        await story(pki, tmp_path / f"{name}.pcapng", peer=peer)
        assert peer.sent == said
        captures.append((tmp_path / f"{name}.pcapng").read_bytes())
    assert captures[0] == captures[1]
    assert b"tls sent CertificateVerify" in captures[0]
    assert len(captures[0]) > 10_000


async def test_another_seed_gives_other_octets(
    https_server: Callable[[Site], Awaitable[HttpsServer]], site: Site, pki: Pki, tmp_path: Path
) -> None:
    server = await https_server(replace(site, files={"/conf": FILE}))
    hellos = []
    for seed in (1, 2):
        entries = await story(pki, tmp_path / f"{seed}.pcapng", f"192.168.0.2:45061=127.0.0.1:{server.port}", seed=seed)
        hellos.append(next(entry.event.octets for entry in entries if isinstance(entry.event, TcpData)))
    assert hellos[0] != hellos[1]
