"""Faults within a handshake: when they are asked for, what they do beside the octets, RSA, old versions, the server."""

from __future__ import annotations

import re
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.faults.plan import FaultPlan, Order
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import FaultFired, Note, SignatureMade, TlsFailed, TlsFinished, TlsMessage
from firmware_model.faults import FaultPoint, NoFaults
from firmware_model.tables.faults import CATALOGUE, CERTIFICATE, HANDSHAKE, SIGNATURE
from firmware_model.tls.capabilities import TlsCapabilities
from firmware_model.tls.client import TlsClient
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.failures import CertificateError, TlsError
from firmware_model.tls.progress import Loaded
from firmware_model.tls.server import TlsServer
from firmware_model.tls.slots import Slot
from tests.doubles import ArmedFaults, RecordingTimeline
from tests.tls.certificates import NOW, client_rsa_key, root
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import LEGACY_CIPHERS, MemoryServer, SslServer, server_context
from tests.tls.test_fault_stages import RSA_FAULTS
from tests.tls.test_repeatable import MemoryClient, Replay, Tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.peers.authority import Identity
    from firmware_model.faults import Faults
    from firmware_model.outside import Stream

MUTUAL = [Loaded(1, 2), Loaded(2, 2), Loaded(3, 2)]
ONE_WAY = MUTUAL[:1]
HARMLESS = {"signature=high-s", "signature=nonce-reused", "signature=nonpadded:always-lucky"}


@pytest.fixture(scope="module")
def ec_server() -> Identity:
    return root().issue(ADDRESS, server=True)


@pytest.fixture(scope="module")
def own() -> Identity:
    """A client bundle of two."""
    return root().intermediate("Client CA").issue("SPWF04", client=True)


@pytest.fixture
def mutual_server(ec_server: Identity) -> Iterator[SslServer]:
    with SslServer(server_context(ec_server, client_ca=root())) as server:
        yield server


def sent(client: Client) -> list[str]:
    return [event.name for event in client.timeline.of(TlsMessage) if event.direction == "sent"]


def notes(timeline: RecordingTimeline) -> list[str]:
    return [event.text for event in timeline.of(Note)]


async def test_each_point_is_passed_when_it_is_its_turn(ec_server: Identity, own: Identity) -> None:
    client = Client(root(), own)
    await shake_hands(client.over(MemoryServer(server_context(ec_server, client_ca=root()))))
    assert client.faults.asked == [
        (FaultPoint.HANDSHAKE, "192.168.0.2:443"),
        (FaultPoint.CERTIFICATE, "judge 192.168.0.2:443"),
        (FaultPoint.CERTIFICATE, "present 192.168.0.2:443"),
        (FaultPoint.SIGNATURE, "192.168.0.2:443"),
    ]


async def test_who_is_not_asked_for_a_certificate_neither_presents_nor_signs(
    ec_server: Identity, own: Identity
) -> None:
    client = Client(root(), own)
    client.faults.arm("signature=empty", "certificate=empty", "handshake=no-certificate")
    assert await shake_hands(client.over(MemoryServer(server_context(ec_server)))) == ONE_WAY
    assert [point for point, _ in client.faults.asked] == [FaultPoint.HANDSHAKE, FaultPoint.CERTIFICATE]
    assert notes(client.timeline) == ["handshake=no-certificate found nothing to act on"]


@pytest.mark.parametrize("fault", ["certificate=empty", "handshake=no-certificate"])
async def test_what_is_not_presented_is_not_loaded_and_nothing_is_signed(
    fault: str, mutual_server: SslServer, own: Identity
) -> None:
    client = Client(root(), own)
    client.faults.arm(fault)
    stream = await client.connect(mutual_server.port)
    handshake = stream.handshake()
    assert await anext(handshake) == ONE_WAY[0]
    with pytest.raises(TlsError):
        await anext(handshake)
    await stream.close()
    assert FaultPoint.SIGNATURE not in [point for point, _ in client.faults.asked]
    assert ("Certificate" in sent(client)) is (fault == "certificate=empty")
    assert "CertificateVerify" not in sent(client)


