"""Servers that talk over one stream for each client, with TLS around it or without."""

from __future__ import annotations

import asyncio
import re
import ssl
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from emulator.peers.listener import Listener
from emulator.peers.news import nobody
from emulator.peers.peer import PATIENCE, Journal
from emulator.peers.signature_judge import SignatureJudge
from emulator.peers.tls_stream import TlsStream, nothing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.peers.news import Tell
    from emulator.peers.tls_stream import Watch

_CHUNK: Final = 65536
_LINGER_SECONDS: Final = 2.0
_PLACE_IN_C_SOURCE: Final = re.compile(r" \(_ssl\.c:\d+\)$")


class ServerStream(Protocol):
    """A connection as its server sees it."""

    async def read(self) -> bytes:
        """Wait for octets; ``b""`` at the end. Raises OSError."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError."""
        ...

    async def close(self) -> None:
        """Say that nothing follows. Raises OSError."""
        ...


class HandshakeStream(ServerStream, Protocol):
    """A stream under TLS."""

    async def handshake(self) -> None:
        """Shake hands. Raises ssl.SSLError after sending the alert, ssl.SSLEOFError when the client left."""
        ...

    @property
    def client(self) -> str:
        """What is known of the client after the handshake, in a few words."""
        ...


class Security(Protocol):
    """A way of TLS: how a stream is made over a connection."""

    @property
    def name(self) -> str:
        """The make in a word or two."""
        ...

    def over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch) -> HandshakeStream:
        """Make the stream; ``watch`` gets the octets of both directions as they pass."""
        ...


class Strict:
    """TLS by the OpenSSL inside Python, which takes signatures in strict DER only."""

    name = "Python ssl"

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch) -> HandshakeStream:
        """Make the stream; ``watch`` gets the octets of both directions as they pass."""
        return TlsStream(self._context, reader, writer, watch)


class PlainStream:
    """A connection without TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Wait for octets; ``b""`` at the end. Raises OSError."""
        return await self._reader.read(_CHUNK)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        """Do nothing: the end of the connection says it."""


class StreamServer(Listener):
    """Shakes hands if there is TLS, keeps what was refused, and lets the client finish before it closes.

    With ``judging`` the signature of each client certificate is judged, whatever this server itself makes of it.
    """

    def __init__(self, security: Security | None, *, port: int = 0, tell: Tell = nobody, judging: bool = False) -> None:
        super().__init__(port=port, tell=tell)
        self._security = security
        self._judging = judging
        self._accepted = 0
        self._refusals = Journal("TLS" if security is None else security.name)

    @property
    def accepted(self) -> int:
        """How many handshakes were completed."""
        return self._accepted

    @property
    def refused(self) -> int:
        """How many handshakes failed; clients that merely left are in neither count."""
        return len(self.refusals)

    @property
    def refusals(self) -> list[str]:
        """The library's words for each failed handshake, ``"[SSL: BAD_SIGNATURE] bad signature"``."""
        return self._refusals.lines

    async def refusal(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for refusal ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._refusals.number(number, within)

    @abstractmethod
    async def _serve(self, stream: ServerStream, tell: Tell) -> None:
        """Talk to one client; ``tell`` names it in front of what it is told."""

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections

        def tell(kind: str, text: str) -> None:
            self._tell(kind, f"#{number} {text}")

        if self._security is None:
            tell("connected", "a client connected")
            await self._serve(PlainStream(reader, writer), tell)
            return
        judge = SignatureJudge() if self._judging else None
        stream = self._security.over(reader, writer, nothing if judge is None else judge.take)
        try:
            await stream.handshake()
        except ssl.SSLEOFError:
            await _say_verdict(judge, tell)
            tell("left", "the client left amid the handshake")
            return
        except ssl.SSLError as error:
            await _say_verdict(judge, tell)
            words = _PLACE_IN_C_SOURCE.sub("", str(error))
            tell("refused", f"handshake refused: {words}")
            self._refusals.append(words)
            await _linger(reader, writer)
            return
        self._accepted += 1
        await _say_verdict(judge, tell)
        tell("connected", f"handshake complete: {stream.client}")
        await self._serve(stream, tell)
        await stream.close()
        await _linger(reader, writer)


async def _say_verdict(judge: SignatureJudge | None, tell: Tell) -> None:
    verdict = None if judge is None else await judge.verdict()
    if verdict is not None:
        tell("signature", verdict)


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close our direction, then let the client finish.

    To close over unread octets would reset the connection, and the alert could be lost with it.
    """
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            await until_end(lambda: reader.read(_CHUNK))


async def until_end(read: Callable[[], Awaitable[bytes]]) -> None:
    """Read and forget, to the end. Raises what ``read`` raises."""
    while await read():
        pass
