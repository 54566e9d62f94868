"""Why there is nothing to judge: each reason brought about, by real TLS where that can be."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.reading.conversation import End
from emulator.diagnosis.report.headline import headline
from emulator.diagnosis.report.text import report
from emulator.peers.authority import make_authority
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece, message, records
from tests.diagnosis.diagnosing import case_of
from tests.diagnosis.forge import Bend, forge
from tests.diagnosis.test_correct_clients import client_context, in_memory
from tests.tls.servers import LEGACY_CIPHERS, server_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.peers.pki import Pki

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def tls_1_3(pki: Pki) -> Conversation:
    server = server_context(pki.server, client_ca=pki.root, version=TLS_1_3)
    return in_memory(client_context(pki.client, pki.root, TLS_1_3), server)


def ssl_3(_: Pki) -> Conversation:
    hello = message(1, b"\3\0" + bytes(32) + b"\0\0\2\0\x2f\1\0")
    answer = message(2, b"\3\0" + bytes(32) + b"\0\0\x2f\0") + message(14, b"")
    return [Piece(CLIENT, records(22, hello, version=0x300)), Piece(SERVER, records(22, answer, version=0x300))]


def resumed(pki: Pki) -> Conversation:
    client, server = client_context(pki.client, pki.root, TLS_1_2), server_context(pki.server, client_ca=pki.root)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one, two = client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (one, two):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert one.session is not None
    return in_memory(client, server, session=one.session)


def not_asked(pki: Pki) -> Conversation:
    return in_memory(client_context(pki.client, pki.root, TLS_1_2), server_context(pki.server))


def server_refuses(pki: Pki) -> Conversation:
    client = client_context(pki.client, pki.root, ssl.TLSVersion.TLSv1)
    return in_memory(client, server_context(pki.server, client_ca=pki.root, ciphers=LEGACY_CIPHERS))


def client_refuses(pki: Pki) -> Conversation:
    client = client_context(pki.client, make_authority("Elsewhere"), TLS_1_2)
    return in_memory(client, server_context(pki.server, client_ca=pki.root))


def without_hello(pki: Pki) -> Conversation:
    return forge(pki.server, pki.root, pki.client)[1:]


def unfinished(pki: Pki) -> Conversation:
    return forge(pki.server, pki.root, pki.client)[:2]


def under_way(_: Pki) -> Conversation:
    return [Piece(CLIENT, records(23, bytes(100))), Piece(SERVER, records(23, bytes(100)))]


def malformed(pki: Pki) -> Conversation:
    hello, *_ = forge(pki.server, pki.root, pki.client)
    return [hello, Piece(SERVER, records(22, message(2, b"\3")))]


def malformed_hello(pki: Pki) -> Conversation:
    _, *rest = forge(pki.server, pki.root, pki.client)
    return [Piece(CLIENT, records(22, message(1, b"\3\3short"))), *rest]


def garbage(pki: Pki) -> Conversation:
    hello, *_ = forge(pki.server, pki.root, pki.client)
    return [hello, Piece(SERVER, b"\x16\3\3\0\x05" + b"\2\0\0\1\0" + b"no record at all")]


def unreadable_certificate(pki: Pki) -> Conversation:
    return forge(pki.server, pki.root, pki.client, Bend(chain=(b"no certificate",)))


def key_of_another_kind(pki: Pki) -> Conversation:
    """A certificate whose key is on a curve that nobody knows."""
    oid = bytes.fromhex("06082a8648ce3d030107")
    der = pki.client.certificate_der
    assert der.count(oid) == 1
    return forge(pki.server, pki.root, pki.client, Bend(chain=(der.replace(oid, oid[:-1] + b"\x77"),)))


REASONS: dict[str, tuple[Callable[[Pki], Conversation], Reason]] = {
    "TLS 1.3": (tls_1_3, Reason.TLS_1_3),
    "SSL 3.0": (ssl_3, Reason.SSL_3_0),
    "resumed": (resumed, Reason.RESUMED),
    "not asked": (not_asked, Reason.NOT_ASKED),
    "no certificate": (lambda pki: forge(pki.server, pki.root, pki.client, Bend(chain=())), Reason.NO_CERTIFICATE),
    "server refuses": (server_refuses, Reason.SERVER_REFUSED),
    "client refuses": (client_refuses, Reason.CLIENT_REFUSED),
    "without hello": (without_hello, Reason.START_MISSING),
    "unfinished": (unfinished, Reason.UNFINISHED),
    "under way": (under_way, Reason.UNDER_WAY),
    "malformed": (malformed, Reason.MALFORMED),
    "malformed hello": (malformed_hello, Reason.MALFORMED),
    "garbage": (garbage, Reason.MALFORMED),
    "unreadable certificate": (unreadable_certificate, Reason.MALFORMED),
    "key of another kind": (key_of_another_kind, Reason.KEY_KIND),
}


@pytest.mark.parametrize(("talk", "reason"), REASONS.values(), ids=REASONS)
def test_the_reason_is_given(pki: Pki, talk: Callable[[Pki], Conversation], reason: Reason) -> None:
    case = case_of(talk(pki))
    assert (case.judged, case.reasons) == (0, {reason: 1})
    assert headline(case).startswith(f"NOTHING TO JUDGE: {reason.value}")
    assert any("Not judged" in line for line in report(case))


def test_every_reason_is_brought_about() -> None:
    # Holes and too many connections need a capture; see test_captures.py and test_robustness.py.
    assert {reason for _, reason in REASONS.values()} == set(Reason) - {Reason.HOLE, Reason.FORGOTTEN}


def test_the_alert_of_a_refusal_is_named(pki: Pki) -> None:
    lines = " ".join(" ".join(report(case_of(client_refuses(pki)))).split())
    assert "the client sent alert unknown_ca (48)" in lines
    lines = " ".join(" ".join(report(case_of(server_refuses(pki)))).split())
    assert "the server sent alert protocol_version (70)" in lines


@pytest.mark.parametrize("end", [End.CLOSED, End.RESET, End.INPUT_ENDS])
def test_a_connection_without_tls_is_nothing(end: End) -> None:
    case = case_of([Piece(CLIENT, b"hello"), Piece(SERVER, b"world")], end=end)
    assert (case.judged, case.reasons) == (0, {})
    assert headline(case) == "NOTHING TO JUDGE: there is no TLS handshake in it."
