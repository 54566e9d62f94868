"""The makes of TLS server that are there for their opinions: GnuTLS, nginx, mosquitto, NSS, JSSE, Go."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.peers.catalogue import servers_here, tls_servers_here
from emulator.peers.gnutls import GnuTlsServer
from emulator.peers.go import GoServer
from emulator.peers.jsse import JsseServer
from emulator.peers.mosquitto import MosquittoServer
from emulator.peers.nginx import NginxServer
from emulator.peers.nss import NssServer
from emulator.peers.peer import PeerError
from scripts.interop.module_client import ModuleClient
from tests.peers.test_peers_programs import alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki
    from emulator.peers.programs import ServerProgram

PATIENCE = 60.0
MAKES = [
    pytest.param(GnuTlsServer, "gnutls-serv", r"GnuTLS \d", 200, "verification has failed", id="gnutls"),
    pytest.param(NginxServer, "nginx", r"nginx \d", 200, "bad signature", id="nginx"),
    pytest.param(MosquittoServer, "mosquitto", r"mosquitto \d", None, "bad signature", id="mosquitto"),
    pytest.param(NssServer, "selfserv", r"NSS \d", 200, "-8182: .*invalid signature", id="nss"),
    pytest.param(JsseServer, "javac", r"JSSE \(java \d", 200, "Invalid CertificateVerify signature", id="jsse"),
    pytest.param(GoServer, "go", r"Go \d", 200, "invalid signature by the client certificate", id="go"),
]
BOUND_TO_ONE_SUITE = [param for param in MAKES if param.id in ("gnutls", "nss", "jsse", "go")]


@pytest.mark.parametrize(("make", "name", "version", "status", "words"), MAKES)
async def test_a_server_takes_a_good_client_and_says_what_is_wrong_with_a_bad_one(
    make: type[ServerProgram],
    name: str,
    version: str,
    status: int | None,
    words: str,
    need_program: Callable[[str], None],
    site: Site,
    pki: Pki,
) -> None:
    need_program(name)
    client = ModuleClient(pki)
    async with make(site) as server:
        assert re.match(version, server.version)
        pid = server.pid
        assert pid is not None
        meeting = await client.meet(server.port)
        assert (meeting.accepted, meeting.status) == (True, status)
        assert "CertificateVerify" in meeting.sent
        assert server.refusals == []
        client.faults.arm("signature=wrong-key")
        assert not (await client.meet(server.port)).accepted
        assert re.search(words, await server.refusal(within=PATIENCE))
    assert not alive(pid)


@pytest.mark.parametrize(("make", "name", "version", "status", "words"), MAKES)
async def test_a_client_that_merely_leaves_is_no_refusal(
    make: type[ServerProgram],
    name: str,
    version: str,
    status: int | None,
    words: str,
    need_program: Callable[[str], None],
    site: Site,
    pki: Pki,
) -> None:
    need_program(name)
    client = ModuleClient(pki)
    async with make(site) as server:
        client.faults.arm("handshake=close")
        assert not (await client.meet(server.port)).accepted
        client.faults.disarm()
        client.faults.arm("signature=wrong-key")
        assert not (await client.meet(server.port)).accepted
        assert re.search(words, await server.refusal(within=PATIENCE))


@pytest.mark.parametrize(("make", "name", "version", "status", "words"), MAKES)
async def test_a_site_for_everybody_asks_for_no_certificate(
    make: type[ServerProgram],
    name: str,
    version: str,
    status: int | None,
    words: str,
    need_program: Callable[[str], None],
    site: Site,
    pki: Pki,
) -> None:
    need_program(name)
    async with make(replace(site, client_ca=None)) as server:
        meeting = await ModuleClient(pki).meet(server.port)
        assert (meeting.accepted, meeting.status) == (True, status)
        assert "Certificate" not in meeting.sent


@pytest.mark.parametrize(("make", "name", "version", "status", "words"), BOUND_TO_ONE_SUITE)
async def test_another_suite_is_refused_in_words(
    make: type[ServerProgram],
    name: str,
    version: str,
    status: int | None,
    words: str,
    need_program: Callable[[str], None],
    site: Site,
) -> None:
    need_program(name)
    with pytest.raises(PeerError, match="not ECDHE-RSA-AES128-GCM-SHA256"):
        async with make(replace(site, suite="ECDHE-RSA-AES128-GCM-SHA256")):
            pass


async def test_nginx_answers_400_where_others_refuse(need_program: Callable[[str], None], site: Site, pki: Pki) -> None:
    need_program("nginx")
    client = ModuleClient(pki)
    async with NginxServer(site) as server:
        client.faults.arm("certificate=leaf-only")
        meeting = await client.meet(server.port)
        assert (meeting.accepted, meeting.status) == (True, 400)
        assert "unable to verify the first certificate" in await server.refusal(within=PATIENCE)


def test_the_strict_servers_come_first(site: Site) -> None:
    strict = [server.name for server in servers_here(site)]
    everybody = [server.name for server in tls_servers_here(site)]
    assert everybody[: len(strict)] == strict
    assert len(set(everybody)) == len(everybody)
