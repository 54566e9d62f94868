"""Servers that close, reset, fall silent, lie or talk rubbish: one kind of error comes out, nothing else."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from firmware_model.events import TlsFailed, TlsMessage
from firmware_model.outside import Address
from firmware_model.tls.client import CertificateError, TlsError
from firmware_model.tls.progress import Loaded
from tests.tls.certificates import root
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import MemoryServer, server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from emulator.peers.authority import Identity

    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

FATAL_ALERT_40 = bytes.fromhex("15 0303 0002 0228")
WARNING_ALERT_112 = bytes.fromhex("15 0303 0002 0170")
CLOSE_NOTIFY = bytes.fromhex("15 0303 0002 0100")


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    return server_context(root().issue(ADDRESS, server=True))


@pytest.fixture(scope="module")
def own() -> Identity:
    return root().issue("SPWF04", client=True)


class Answer:
    """A stream that answers the ClientHello with prepared octets, then closes or fails."""

    def __init__(self, octets: bytes, end: OSError | None = None) -> None:
        self._octets = octets
        self._end = end
        self.closed = False

    @property
    def remote(self) -> Address:
        return Address(ADDRESS, 443)

    @property
    def number(self) -> int:
        return 0

    async def read(self, limit: int) -> bytes:
        data, self._octets = self._octets[:limit], self._octets[limit:]
        if not data and self._end is not None:
            raise self._end
        return data

    async def write(self, data: bytes) -> None:
        pass

    async def close(self) -> None:
        self.closed = True


class GoneBeforeOurFlight(MemoryServer):
    """Refuses every write after the ClientHello, but has left an alert behind."""

    writes = 0

    async def write(self, data: bytes) -> None:
        self.writes += 1
        if self.writes == 1:
            await super().write(data)
            return
        self._pending += FATAL_ALERT_40
        raise BrokenPipeError("gone")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "closed the connection without an alert"),
        (FATAL_ALERT_40, r"the server sent alert handshake_failure \(40\) after our ClientHello"),
        (CLOSE_NOTIFY, r"the server sent alert close_notify \(0\)"),
        (bytes.fromhex("15 0303 0002 02ff"), r"the server sent alert unknown \(255\)"),
        (WARNING_ALERT_112, "closed the connection without an alert"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(20000), "."),
        (b"\xff" * 5000, "."),
        (bytes(5000), "."),
        (bytes.fromhex("16 0303 0000"), "unexpected_message"),
        (bytes.fromhex("16 0303 ffff") + bytes(0xFFFF), "."),
        (bytes.fromhex("16 0303 0004 02000000"), "decode_error"),
        (bytes.fromhex("16 0303 0004 01000000"), "unexpected_message"),
        (bytes.fromhex("16 0303 0004 fe000000"), "unexpected_message"),
        (bytes.fromhex("17 0303 0001 00"), "."),
        (bytes.fromhex("16 0303 0004 02ffffff") + bytes.fromhex("16 0303 4000") + bytes(0x4000), "closed"),
        (bytes.fromhex("14 0303 0001 01"), "unexpected_message"),
    ],
)
async def test_an_answer_that_is_no_server_hello(octets: bytes, reason: str) -> None:
    client = Client(root())
    stream = client.over(Answer(octets))
    with pytest.raises(TlsError, match=reason) as failure:
        await shake_hands(stream)
    assert "\n" not in failure.value.reason
    assert client.timeline.of(TlsFailed) == [TlsFailed(failure.value.reason)]
    await stream.close()


async def test_a_reset_is_told_as_one() -> None:
    stream = Client(root()).over(Answer(b"", ConnectionResetError("by peer")))
    with pytest.raises(TlsError, match=r"^connection reset$") as failure:
        await shake_hands(stream)
    assert isinstance(failure.value, OSError)


async def test_an_alert_before_a_failed_write_is_still_read(context: ssl.SSLContext, own: Identity) -> None:
    stream = Client(root(), own).over(GoneBeforeOurFlight(context))
    with pytest.raises(TlsError, match=r"alert handshake_failure \(40\) after our Finished"):
        await shake_hands(stream)
    await stream.close()


async def test_a_remark_about_the_name_is_no_failure(context: ssl.SSLContext) -> None:
    answered = iter([WARNING_ALERT_112, b""])
    server = MemoryServer(context, tamper=lambda sent: next(answered, b"") + sent)
    assert await shake_hands(Client(root()).over(server)) == [Loaded(1, 2)]


@pytest.mark.parametrize("limit", [1, 5, 60, 200, 300, 600, 700])
async def test_a_server_that_closes_amid_its_flight(context: ssl.SSLContext, limit: int) -> None:
    stream = Client(root()).over(MemoryServer(context, limit=limit))
    with pytest.raises(TlsError, match="closed the connection without an alert"):
        await shake_hands(stream)


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_flight_gives_one_of_two_errors(context: ssl.SSLContext, seed: int) -> None:
    """Every octet of a flight is covered by a signature or by the Finished message."""
    chance = random.Random(seed)

    def damage(sent: bytes) -> bytes:
        damaged = bytearray(sent)
        for _ in range(chance.choice((1, 1, 3)) if sent else 0):
            damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
        return bytes(damaged)

    client = Client(root())
    stream = client.over(MemoryServer(context, damage))
    with pytest.raises((TlsError, CertificateError)):
        await shake_hands(stream)
    await stream.close()
    assert len(client.timeline.of(TlsFailed)) == 1


async def test_an_empty_certificate_message_is_refused(context: ssl.SSLContext) -> None:
    def without_certificates(sent: bytes) -> bytes:
        start = sent.find(b"\x16\x03\x03", 5)
        end = start + 5 + int.from_bytes(sent[start + 3 : start + 5], "big")
        return sent[:start] + bytes.fromhex("16 0303 0007 0b000003000000") + sent[end:]

    with pytest.raises(TlsError, match="without certificates"):
        await shake_hands(Client(root()).over(MemoryServer(context, without_certificates)))


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"SSH-2.0-OpenSSH_7.4\r\n" * 50)
    writer.close()


@pytest.mark.parametrize("handler", [closing, resetting, babbling])
async def test_real_connections_that_break(handler: Handler) -> None:
    client = Client(root())
    async with await asyncio.start_server(handler, "127.0.0.1", 0) as server:
        stream = await client.connect(server.sockets[0].getsockname()[1])
        with pytest.raises(TlsError):
            await shake_hands(stream)
        await stream.close()
    assert client.timeline.of(TlsMessage)[0].name == "ClientHello"


async def test_a_stream_cannot_be_used_before_its_handshake() -> None:
    stream = Client(root()).over(Answer(b""))
    with pytest.raises(TlsError, match="handshake has not been made"):
        await stream.read(10)
    with pytest.raises(TlsError, match="handshake has not been made"):
        await stream.write(b"early")
    await stream.close()


async def test_damaged_flash_during_a_handshake_is_a_tls_error() -> None:
    class WornOutFlash:
        def load(self, area: str) -> bytes | None:
            raise OSError(f"{area} cannot be read")

    client = Client(root())
    client.store._flash = WornOutFlash()  # type: ignore[assignment]
    with pytest.raises(TlsError, match="stored certificates cannot be read"):
        await shake_hands(client.over(Answer(b"")))
