"""TLS, sockets and updates of a station as other people posted them, each against a server that acts its part."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.images import firmware_image
from emulator.peers.authority import Authority, make_authority
from emulator.peers.keys import SeededOctets
from emulator.surroundings.flash import DirectoryFlash
from firmware_model.profile import PROFILES
from firmware_model.storage.configuration import Configuration
from tests.doubles import RecordingTimeline
from tests.module_host import NO_TIME_SERVERS
from tests.story.test_seed import module_facing
from tests.story.test_seed import play_to as play_to_mini_ap
from tests.tls.certificates import oversized_rsa_key, root, server_rsa_key
from tests.tls.servers import LEGACY_CIPHERS, SslServer, server_context
from tests.transcript import play
from tests.updates.servers import serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from emulator.peers.pki import Pki

HOST = "server.example"
PAGE = b"<!doctype html><html class='a-no-js' ...".ljust(0x78B7, b".")
CHUNKED = b"78b7\r\n" + PAGE + b"\r\n0\r\n\r\n"
STATION = {
    "wifi_mode": "1",
    "wifi_priv_mode": "2",
    "wifi_wpa_psk_text": "a secret phrase",
    "ip_ntp_startup": "0",
}


async def play_to(
    directory: Path, transcript: str, contents: Mapping[str, bytes], *maps: str, firmware: str = "1.1.0"
) -> None:
    """Play to a module that is configured to join a network; the lengths of the contents are known as texts."""
    profile = PROFILES[firmware]
    configuration = Configuration(DirectoryFlash(directory), RecordingTimeline(), firmware=profile)
    for name, value in STATION.items():
        configuration.set(name, value)
    configuration.set_ssid("office")
    configuration.save()
    settings = Settings(
        firmware=firmware, flash=directory, access_points=["office,a secret phrase"], maps=[*maps, *NO_TIME_SERVERS]
    )
    texts = {f"{name}.length": str(len(content)) for name, content in contents.items()}
    if "ca.key_id" in contents:
        texts |= {"ca.key_id": contents["ca.key_id"].hex(":").upper(), "ca.file": contents["ca.key_id"].hex() + ".ca"}
    texts |= {
        "now": str(int(time.time())),
        "build": profile.build,
        "heap": str(profile.heap - 16 * 1024),
        "good.build": PROFILES["1.2.0"].build,
    }
    async with Emulator(settings) as emulator:
        await asyncio.to_thread(play, emulator.port, transcript, texts, contents)


def saying(status: str, body: bytes = b"", framing: str = "Connection: close") -> Callable[[ssl.SSLSocket], None]:
    """A web server that says one thing to every request."""

    def serve(connection: ssl.SSLSocket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n") and (octets := connection.recv(65536)):
            request += octets
        connection.sendall(f"HTTP/1.1 {status}\r\n{framing}\r\n\r\n".encode() + body)

    return serve


def ca(authority: Authority) -> dict[str, bytes]:
    identity = authority.identity
    return {"ca": identity.certificate_der, "ca.key_id": identity.subject_key_identifier}


def mutual(pki: Pki) -> dict[str, bytes]:
    return {**ca(pki.root), "cert": pki.client.bundle_der, "key": pki.client.key_der}


async def test_a_page_in_chunks_over_one_way_tls(tmp_path: Path) -> None:
    server = root().intermediate("Server CA").issue("www.amazon.com", server=True)
    page = saying("200 OK", CHUNKED, "Transfer-Encoding: chunked")
    with SslServer(server_context(server), page) as peer:
        await play_to(
            tmp_path, "tls-one-way", {**ca(root()), "body": CHUNKED}, f"www.amazon.com:443=127.0.0.1:{peer.port}"
        )
        assert await peer.outcome() is None


async def test_text_that_a_server_sends_is_read_from_a_socket(tmp_path: Path) -> None:
    message = b"this is my hello world message\n"

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await play_to(tmp_path, "emb-socket-read", {"message": message}, f"192.168.1.5:7777=127.0.0.1:{port}")


async def test_a_mutual_request_is_answered_400_in_a_mini_ap(pki: Pki) -> None:
    with SslServer(server_context(pki.server, client_ca=pki.root), saying("400 Bad Request")) as peer:
        async with module_facing(peer.port) as (emulator, _):
            await play_to_mini_ap(emulator, "mutual-bad-request", pki)
        assert await peer.outcome() is None


async def test_a_mutual_request_is_answered_400_over_an_access_point(tmp_path: Path, pki: Pki) -> None:
    identity = pki.root.intermediate("Server CA 3").intermediate("Server CA 4").issue(HOST, server=True)
    with SslServer(server_context(identity, client_ca=pki.root), saying("400 Bad Request")) as peer:
        await play_to(tmp_path, "ssl2-bad-request", mutual(pki), f"{HOST}:443=127.0.0.1:{peer.port}")
        assert await peer.outcome() is None


async def test_an_intermediate_with_a_key_of_4096_bits_gives_certificate_error_22(tmp_path: Path) -> None:
    issuing = root().intermediate("Large CA", key=oversized_rsa_key(4096))
    with SslServer(server_context(issuing.issue(HOST, server=True))) as peer:
        await play_to(tmp_path, "ssl-large-key", ca(root()), f"{HOST}:443=127.0.0.1:{peer.port}")
        assert "ALERT_CERTIFICATE_UNKNOWN" in str(await peer.outcome())


async def test_firmware_1_0_0_calls_it_an_x509_error_and_sends_alert_42(tmp_path: Path) -> None:
    authority = make_authority("RSA root", key=server_rsa_key(), random=SeededOctets("rsa root"))
    server = authority.issue(HOST, key=server_rsa_key(), server=True)
    stored = {"ca": root().certificate_pem.encode(), "ca.key_id": root().identity.subject_key_identifier}
    with SslServer(server_context(server, ciphers=LEGACY_CIPHERS)) as peer:
        await play_to(tmp_path, "x509-error", stored, f"{HOST}:443=127.0.0.1:{peer.port}", firmware="1.0.0")
        assert "ALERT_BAD_CERTIFICATE" in str(await peer.outcome())


async def test_a_ca_may_lie_in_a_file(tmp_path: Path) -> None:
    server = root().intermediate("Server CA").issue(HOST, server=True)
    with SslServer(server_context(server), saying("200 OK", b"a page")) as peer:
        await play_to(tmp_path, "ca-file", {**ca(root()), "body": b"a page"}, f"{HOST}:443=127.0.0.1:{peer.port}")
        assert "ALERT_CERTIFICATE_UNKNOWN" in str(await peer.outcome())
        assert await peer.outcome() is None


async def test_a_server_of_another_ca_sees_alert_46(tmp_path: Path) -> None:
    with SslServer(server_context(root("Other").issue(HOST, server=True))) as peer:
        await play_to(tmp_path, "certificate-unknown", ca(root()), f"{HOST}:443=127.0.0.1:{peer.port}")
        assert "ALERT_CERTIFICATE_UNKNOWN" in str(await peer.outcome())


async def test_an_update_waits_for_the_next_boot_and_a_bad_one_is_erased(tmp_path: Path) -> None:
    images = {"good": firmware_image("1.2.0", size=4000).octets(), "bad": b"an image of somebody else"}
    with serving({f"/{name}.img": octets for name, octets in images.items()}) as files:
        await play_to(tmp_path, "firmware-update", images, f"{HOST}:80=127.0.0.1:{files.port}")
