"""The relay that reads a client's signature, with Python's own client in curl's place."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from emulator.demonstration.comparison import Relay, certificate_verify_signatures
from emulator.peers.https import HttpsServer

if TYPE_CHECKING:
    from emulator.peers.peer import Site
    from emulator.peers.pki import PkiFiles


async def test_the_relay_keeps_the_signature_of_a_mutual_handshake(site: Site, pki_files: PkiFiles) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki_files.ca)
    context.load_cert_chain(pki_files.client_bundle, pki_files.client_key)
    async with HttpsServer(site) as server, Relay(server.port) as relay:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port, ssl=context)
        writer.write(b"GET /conf HTTP/1.1\r\nHost: h\r\n\r\n")
        assert site.files["/conf"] in await reader.read()
        writer.close()
        await writer.wait_closed()
    assert len(relay.signatures) == 1
    signature = relay.signatures[0]
    # One signature in ten million is shorter.
    assert 68 <= len(signature) <= 72
    assert signature[:3] == bytes((0x30, len(signature) - 2, 0x02))


def handshake_record(*messages: bytes) -> bytes:
    content = b"".join(messages)
    return b"\x16\x03\x03" + len(content).to_bytes(2, "big") + content


CERTIFICATE_VERIFY = b"\x0f\x00\x00\x07\x04\x03\x00\x03abc"


def test_messages_may_span_records_and_share_them() -> None:
    whole = handshake_record(b"\x0b\x00\x00\x01x", CERTIFICATE_VERIFY)
    split = handshake_record(CERTIFICATE_VERIFY[:5]) + handshake_record(CERTIFICATE_VERIFY[5:])
    assert certificate_verify_signatures(whole) == [b"abc"]
    assert certificate_verify_signatures(split) == [b"abc"]


def test_nothing_is_read_behind_change_cipher_spec_or_from_a_fragment() -> None:
    encrypted = b"\x14\x03\x03\x00\x01\x01" + handshake_record(CERTIFICATE_VERIFY)
    assert certificate_verify_signatures(encrypted) == []
    assert certificate_verify_signatures(handshake_record(CERTIFICATE_VERIFY)[:-1]) == []
    assert certificate_verify_signatures(b"\x16\x03") == []
