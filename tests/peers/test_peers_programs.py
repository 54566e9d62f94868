"""Other people's programs: started, waited for, stopped, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.peers.curl import curl_fetch, curl_version
from emulator.peers.listener import SilentServer
from emulator.peers.node import NodeServer
from emulator.peers.openssl import OpenSslServer
from emulator.peers.peer import Journal, PeerError, Site
from emulator.peers.programs import ServerProgram, find, first_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from emulator.peers.pki import Pki

    StartOpenSsl = Callable[[Site], Awaitable[OpenSslServer]]
    StartNode = Callable[[Site], Awaitable[NodeServer]]

PROGRAMS = [pytest.param(OpenSslServer, "openssl", id="openssl"), pytest.param(NodeServer, "node", id="node")]


def names_in(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("make", "name"), PROGRAMS)
async def test_no_process_is_left(
    make: type[ServerProgram], name: str, site: Site, need_program: Callable[[str], None]
) -> None:
    need_program(name)
    async with make(site) as server:
        pid = server.pid
        assert pid is not None
        assert alive(pid)
    assert not alive(pid)
    assert server.pid is None


@pytest.mark.parametrize(("make", "name"), PROGRAMS)
async def test_no_process_is_left_when_the_test_is_cancelled(
    make: type[ServerProgram], name: str, site: Site, need_program: Callable[[str], None]
) -> None:
    need_program(name)
    pids: asyncio.Queue[int] = asyncio.Queue()

    async def hold() -> None:
        async with make(site) as server:
            pids.put_nowait(server.pid or 0)
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    pid = await pids.get()
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert not alive(pid)


@pytest.mark.parametrize(("make", "name"), PROGRAMS)
async def test_a_program_that_cannot_start_says_why(
    make: type[ServerProgram], name: str, site: Site, need_program: Callable[[str], None]
) -> None:
    need_program(name)
    with pytest.raises(PeerError, match=r"ended without .*its last lines: .*(?i:cipher)"):
        async with make(replace(site, suite="NO-SUCH-SUITE")):
            pytest.fail("started with an unknown cipher suite")


@pytest.mark.parametrize(("make", "name"), PROGRAMS)
async def test_a_missing_program_is_named(
    make: type[ServerProgram], name: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert find(name) is None
    with pytest.raises(PeerError, match=f"{name} is not on PATH"):
        async with make(site):
            pytest.fail("started without a program")


async def test_a_program_that_merely_calls_itself_openssl_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / "openssl"
    impostor.write_text("#!/bin/sh\necho LibreSSL 3.3.6\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(PeerError, match=r"is LibreSSL 3\.3\.6; put OpenSSL"):
        async with OpenSslServer(site):
            pytest.fail("started with LibreSSL")


class Stubborn(ServerProgram):
    """A program that does not end when it is asked to."""

    name = "stubborn"

    async def _start(self) -> None:
        await self._launch("/bin/sh", "-c", "trap '' TERM; echo ready; while read line; do :; done")
        await self.wait_for("ready")

    def _refusal_in(self, _line: str) -> str | None:
        return None


async def test_a_program_that_does_not_end_is_killed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.peers.programs._GRACE_SECONDS", 0.05)
    async with Stubborn(site) as server:
        pid = server.pid
        assert pid is not None
    assert not alive(pid)


async def test_openssl_prints_the_request_of_the_silent_case(
    openssl_server: StartOpenSsl, site: Site, pki: Pki, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await openssl_server(replace(site, silent=True))
    url = f"https://127.0.0.1:{server.port}/config.txt"
    fetched = await curl_fetch(url, ca=pki.root, client=pki.client, within=0.5)
    assert (fetched.status, fetched.exit_code) == (None, 28)
    assert await server.wait_for("GET /config.txt") == "GET /config.txt HTTP/1.1"
    assert any("CIPHER is ECDHE-ECDSA-AES128-GCM-SHA256" in line for line in server.log)


async def test_openssl_leaves_no_files(
    site: Site, need_program: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_program("openssl")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with OpenSslServer(site):
        assert [name.startswith("spwf04sx-openssl-") for name in names_in(tmp_path)] == [True]
    assert names_in(tmp_path) == []


BAD_SIGNATURE = "error:0A00007B:SSL routines:tls_process_cert_verify:bad signature"
CAUSE = "error:08000066:elliptic curve routines:ossl_ecdsa_simple_verify_sig:bad signature"
CLIENT_LEFT = "error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading"


@pytest.mark.parametrize(
    ("lines", "refusals"),
    [
        ([f"40F7:{BAD_SIGNATURE}:../ssl/statem/statem_lib.c:447:"], [BAD_SIGNATURE]),
        (
            [f"40F7:{CAUSE}:../crypto/ec/ecdsa_ossl.c:421:", f"40F7:{BAD_SIGNATURE}:x.c:447:"],
            [f"{CAUSE}; {BAD_SIGNATURE}"],
        ),
        ([f"40F7:{CLIENT_LEFT}:../ssl/record/rec_layer_s3.c:318:"], []),
        (["verify error:num=18:self-signed certificate", "ERROR"], []),
    ],
)
def test_openssls_error_queue_is_one_refusal(site: Site, lines: list[str], refusals: list[str]) -> None:
    server = OpenSslServer(site)
    for line in lines:
        server._note(line)
    assert server.refusals == refusals


@pytest.mark.parametrize(
    ("code", "message", "verification", "refusals"),
    [
        (
            "ERR_SSL_BAD_SIGNATURE",
            f"40F7:{CAUSE}:../deps/x.c:421:\n40F7:{BAD_SIGNATURE}:../deps/y.c:447:\n",
            None,
            [f"ERR_SSL_BAD_SIGNATURE: {CAUSE}; {BAD_SIGNATURE}"],
        ),
        (
            "ECONNRESET",
            "socket hang up",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            ["ECONNRESET: socket hang up (UNABLE_TO_VERIFY_LEAF_SIGNATURE)"],
        ),
        ("ECONNRESET", "socket hang up", None, []),
    ],
)
def test_nodes_client_error_is_one_refusal(
    site: Site, code: str, message: str, verification: str | None, refusals: list[str]
) -> None:
    server = NodeServer(site)
    event = {"event": "tlsClientError", "code": code, "message": message, "verification": verification}
    server._note(json.dumps(event, separators=(",", ":")))
    assert server.refusals == refusals


async def test_node_reports_events_as_json(
    node_server: StartNode, site: Site, pki: Pki, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await node_server(site)
    url = f"https://127.0.0.1:{server.port}/missing"
    fetched = await curl_fetch(url, ca=pki.root, client=pki.client)
    assert fetched.status == 404
    events = [json.loads(line) for line in server.log]
    assert [event["event"] for event in events] == ["listening", "secureConnection", "request"]
    assert events[2]["path"] == "/missing"


async def test_curl_says_why_it_does_not_trust_a_server(
    openssl_server: StartOpenSsl, site: Site, pki: Pki, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    server = await openssl_server(replace(site, identity=pki.root.issue("other", names=["other.test"], server=True)))
    fetched = await curl_fetch(f"https://127.0.0.1:{server.port}/conf", ca=pki.root, client=pki.client)
    assert fetched.exit_code == 60
    assert "127.0.0.1" in fetched.words


async def test_curl_gives_up_on_a_server_that_says_nothing(pki: Pki, need_program: Callable[[str], None]) -> None:
    need_program("curl")
    async with SilentServer() as server:
        fetched = await curl_fetch(f"https://127.0.0.1:{server.port}/", ca=pki.root, within=0.3)
    assert fetched.exit_code == 28


async def test_curl_names_its_tls_library(need_program: Callable[[str], None]) -> None:
    need_program("curl")
    assert re.fullmatch(r"curl \d+\.\d+\S* \(\S+\)", await curl_version())


async def test_a_command_that_fails_is_reported_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(PeerError, match="sh ended with status 3: no luck"):
        await first_line("/bin/sh", "-c", "echo no luck; exit 3")


async def test_a_journal_wakes_those_who_wait_and_lets_nobody_wait_in_vain() -> None:
    journal = Journal("peer")
    waiting = asyncio.create_task(journal.containing("ready"))
    second = asyncio.create_task(journal.number(2))
    third = asyncio.create_task(journal.number(3))
    journal.append("starting")
    journal.append("ready now")
    assert await waiting == await second == "ready now"
    journal.close()
    with pytest.raises(PeerError, match=r"peer ended without line 3; its last lines: starting \| ready now"):
        await third


def test_the_rule_for_missing_programs(need_program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("SPWF04SX_REQUIRE_PEERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="openssl is not on PATH"):
        need_program("openssl")
    monkeypatch.setenv("SPWF04SX_REQUIRE_PEERS", "1")
    with pytest.raises(pytest.fail.Exception, match="demands it"):
        need_program("openssl")
