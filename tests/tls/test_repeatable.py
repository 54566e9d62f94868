"""The same seed gives the same octets: the other side's half of a conversation is played again to a second module.

That works only if the module says word for word what it said the first time, for Finished covers everything before.
"""

from __future__ import annotations

import ssl
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import TlsFinished, TlsMessage
from firmware_model.faults import NoFaults
from firmware_model.outside import Address
from firmware_model.tls.capabilities import TlsCapabilities
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.failures import TlsError
from firmware_model.tls.server import TlsServer
from firmware_model.tls.slots import Slot
from tests.doubles import RecordingTimeline
from tests.tls.certificates import NOW, root, server_rsa_key
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import LEGACY_CIPHERS, MemoryServer, server_context

if TYPE_CHECKING:
    from firmware_model.outside import Stream

AS_CLIENT = [
    ("ec", "ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2),
    ("ec", "ECDHE-ECDSA-AES256-SHA384", ssl.TLSVersion.TLSv1_2),
    ("rsa", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2),
    ("rsa", "AES128-GCM-SHA256:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2),
    ("rsa", LEGACY_CIPHERS, ssl.TLSVersion.TLSv1_1),
    ("ec", LEGACY_CIPHERS, ssl.TLSVersion.TLSv1),
]
AS_SERVER = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2),
    ("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1_2),
    (LEGACY_CIPHERS, ssl.TLSVersion.TLSv1_1),
]


class Tap:
    """A stream that keeps what passes."""

    number = 0

    def __init__(self, stream: Stream) -> None:
        self.remote = stream.remote
        self.sent = bytearray()
        self.received = bytearray()
        self._stream = stream

    async def read(self, limit: int) -> bytes:
        data = await self._stream.read(limit)
        self.received += data
        return data

    async def write(self, data: bytes) -> None:
        self.sent += data
        await self._stream.write(data)

    async def close(self) -> None:
        await self._stream.close()


class Replay:
    """The other side of an earlier conversation, which listens to nothing."""

    number = 0
    remote = Address(ADDRESS, 443)

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    async def read(self, limit: int) -> bytes:
        data, self._octets = self._octets[:limit], self._octets[limit:]
        return data

    async def write(self, data: bytes) -> None:
        """Say nothing to it."""

    async def close(self) -> None:
        """Nothing to close."""


class MemoryClient:
    """A stream with an ``ssl`` client behind it, all in memory."""

    number = 0
    remote = Address(ADDRESS, 49152)

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._client = context.wrap_bio(self._incoming, self._outgoing)
        self._go_on()

    async def read(self, limit: int) -> bytes:
        return self._outgoing.read(limit)

    async def write(self, data: bytes) -> None:
        self._incoming.write(data)
        self._go_on()

    async def close(self) -> None:
        """Nothing to close."""

    def _go_on(self) -> None:
        with suppress(ssl.SSLWantReadError):
            self._client.do_handshake()


async def be_client(stream: Stream, seed: int) -> None:
    client = Client(root(), root().issue("SPWF04", client=True), seed=seed)
    secured = client.over(stream)
    await shake_hands(secured)
    await secured.write(b"hello" * 1000)
    await secured.write(b"again")
    await secured.close()
    assert client.timeline.of(TlsFinished)


async def be_server(stream: Stream, seed: int) -> None:
    timeline, flash = RecordingTimeline(), MemoryFlash()
    store = CredentialStore(flash, timeline)
    own = root().issue(ADDRESS, server=True)
    store.store(Slot.CERT, own.bundle_der)
    store.store(Slot.KEY, own.key_der)
    server = TlsServer(store, NoFaults(), TlsCapabilities(ecc=True), SeededEntropy(seed), timeline, lambda: NOW)
    secured = server.accept(stream, mutual=False)
    await shake_hands(secured)
    await secured.write(b"welcome" * 1000)
    await secured.close()
    assert timeline.of(TlsFinished)


@pytest.mark.parametrize(("kind", "ciphers", "version"), AS_CLIENT)
async def test_a_client_says_the_same_again(kind: str, ciphers: str, version: ssl.TLSVersion) -> None:
    server = root().issue(ADDRESS, server=True, key=server_rsa_key() if kind == "rsa" else None)
    first = Tap(MemoryServer(server_context(server, client_ca=root(), ciphers=ciphers, version=version)))
    await be_client(first, seed=7)
    second, other = (Tap(Replay(bytes(first.received))) for _ in range(2))
    await be_client(second, seed=7)
    assert second.sent == first.sent
    with pytest.raises(TlsError):
        await be_client(other, seed=8)


@pytest.mark.parametrize(("ciphers", "version"), AS_SERVER)
async def test_a_server_says_the_same_again(ciphers: str, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    first = Tap(MemoryClient(context))
    await be_server(first, seed=7)
    second, other = (Tap(Replay(bytes(first.received))) for _ in range(2))
    await be_server(second, seed=7)
    assert second.sent == first.sent
    with pytest.raises(TlsError):
        await be_server(other, seed=8)


async def test_two_connections_of_one_run_share_nothing() -> None:
    client = Client(root())
    hellos, keys = set(), set()
    for _ in range(2):
        stream = client.over(MemoryServer(server_context(root().issue(ADDRESS, server=True))))
        await shake_hands(stream)
    for message in client.timeline.of(TlsMessage):
        if message.direction == "sent":
            hellos |= {message.octets} if message.name == "ClientHello" else set()
            keys |= {message.octets} if message.name == "ClientKeyExchange" else set()
    assert (len(hellos), len(keys)) == (2, 2)