async def test_a_signature_names_the_faults_that_acted_on_it(mutual_server: SslServer, own: Identity) -> None:
    client = Client(root(), own)
    client.faults.arm("signature=trailing", "certificate=foreign-key", "signature=wrong-claim", "certificate=leaf-only")
    stream = await client.connect(mutual_server.port)
    with pytest.raises(TlsError):
        await shake_hands(stream)
    await stream.close()
    (made,) = client.timeline.of(SignatureMade)
    assert made.fault == "foreign-key+leaf-only+trailing+wrong-claim"
    assert made.strict_der is False
    assert made.hash_name != "sha256"


async def test_a_stalled_handshake_ends_with_the_server(ec_server: Identity) -> None:
    client = Client(root())
    client.faults.arm("handshake=stall")
    stream = client.over(MemoryServer(server_context(ec_server)))
    with pytest.raises(TlsError, match="closed the connection without an alert"):
        await shake_hands(stream)
    assert sent(client) == ["ClientHello"]
    assert notes(client.timeline) == ["nothing is sent any more, from our ClientKeyExchange on"]


class ImpatientServer(MemoryServer):
    """Answers whatever comes after its own flight with an alert."""

    async def read(self, limit: int) -> bytes:
        return await super().read(limit) or bytes.fromhex("15 0303 0002 025a")


async def test_an_alert_that_comes_to_a_stalled_handshake_is_heard(ec_server: Identity) -> None:
    client = Client(root())
    client.faults.arm("handshake=stall")
    stream = client.over(ImpatientServer(server_context(ec_server)))
    with pytest.raises(TlsError, match=r"the server sent alert user_canceled \(90\)"):
        await shake_hands(stream)


async def test_fragments_are_small_and_only_of_the_handshake(ec_server: Identity, own: Identity) -> None:
    client = Client(root(), own)
    client.faults.arm("handshake=fragmented:7")
    tap = Tap(MemoryServer(server_context(ec_server, client_ca=root())))
    stream = client.over(tap)
    assert await shake_hands(stream) == MUTUAL
    clear = [length for kind, length in records(bytes(tap.sent)) if kind == 22]
    assert max(clear[:-3]) == 7
    # The records of Finished are protected: its 16 octets in three pieces, each with nonce and tag.
    assert clear[-3:] == [7 + 24, 7 + 24, 2 + 24]
    tap.sent.clear()
    await stream.write(bytes(1000))
    assert records(bytes(tap.sent)) == [(23, 1000 + 24)]


def records(octets: bytes) -> list[tuple[int, int]]:
    """Content type and length of each record."""
    found = []
    while octets:
        end = 5 + int.from_bytes(octets[3:5], "big")
        found.append((octets[0], end - 5))
        octets = octets[end:]
    return found


@pytest.mark.parametrize("fault", [fault.name for fault in SIGNATURE])
async def test_an_rsa_key_is_hit_by_what_makes_sense_for_it(fault: str, ec_server: Identity) -> None:
    client = Client(root(), root().issue("SPWF04", client=True, key=client_rsa_key()))
    with SslServer(server_context(ec_server, client_ca=root(), ciphers=LEGACY_CIPHERS)) as server:
        for armed in ((), (fault,), ()):
            client.faults.disarm()
            client.faults.arm(*armed)
            stream = await client.connect(server.port)
            if armed and fault in RSA_FAULTS:
                with pytest.raises(TlsError, match=r"alert|reset"):
                    await shake_hands(stream)
                assert isinstance(await closed(stream, server), ssl.SSLError)
            else:
                assert await shake_hands(stream) == MUTUAL
                assert await closed(stream, server) is None
    found = client.timeline.of(SignatureMade)
    assert [made.fault for made in found] == ["none", fault[10:] if fault in RSA_FAULTS else "none", "none"]
    assert notes(client.timeline) == ([] if fault in RSA_FAULTS else [f"{fault} found nothing to act on"])


async def closed(stream: object, server: SslServer) -> Exception | None:
    """Close, and return how the server saw the connection end."""
    await stream.close()  # type: ignore[attr-defined]
    return await server.outcome()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("key", ["ec", "rsa"])
