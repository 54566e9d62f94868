"""TLS as firmware 1.0.0 had it: no elliptic curves, one client, other words, another alert."""

from __future__ import annotations

import pytest

from emulator.peers.listener import SilentServer
from firmware_model.profile import FIRMWARE_1_0_0, FIRMWARE_1_1_0, FirmwareProfile
from firmware_model.tls.client import TlsClient
from firmware_model.tls.failures import CertificateError, TlsError
from firmware_model.tls.faults.fired import FiredFaults
from tests.module_host import running_module, start_mini_ap
from tests.tls.certificates import root, server_rsa_key
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import LEGACY_CIPHERS, SslServer, server_context

PROFILES = pytest.mark.parametrize("profile", [FIRMWARE_1_0_0, FIRMWARE_1_1_0], ids=["1.0.0", "1.1.0"])


def client_of(profile: FirmwareProfile, ca: str = "Root") -> Client:
    client = Client(root(ca))
    tls = client.tls
    client.tls = TlsClient(client.store, client.faults, profile.tls, tls._entropy, client.timeline, tls._now)
    return client


@PROFILES
async def test_elliptic_curves_came_with_1_1_0(profile: FirmwareProfile) -> None:
    client = client_of(profile)
    with SslServer(server_context(root().issue(ADDRESS, server=True))) as server:
        stream = await client.connect(server.port)
        if profile.tls.ecc:
            await shake_hands(stream)
        else:
            with pytest.raises(TlsError, match="handshake_failure"):
                await shake_hands(stream)
        await stream.close()


@pytest.mark.parametrize(
    ("profile", "words"), [(FIRMWARE_1_0_0, "alert bad certificate"), (FIRMWARE_1_1_0, "alert certificate unknown")]
)
async def test_the_alert_for_a_refused_certificate(profile: FirmwareProfile, words: str) -> None:
    identity = root().issue(ADDRESS, server=True, key=server_rsa_key())
    client = client_of(profile, ca="Another")
    with SslServer(server_context(identity, ciphers=LEGACY_CIPHERS)) as server:
        stream = await client.connect(server.port)
        with pytest.raises(CertificateError):
            await shake_hands(stream)
        await stream.close()
        assert words in str(await server.outcome())


@PROFILES
async def test_how_many_clients_there_can_be(profile: FirmwareProfile) -> None:
    client = client_of(profile)
    async with SilentServer() as server:
        streams = [await client.connect(server.port) for _ in range(profile.tls.clients + 1)]
        for stream in streams[:-1]:
            stream._begin(FiredFaults())
            stream._begun = True
        with pytest.raises(TlsError, match=f"holds {profile.tls.clients} TLS connections"):
            await shake_hands(streams[-1])
        await streams[0].close()
        streams[-1]._begin(FiredFaults())
        for stream in streams:
            await stream.close()


@pytest.mark.parametrize(("profile", "word"), [(FIRMWARE_1_0_0, "X509 Error"), (FIRMWARE_1_1_0, "Certificate Error")])
async def test_the_words_for_a_refused_certificate(profile: FirmwareProfile, word: str) -> None:
    identity = root().issue(ADDRESS, server=True, key=server_rsa_key())
    with SslServer(server_context(identity, ciphers=LEGACY_CIPHERS)) as server:
        maps = [f"{ADDRESS}:443=127.0.0.1:{server.port}"]
        async with running_module(profile=profile, maps=maps) as host:
            await start_mini_ap(host)
            await host.command("AT+S.TIME=1523491200")
            reply = await host.command(f"AT+S.HTTPGET={ADDRESS},/,443,2")
            end = f"AT-S.{word}:23\r\nAT-S.Http Client Error:2\r\nAT-S.ERROR:111:Request failed\r\n"
            assert reply.endswith(end.encode())
            await server.outcome()
