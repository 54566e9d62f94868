"""The server side of TLS over a pair of asyncio streams, by OpenSSL through Python's ``ssl``.

``asyncio.start_server(ssl=...)`` would do the same, but hands the words of a failed handshake to the event
loop's exception handler; here they are raised where they can be kept.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import asyncio

    from emulator.peers.peer import Site

Watch = Callable[[Literal[0, 1], bytes], None]
"""Gets octets as they pass: those of the client as side 0, the server's as side 1."""
_CHUNK = 65536
_T = TypeVar("_T")


def nothing(side: Literal[0, 1], octets: bytes) -> None:
    """Watch nothing."""


class TlsStream:
    """One TLS connection; use :meth:`handshake` first."""

    def __init__(
        self,
        context: ssl.SSLContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        watch: Watch = nothing,
    ) -> None:
        self._watch = watch
        self._reader = reader
        self._writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def handshake(self) -> None:
        """Shake hands. Raises ssl.SSLError after sending the alert, ssl.SSLEOFError when the client left."""
        await self._drive(self._tls.do_handshake)

    @property
    def client(self) -> str:
        """Version, cipher suite, and whom the client's certificate names; known after the handshake."""
        suite, *_ = self._tls.cipher() or ("no cipher",)
        certificate: dict[str, Any] = self._tls.getpeercert() or {}
        names = [value for ((field, value),) in certificate.get("subject", ()) if field == "commonName"]
        whose = f"certificate of '{' '.join(names)}'" if certificate else "no client certificate"
        return f"{self._tls.version()} {suite}, {whose}"

    async def read(self) -> bytes:
        """Wait for the next plaintext; ``b""`` when the client ended, politely or not. Raises OSError."""
        try:
            return await self._drive(lambda: self._tls.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError."""
        await self._drive(lambda: self._tls.write(data))

    async def close(self) -> None:
        """Send close_notify, without waiting for the client's. Raises OSError."""
        with suppress(ssl.SSLError):  # the client's own close_notify has not come, and need not
            self._tls.unwrap()
        await self._flush()

    async def _drive(self, step: Callable[[], _T]) -> _T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _fill(self) -> None:
        if data := await self._reader.read(_CHUNK):
            self._watch(0, data)
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            self._watch(1, data)
            self._writer.write(data)
            await self._writer.drain()


def server_context(site: Site, *, demanded: bool = True) -> ssl.SSLContext:
    """Return a context for TLS 1.2 and the site's suite alone; a client certificate is demanded if the site does.

    With ``demanded`` false a client may have none, but one that it shows must be right.

    Sessions are not resumed: a resumed handshake has no CertificateVerify, and that is what peers are for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(site.suite)
    context.options |= ssl.OP_NO_TICKET
    with tempfile.TemporaryDirectory() as directory:  # ssl reads a key from a file only
        certificate, key = Path(directory, "certificate.pem"), Path(directory, "key.pem")
        certificate.write_text(site.identity.bundle_pem, encoding="ascii")
        key.write_text(site.identity.key_pem, encoding="ascii")
        context.load_cert_chain(certificate, key)
    if site.client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED if demanded else ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=site.client_ca.certificate_der)
    return context