@pytest.mark.parametrize("fault", ["signature=wrong-hash", "signature=wrong-claim", "handshake=wrong-finished"])
async def test_old_versions_announce_no_hash(
    fault: str, key: str, version: ssl.TLSVersion, ec_server: Identity
) -> None:
    identity = root().issue("SPWF04", client=True, key=client_rsa_key() if key == "rsa" else None)
    client = Client(root(), identity)
    client.faults.arm(fault)
    context = server_context(ec_server, client_ca=root(), ciphers=LEGACY_CIPHERS, version=version)
    with SslServer(context) as server:
        stream = await client.connect(server.port)
        if fault == "signature=wrong-claim":
            assert await shake_hands(stream) == MUTUAL
            assert await closed(stream, server) is None
            assert notes(client.timeline) == ["signature=wrong-claim found nothing to act on"]
        else:
            with pytest.raises(TlsError, match=r"alert|reset"):
                await shake_hands(stream)
            assert isinstance(await closed(stream, server), ssl.SSLError)


async def test_the_clock_is_wrong_for_the_judgement_alone(mutual_server: SslServer, own: Identity) -> None:
    client = Client(root(), own)
    for fault, words in (("expired-clock", "has expired"), ("unset-clock", "is not valid yet")):
        client.faults.disarm()
        client.faults.arm(f"certificate={fault}")
        stream = await client.connect(mutual_server.port)
        with pytest.raises(CertificateError, match=words) as refusal:
            await shake_hands(stream)
        assert refusal.value.number == 19
        assert "alert certificate unknown" in str(await closed(stream, mutual_server))
    client.faults.disarm()
    client.faults.arm("certificate=expired-clock:1")
    stream = await client.connect(mutual_server.port)
    assert await shake_hands(stream) == MUTUAL
    assert await closed(stream, mutual_server) is None


# The module as a server.


def client_context(own: Identity | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=root().certificate_pem)
    if own is not None:
        with tempfile.TemporaryDirectory() as directory:
            certificate, key = Path(directory) / "certificate.pem", Path(directory) / "key.pem"
            certificate.write_text(own.bundle_pem, "ascii")
            key.write_text(own.key_pem, "ascii")
            context.load_cert_chain(certificate, key)
    return context


class WatchedClient(MemoryClient):
    """Keeps what it has to complain about."""

    failure: ssl.SSLError | None = None

    def _go_on(self) -> None:
        try:
            super()._go_on()
        except ssl.SSLError as error:
            self.failure = error


class ModuleServer:
    """A module's TLS server with a certificate of a chain of two."""

    def __init__(self, *faults: str) -> None:
        self.timeline = RecordingTimeline()
        self.faults = ArmedFaults(*faults)
        store = CredentialStore(MemoryFlash(), self.timeline)
        own = root().intermediate("Server CA").issue(ADDRESS, server=True)
        for slot, content in (
            (Slot.CA, root().certificate_der),
            (Slot.CERT, own.bundle_der),
            (Slot.KEY, own.key_der),
        ):
            store.store(slot, content)
        capabilities = TlsCapabilities(ecc=True)
        self.tls = TlsServer(store, self.faults, capabilities, SeededEntropy(1), self.timeline, lambda: NOW)

    async def serve(self, stream: Stream, *, mutual: bool = False) -> None:
        await shake_hands(self.tls.accept(stream, mutual=mutual))


