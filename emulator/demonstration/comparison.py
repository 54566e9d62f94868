"""``curl`` as the well-behaved client: the same certificates at the same servers, its signatures measured.

A relay stands between curl and the server and reads what passes; up to CertificateVerify a TLS 1.2 handshake is
not encrypted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emulator.demonstration.stage import FILE
from emulator.peers.curl import curl_fetch
from emulator.peers.listener import LOCALHOST, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.demonstration.stage import MappedServer, Stage

_STATUS_OK: Final = 200
_CHANGE_CIPHER_SPEC: Final = 20
_HANDSHAKE: Final = 22
_CERTIFICATE_VERIFY: Final = 15


@dataclass(frozen=True, slots=True)
class CurlRow:
    """What came of curl's requests to one server; ``words`` are those of its last failure."""

    server: str
    trials: int
    accepted: int
    signatures: tuple[bytes, ...]
    words: str

    @property
    def lengths(self) -> Counter[int]:
        """How many signatures had how many octets."""
        return Counter(map(len, self.signatures))

    @property
    def trouble(self) -> str | None:
        """What did not come out as it should, if anything."""
        if self.accepted != self.trials:
            return f"curl succeeded {self.accepted} times of {self.trials}: {self.words or 'another answer'}"
        if len(self.signatures) != self.trials:
            return f"curl signed {len(self.signatures)} times in {self.trials} handshakes"
        return None


async def compare(stage: Stage, mapped: MappedServer, trials: int, tick: Callable[[], None]) -> CurlRow:
    """Fetch /conf with curl so many times; ``tick`` is called after each. Raises PeerError."""
    accepted, words = 0, ""
    async with Relay(mapped.server.port) as relay:
        for _ in range(trials):
            url = f"https://{LOCALHOST}:{relay.port}/conf"
            fetched = await curl_fetch(url, ca=stage.pki.root, client=stage.pki.client)
            accepted += fetched.status == _STATUS_OK and fetched.body == FILE
            words = fetched.words or words
            tick()
    return CurlRow(mapped.name, trials, accepted, tuple(relay.signatures), words)


class Relay(Listener):
    """Passes octets between a client and a server on this machine, and keeps the client's signatures."""

    def __init__(self, server_port: int) -> None:
        super().__init__()
        self._server_port = server_port
        self.signatures: list[bytes] = []

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(LOCALHOST, self._server_port)
        sent = bytearray()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, to_server, sent))
                both.create_task(_pass_on(from_server, writer, bytearray()))
        except* OSError:
            pass  # one side is gone, and the conversation with it
        finally:
            to_server.close()
            self.signatures += certificate_verify_signatures(bytes(sent))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, copy: bytearray) -> None:
    while octets := await reader.read(65536):
        copy += octets
        writer.write(octets)
        await writer.drain()
    writer.write_eof()


def certificate_verify_signatures(octets: bytes) -> list[bytes]:
    """Return the signatures in the CertificateVerify messages that a TLS 1.2 client sent in the clear."""
    handshake = b"".join(_clear_handshake(octets))
    signatures = []
    while len(handshake) >= 4:
        kind, length = handshake[0], int.from_bytes(handshake[1:4], "big")
        message, handshake = handshake[4 : 4 + length], handshake[4 + length :]
        if kind == _CERTIFICATE_VERIFY and len(message) == length:
            # Two octets of algorithm and two of length stand before the signature (RFC 5246, 4.7).
            signatures.append(message[4:])
    return signatures


def _clear_handshake(octets: bytes) -> Iterator[bytes]:
    """Give the contents of the handshake records up to ChangeCipherSpec."""
    while len(octets) >= 5 and octets[0] != _CHANGE_CIPHER_SPEC:
        end = 5 + int.from_bytes(octets[3:5], "big")
        if octets[0] == _HANDSHAKE:
            yield octets[5:end]
        octets = octets[end:]
