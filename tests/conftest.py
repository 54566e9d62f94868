"""Fixtures for every test that talks to a matched server.

A program that is not on PATH skips the test; with SPWF04SX_REQUIRE_PEERS=1 (as in CI) it fails the test.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import settings

from emulator.peers.authority import Identity, make_authority
from emulator.peers.https import HttpsServer
from emulator.peers.keys import SeededOctets
from emulator.peers.node import NodeServer
from emulator.peers.openssl import OpenSslServer
from emulator.peers.peer import HttpsPeer, Site
from emulator.peers.pki import Pki, PkiFiles, make_pki, write_pki
from emulator.peers.programs import find

if TYPE_CHECKING:
    from pathlib import Path

    from aiomqtt import Client

    from tests.mqtt.mosquitto import Mosquitto

# How fast an example runs is no test's business.
settings.register_profile("at any speed", deadline=None)
settings.load_profile("at any speed")

REQUIRE_PEERS = "SPWF04SX_REQUIRE_PEERS"
collect_ignore = ["sample_project"]
"""A project of its own; tests/plugin runs it."""

_Peer = TypeVar("_Peer", bound=HttpsPeer)
Start = Callable[[Site], Awaitable[_Peer]]


@pytest.fixture(scope="session")
def pki() -> Pki:
    """The demonstration's certificates, the same in every run."""
    return make_pki(random=SeededOctets("test suite"))


@pytest.fixture(scope="session")
def pki_directory(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the PEM and DER files of ``pki``."""
    directory = tmp_path_factory.mktemp("pki")
    write_pki(pki, directory)
    return directory


@pytest.fixture(scope="session")
def pki_files(pki: Pki, pki_directory: Path) -> PkiFiles:
    """Where the files of ``pki`` are."""
    return write_pki(pki, pki_directory)


@pytest.fixture(scope="session")
def stranger() -> Identity:
    """A client certificate under a root that no server knows."""
    return make_authority("Elsewhere", random=SeededOctets("stranger")).issue("Stranger", client=True)


@pytest.fixture
def site(pki: Pki) -> Site:
    """The seed's site: a chain of three, a demanded client certificate, one small file."""
    return Site(pki.server, pki.root, {"/conf": b"ssid=demo\n"})


@pytest.fixture(scope="session")
def need_program() -> Callable[[str], None]:
    """Skip or fail the test when a program is not on PATH."""

    def need(name: str) -> None:
        if find(name):
            return
        if os.environ.get(REQUIRE_PEERS) == "1":
            pytest.fail(f"{name} is not on PATH, and {REQUIRE_PEERS}=1 demands it")
        pytest.skip(f"{name} is not on PATH")

    return need


@pytest.fixture
async def https_server() -> AsyncIterator[Start[HttpsServer]]:
    """Start embedded servers; they end with the test."""
    async with AsyncExitStack() as servers:
        yield lambda site: servers.enter_async_context(HttpsServer(site))


@pytest.fixture
async def openssl_server(need_program: Callable[[str], None]) -> AsyncIterator[Start[OpenSslServer]]:
    """Start ``openssl s_server`` processes; they end with the test."""
    need_program("openssl")
    async with AsyncExitStack() as servers:
        yield lambda site: servers.enter_async_context(OpenSslServer(site))


@pytest.fixture
async def node_server(need_program: Callable[[str], None]) -> AsyncIterator[Start[NodeServer]]:
    """Start Node.js processes; they end with the test."""
    need_program("node")
    async with AsyncExitStack() as servers:
        yield lambda site: servers.enter_async_context(NodeServer(site))


_MAKES: dict[str, tuple[Callable[[Site], HttpsPeer], str | None]] = {
    "embedded": (HttpsServer, None),
    "openssl": (OpenSslServer, "openssl"),
    "node": (NodeServer, "node"),
}


@pytest.fixture(params=_MAKES)
async def any_server(
    request: pytest.FixtureRequest, need_program: Callable[[str], None]
) -> AsyncIterator[Start[HttpsPeer]]:
    """Start servers of each make in turn."""
    make, name = _MAKES[request.param]
    if name is not None:
        need_program(name)
    async with AsyncExitStack() as servers:
        yield lambda site: servers.enter_async_context(make(site))


@pytest.fixture
async def broker(need_program: Callable[[str], None], tmp_path: Path, pki_files: PkiFiles) -> AsyncIterator[Mosquitto]:
    """Mosquitto on free ports."""
    from tests.mqtt.mosquitto import mosquitto

    need_program("mosquitto")
    need_program("mosquitto_passwd")
    async with mosquitto(tmp_path, pki_files) as running:
        yield running


@pytest.fixture
async def witness(broker: Mosquitto) -> AsyncIterator[Client]:
    """Somebody else at the same broker, over plain TCP."""
    from aiomqtt import Client

    async with Client("127.0.0.1", broker.ports.plain, identifier="witness") as client:
        yield client