async def test_a_server_passes_the_same_points(own: Identity) -> None:
    server = ModuleServer()
    await server.serve(MemoryClient(client_context(own)), mutual=True)
    assert server.timeline.of(TlsFinished)
    assert server.faults.asked == [
        (FaultPoint.HANDSHAKE, "192.168.0.2:49152"),
        (FaultPoint.CERTIFICATE, "present 192.168.0.2:49152"),
        (FaultPoint.CERTIFICATE, "judge 192.168.0.2:49152"),
    ]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("handshake=wrong-finished", "DIGEST_CHECK_FAILED"),
        ("handshake=alert:2", "internal error"),
        ("certificate=wrong-order", "CERTIFICATE_VERIFY_FAILED|BAD_SIGNATURE"),
        ("certificate=leaf-only", "CERTIFICATE_VERIFY_FAILED"),
        ("handshake=no-certificate", "UNEXPECTED_MESSAGE"),
    ],
)
async def test_a_client_sees_the_faults_of_the_server(fault: str, words: str) -> None:
    server = ModuleServer(fault)
    client = WatchedClient(client_context())
    # Finished is the server's last word: it does not wait for what the client makes of it.
    with suppress(TlsError):
        await server.serve(client)
    assert re.search(words, str(client.failure))


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_server_closes_before_any_message(number: int) -> None:
    server = ModuleServer(f"handshake=close:{number}")
    with pytest.raises(TlsError, match="we closed the connection instead of sending our"):
        await server.serve(MemoryClient(client_context()))
    sent = [event.name for event in server.timeline.of(TlsMessage) if event.direction == "sent"]
    assert len(sent) == number - 1


async def test_a_server_may_be_fragmented_or_have_another_date(own: Identity) -> None:
    fragmented = ModuleServer("handshake=fragmented:5")
    await fragmented.serve(MemoryClient(client_context(own)), mutual=True)
    assert fragmented.timeline.of(TlsFinished)
    late = ModuleServer("certificate=expired-clock")
    with pytest.raises(CertificateError, match="has expired"):
        await late.serve(MemoryClient(client_context(own)), mutual=True)


# Once more with the same seed.


async def be_client(stream: Stream, faults: Faults, timeline: RecordingTimeline, own: Identity) -> None:
    store = CredentialStore(MemoryFlash(), timeline)
    for slot, content in (
        (Slot.CA, root().certificate_der),
        (Slot.CERT, own.bundle_der),
        (Slot.KEY, own.key_der),
    ):
        store.store(slot, content)
    tls = TlsClient(store, faults, TlsCapabilities(ecc=True), SeededEntropy(7), timeline, lambda: NOW)
    secured = tls.connect(stream, ADDRESS)
    try:
        await shake_hands(secured)
        await secured.write(b"hello" * 1000)
    except TlsError as failure:
        timeline.record(TlsFailed(failure.reason))
    await secured.close()


def never(plan: FaultPlan) -> FaultPlan:
    """Arm everything, so that nothing ever fires."""
    for fault in CATALOGUE:
        plan.arm(f"{fault.name}@p=0")
    return plan


def disarmed(plan: FaultPlan) -> FaultPlan:
    plan.replace(Order(fault, fault.default, armed=False) for fault in CATALOGUE)
    return plan


@pytest.mark.parametrize("prepare", [never, disarmed])
async def test_without_a_fault_that_fires_the_octets_are_those_without_the_machinery(
    prepare: object, ec_server: Identity, own: Identity
) -> None:
    first = Tap(MemoryServer(server_context(ec_server, client_ca=root())))
    await be_client(first, NoFaults(), RecordingTimeline(), own)
    timeline = RecordingTimeline()
    second = Tap(Replay(bytes(first.received)))
    plan = prepare(FaultPlan(SeededEntropy(7), timeline))  # type: ignore[operator]
    await be_client(second, plan, timeline, own)
    assert timeline.of(TlsFinished)
    assert second.sent == first.sent
    assert not timeline.of(FaultFired)


@pytest.mark.parametrize("fault", [fault.name for fault in (*SIGNATURE, *CERTIFICATE, *HANDSHAKE)])
async def test_the_same_seed_gives_the_same_fault(fault: str, ec_server: Identity, own: Identity) -> None:
    taps: list[Tap] = []
    events = []
    for again in (False, True):
        timeline = RecordingTimeline()
        server = MemoryServer(server_context(ec_server, client_ca=root()))
        tap = Tap(Replay(bytes(taps[0].received)) if again else server)
        plan = FaultPlan(SeededEntropy(7), timeline)
        plan.arm(fault)
        try:
            await be_client(tap, plan, timeline, own)
        except CertificateError as failure:
            timeline.record(TlsFailed(failure.reason))
        assert plan.count(fault) == 1
        taps.append(tap)
        events.append(timeline.events)
    assert taps[1].sent == taps[0].sent
    assert events[1] == events[0]
