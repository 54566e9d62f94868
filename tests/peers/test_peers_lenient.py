"""The lenient server: it takes what others refuse, says what it saw, and is no less careful otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.curl import curl_fetch
from emulator.peers.echo import TcpEcho
from emulator.peers.https import HttpsServer
from emulator.peers.lenient import Lenient
from emulator.peers.peer import Site
from tests.story.test_seed import FILE, STATION, play_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki


class Log:
    """What a peer told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, kind: str, text: str) -> None:
        self.lines.append(f"{kind} {text}")


@pytest.fixture
def site(pki: Pki) -> Site:
    return Site(pki.server, pki.root, {"/conf": FILE})


async def fetch(pki: Pki, server: HttpsServer, transcript: str, *faults: str) -> None:
    settings = Settings(maps=[f"192.168.0.2:45061=127.0.0.1:{server.port}"], stations=[STATION], faults=faults, seed=1)
    async with Emulator(settings) as emulator:
        await play_to(emulator, transcript, pki)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ((), "signature of 7"),
        (("signature=nonpadded:always-bad",), 'DEFECT in the signature of "SPWF04": the sign octet'),
        (("signature=raw",), "without any DER around them"),
        (("signature=trailing",), "DEFECT"),
    ],
)
async def test_the_module_is_let_in_however_it_encodes(
    pki: Pki, site: Site, faults: tuple[str, ...], words: str
) -> None:
    log = Log()
    async with HttpsServer(site, Lenient(site), tell=log, judging=True) as server:
        await fetch(pki, server, "seed-first-post-fetched", *faults)
        assert server.requests == ["GET /conf"]
    assert (server.accepted, server.refused) == (1, 0)
    verdict, connected, _ = log.lines
    assert words in verdict
    assert ("CORRECT" in verdict) == (not faults)
    assert connected.startswith("connected #1 handshake complete: TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ")
    assert connected.endswith("certificate of 'SPWF04'")


@pytest.mark.parametrize("fault", ["signature=wrong-key", "signature=wrong-hash"])
async def test_what_is_wrong_otherwise_is_refused_all_the_same(pki: Pki, site: Site, fault: str) -> None:
    log = Log()
    async with HttpsServer(site, Lenient(site), tell=log, judging=True) as server:
        await fetch(pki, server, "seed-first-post-refused", fault)
        assert await server.refusal() == "Signature failed to verify (alert decrypt_error (51) sent)"
    assert "DEFECT" in log.lines[0]


async def test_the_strict_server_says_what_was_wrong_too(pki: Pki, site: Site) -> None:
    log = Log()
    async with HttpsServer(site, tell=log, judging=True) as server:
        await fetch(pki, server, "seed-first-post-refused", "signature=nonpadded:always-bad")
        await server.refusal()
    verdict, refused = log.lines
    assert verdict.startswith(
        'signature #1 signature of 70 octets: DEFECT in the signature of "SPWF04": the sign octet'
    )
    assert refused == "refused #1 handshake refused: [SSL: BAD_SIGNATURE] bad signature"


async def test_curl(need_program: Callable[[str], None], pki: Pki, stranger: Identity, site: Site) -> None:
    need_program("curl")
    large = bytes(range(256)) * 300
    site = Site(pki.server, pki.root, {"/conf": large})
    async with HttpsServer(site, Lenient(site)) as server:
        url = f"https://127.0.0.1:{server.port}/conf"
        assert (await curl_fetch(url, ca=pki.root, client=pki.client)).body == large
        assert (await curl_fetch(url, ca=pki.root)).status is None
        assert await server.refusal(1) == "the client has no certificate (alert handshake_failure (40) sent)"
        assert (await curl_fetch(url, ca=pki.root, client=stranger)).status is None
        assert "do not lead to the CA (alert unknown_ca (48) sent)" in await server.refusal(2)
    async with HttpsServer(site, Lenient(site, demanded=False)) as server:
        url = f"https://127.0.0.1:{server.port}/conf"
        assert (await curl_fetch(url, ca=pki.root)).body == large
        assert (await curl_fetch(url, ca=pki.root, client=stranger)).status is None
        assert server.refused == 1
    open_site = Site(pki.server, files={"/conf": large})
    async with HttpsServer(open_site, Lenient(open_site)) as server:
        assert (await curl_fetch(f"https://127.0.0.1:{server.port}/conf", ca=pki.root)).status == 200


async def test_octets_that_are_no_tls(site: Site) -> None:
    async with TcpEcho(Lenient(site)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"AT+S.HTTPGET=192.168.0.2,conf\r\n\r\n")
        await reader.read()
        assert await server.refusal()
        writer.close()
        await writer.wait_closed()
        _, leaving = await asyncio.open_connection("127.0.0.1", server.port)
        leaving.close()
        await leaving.wait_closed()
    assert server.refused == 1
