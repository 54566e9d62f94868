"""The story that the emulator exists for, against real servers, over a real serial port client."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.peer import HttpsPeer, Site
from firmware_model.events import SignatureMade
from tests.transcript import play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from emulator.capture.timeline import Entry
    from emulator.peers.pki import Pki

FILE = b"ssid=demo\nkey=42\n"
STATION = "02:A9:D2:A0:FF:A0"


@asynccontextmanager
async def module_facing(port: int, *faults: str, seed: int = 1) -> AsyncIterator[tuple[Emulator, list[Entry]]]:
    settings = Settings(
        maps=[f"192.168.0.2:45061=127.0.0.1:{port}", f"1.112:4433=127.0.0.1:{port}"],
        stations=[STATION],
        faults=faults,
        seed=seed,
    )
    entries: list[Entry] = []
    emulator = Emulator(settings)
    emulator.timeline.subscribe(entries.append)
    async with emulator:
        yield emulator, entries


async def play_to(emulator: Emulator, transcript: str, pki: Pki) -> None:
    contents = {
        "ca": pki.root.certificate_der,
        "cert": pki.client.bundle_der,
        "key": pki.client.key_der,
        "file": FILE,
    }
    texts = {f"{name}.length": str(len(content)) for name, content in contents.items()}
    texts["ca.key_id"] = ":".join(f"{octet:02X}" for octet in pki.root.identity.subject_key_identifier)
    texts["now"] = str(int(time.time()))
    await asyncio.to_thread(play, emulator.port, transcript, texts, contents)


def signatures(entries: list[Entry]) -> list[SignatureMade]:
    return [entry.event for entry in entries if isinstance(entry.event, SignatureMade)]


async def test_the_correct_module_fetches_the_file(
    any_server: Callable[[Site], Awaitable[HttpsPeer]], pki: Pki
) -> None:
    server = await any_server(Site(pki.server, pki.root, {"/conf": FILE}))
    async with module_facing(server.port) as (emulator, entries):
        await play_to(emulator, "seed-first-post-fetched", pki)
    assert [signature.strict_der for signature in signatures(entries)] == [True]
    assert server.refusals == []


async def test_without_the_sign_octet_the_server_says_bad_signature(
    any_server: Callable[[Site], Awaitable[HttpsPeer]], pki: Pki
) -> None:
    server = await any_server(Site(pki.server, pki.root, {"/conf": FILE}))
    async with module_facing(server.port, "signature=nonpadded:always-bad") as (emulator, entries):
        await play_to(emulator, "seed-first-post-refused", pki)
    assert "bad signature" in (await server.refusal()).lower()
    (signature,) = signatures(entries)
    assert signature.strict_der is False
    assert len(signature.encoded) <= 70


async def test_a_lucky_signature_of_70_octets_is_accepted(
    any_server: Callable[[Site], Awaitable[HttpsPeer]], pki: Pki
) -> None:
    server = await any_server(Site(pki.server, pki.root, {"/conf": FILE}))
    async with module_facing(server.port, "signature=nonpadded:always-lucky") as (emulator, entries):
        await play_to(emulator, "seed-first-post-fetched", pki)
    assert [len(signature.encoded) for signature in signatures(entries)] == [70]


async def test_a_server_that_never_answers(any_server: Callable[[Site], Awaitable[HttpsPeer]], pki: Pki) -> None:
    server = await any_server(Site(pki.direct_server, pki.root, {}, silent=True))
    async with module_facing(server.port) as (emulator, _):
        await play_to(emulator, "seed-second-post", pki)
    assert server.refusals == []


async def test_a_closed_port(pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with module_facing(port) as (emulator, _):
        await play_to(emulator, "port-closed", pki)
