"""Servers for handshake tests: Python's own ``ssl`` on a thread, and the same without any network."""

from __future__ import annotations

import asyncio
import queue
import socket
import ssl
import tempfile
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from firmware_model.outside import Address

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from emulator.peers.authority import Authority, Identity

LEGACY_CIPHERS = "ALL:@SECLEVEL=0"


def server_context(
    identity: Identity,
    *,
    client_ca: Authority | None = None,
    ciphers: str | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> ssl.SSLContext:
    """A context for exactly one TLS version; with ``client_ca`` it demands a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = Path(directory) / "certificate.pem", Path(directory) / "key.pem"
        certificate.write_text(identity.bundle_pem, "ascii")
        key.write_text(identity.key_pem, "ascii")
        context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.certificate_pem)
    return context


def echo(connection: ssl.SSLSocket) -> None:
    """Send back whatever comes, until the client closes."""
    while data := connection.recv(65536):
        connection.sendall(data)


class SslServer:
    """Serves on a thread, one connection after the other; each one's failure, or None, can be waited for."""

    def __init__(self, context: ssl.SSLContext, serve: Callable[[ssl.SSLSocket], None] = echo) -> None:
        self._context = context
        self._serve = serve
        self._outcomes: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    async def outcome(self) -> Exception | None:
        """How the next connection ended."""
        return await asyncio.to_thread(self._outcomes.get, timeout=30)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(30)
            self._connection = connection
            try:
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self._connection = secured
                    self._serve(secured)
            except OSError as error:
                self._outcomes.put(error)
            else:
                self._outcomes.put(None)
            self._connection = None


class MemoryServer:
    """A :class:`firmware_model.outside.Stream` with an ``ssl`` server behind it, all in memory.

    ``tamper`` changes what the server sends; after ``limit`` octets, if given, the server falls silent and
    closes.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        tamper: Callable[[bytes], bytes] = lambda sent: sent,
        limit: int | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._server = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._tamper = tamper
        self._left = limit
        self._pending = bytearray()
        self.closed = False

    @property
    def remote(self) -> Address:
        return Address("192.168.0.2", 443)

    @property
    def number(self) -> int:
        return 0

    async def read(self, limit: int) -> bytes:
        data = bytes(self._pending[:limit])
        del self._pending[: len(data)]
        return data

    async def write(self, data: bytes) -> None:
        self._incoming.write(data)
        with suppress(ssl.SSLError):  # it waits for more, or has answered with an alert
            self._server.do_handshake()
        sent = self._tamper(self._outgoing.read())
        if self._left is not None:
            sent = sent[: self._left]
            self._left -= len(sent)
        self._pending += sent

    async def close(self) -> None:
        self.closed = True
