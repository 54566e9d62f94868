"""Every fault meets real servers: each sees it happen, and is content before and after."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from emulator.peers.gnutls import GnuTlsServer
from emulator.peers.https import HttpsServer
from emulator.peers.node import NodeServer
from emulator.peers.openssl import OpenSslServer
from emulator.peers.peer import PeerError
from firmware_model.tables.faults import CERTIFICATE, HANDSHAKE, SIGNATURE
from scripts.interop.module_client import Meeting, ModuleClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.peers.peer import HttpsPeer, Site
    from emulator.peers.pki import Pki

PATIENCE = 60.0
STALLED_FOR = 0.3
"""Seconds that the server is watched while it waits."""
MAKES: dict[str, tuple[Callable[[Site], HttpsPeer], str | None]] = {
    "embedded": (HttpsServer, None),
    "openssl": (OpenSslServer, "openssl"),
    "node": (NodeServer, "node"),
    "gnutls": (GnuTlsServer, "gnutls-serv"),
}
TRIES = 60


class Reaction(NamedTuple):
    """What is expected: accepted, or one of these alerts (none of them for a server that just closes), and words."""

    accepted: bool
    alerts: tuple[int | None, ...] = ()
    words: str = ""


OK = Reaction(accepted=True)
BAD_SIGNATURE = Reaction(accepted=False, alerts=(51,), words="bad signature")
BAD_FOR_GNUTLS = Reaction(accepted=False, alerts=(51,), words="signature verification has failed")
ACCEPTED = {
    "signature=nonpadded:always-lucky",
    "signature=high-s",
    "signature=nonce-reused",
    "handshake=fragmented",
}
"""Nothing is wrong with what these send."""
LENIENT_GNUTLS = {
    "signature=nonpadded",
    "signature=nonpadded:always-bad",
    "signature=nonpadded:fixed32",
    "signature=overpadded",
    "signature=long-lengths",
    "signature=indefinite-length",
}
"""BER that GnuTLS reads as DER."""
BY_CHANCE = {"signature=nonpadded", "signature=nonpadded:fixed32"}
OTHERWISE = {
    "certificate=wrong-order": Reaction(False, (43, 46, 51), "certificate verify failed|bad signature"),
    "certificate=leaf-only": Reaction(False, (48, None), "unable to|certificate verify failed|UNABLE_TO_VERIFY"),
    "certificate=empty": Reaction(False, (40, 116), "did not return a certificate"),
    "certificate=expired-clock": Reaction(False, (None,), "alert certificate unknown"),
    "certificate=unset-clock": Reaction(False, (None,), "alert certificate unknown"),
    "handshake=no-certificate": Reaction(False, (10,), "unexpected message"),
    "handshake=no-certificate-verify": Reaction(False, (10,), "unexpected message"),
    "handshake=wrong-finished": Reaction(False, (51,), "digest check failed"),
    "handshake=stall": Reaction(False, (None,)),
    "handshake=close": Reaction(False, (None,)),
    "handshake=alert": Reaction(False, (None,), "alert internal error"),
}
"""What OpenSSL says, as such, inside Python and inside Node.js."""
OTHERWISE_GNUTLS = {
    "certificate=wrong-order": Reaction(False, (42, 43, 46, 51, 80), "[Kk]ey usage|signature"),
    "certificate=leaf-only": Reaction(False, (42, 48, 49), "Error in the certificate"),
    "certificate=empty": Reaction(False, (40, 50, 116), "No certificate was found"),
    "certificate=expired-clock": Reaction(False, (None,), "certificate|alert"),
    "certificate=unset-clock": Reaction(False, (None,), "certificate|alert"),
    "handshake=no-certificate": Reaction(False, (10,), "unexpected TLS"),
    "handshake=no-certificate-verify": Reaction(False, (10,), "unexpected TLS"),
    "handshake=wrong-finished": Reaction(False, (51,), "TLS Finished packet"),
    "handshake=stall": Reaction(False, (None,)),
    "handshake=close": Reaction(False, (None,)),
    "handshake=alert": Reaction(False, (None,), "certificate|alert"),
}
FAULTS = [fault.name for fault in (*SIGNATURE, *CERTIFICATE, *HANDSHAKE)]


def expected(fault: str, make: str) -> Reaction:
    if fault in ACCEPTED or (make == "gnutls" and fault in LENIENT_GNUTLS):
        return OK
    if make == "gnutls":
        return OTHERWISE_GNUTLS.get(fault, BAD_FOR_GNUTLS)
    return OTHERWISE.get(fault, BAD_SIGNATURE)


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest, need_program: Callable[[str], None]) -> str:
    name = str(request.param)
    _, program = MAKES[name]
    if program is not None:
        need_program(program)
    return name


async def content(client: ModuleClient, server: HttpsPeer) -> None:
    """Without a fault the server takes the handshake and has nothing to complain about."""
    client.faults.disarm()
    already = server.refusals
    meeting = await client.meet(server.port)
    assert (meeting.accepted, meeting.status, meeting.reason) == (True, 200, "")
    assert server.refusals == already


async def meet(client: ModuleClient, server: HttpsPeer, fault: str) -> Meeting:
    """Let the fault happen; one that is right by luck until it is not."""
    client.faults.arm(fault)
    for count in range(1, TRIES):
        meeting = await client.meet(server.port, silence=STALLED_FOR)
        assert client.faults.count(fault) == count
        if not (fault in BY_CHANCE and meeting.strict):
            return meeting
        assert meeting.accepted
    raise AssertionError("lucky all the time")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_peer_sees_the_fault_and_nothing_without_it(fault: str, make: str, site: Site, pki: Pki) -> None:
    reaction = expected(fault, make)
    client = ModuleClient(pki)
    async with MAKES[make][0](site) as server:
        await content(client, server)
        already = len(server.refusals)
        meeting = await meet(client, server, fault)
        assert meeting.accepted is reaction.accepted, meeting
        if not meeting.accepted:
            # An alert can be lost when the server closes over octets that it has not read.
            assert meeting.alert in reaction.alerts or "reset" in meeting.reason, meeting
        if reaction.words:
            words = await server.refusal(already + 1, within=PATIENCE)
            assert re.search(reaction.words, words), words
        await content(client, server)


async def test_a_stalled_module_says_nothing_more_and_a_server_waits(make: str, site: Site, pki: Pki) -> None:
    client = ModuleClient(pki)
    async with MAKES[make][0](site) as server:
        client.faults.arm("handshake=stall:3")
        meeting = await client.meet(server.port, silence=STALLED_FOR)
        assert meeting.sent == ("ClientHello", "Certificate")
        assert meeting.reason == ""
        with suppress(PeerError):
            pytest.fail(await server.refusal(within=STALLED_FOR))


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        (1, ()),
        (2, ("ClientHello",)),
        (3, ("ClientHello", "Certificate")),
        (4, ("ClientHello", "Certificate", "ClientKeyExchange")),
        (5, ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify")),
    ],
)
@pytest.mark.parametrize("what", ["close", "alert"])
async def test_a_module_ends_before_any_message(
    what: str, number: int, sent: tuple[str, ...], site: Site, pki: Pki
) -> None:
    client = ModuleClient(pki)
    async with HttpsServer(site) as server:
        client.faults.arm(f"handshake={what}:{number}")
        meeting = await client.meet(server.port)
        assert meeting.sent == sent
        assert meeting.reason.startswith("we closed" if what == "close" else "we sent alert internal_error (80)")
        if what == "alert":
            assert re.search("alert internal error|between ccs and finished|unexpected message", await server.refusal())
        await content(client, server)


async def test_a_number_that_no_message_has_changes_nothing(site: Site, pki: Pki) -> None:
    client = ModuleClient(pki)
    async with HttpsServer(site) as server:
        client.faults.arm("handshake=close:9")
        meeting = await client.meet(server.port)
        assert meeting.accepted
        assert meeting.notes == ("handshake=close found nothing to act on",)
