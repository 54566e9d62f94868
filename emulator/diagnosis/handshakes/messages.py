"""The handshake messages whose content matters here (RFC 5246, 7.4; the forms of TLS 1.0 and 1.1 differ as noted)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from emulator.diagnosis.handshakes.cursor import Cursor

SSL_3_0: Final = 0x0300
TLS_1_0: Final = 0x0301
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
HEADER: Final = 4
"""Octets before the body of a handshake message: its type and its length."""
_SUPPORTED_VERSIONS: Final = 43
_NAMED_CURVE: Final = 3


class Kind(IntEnum):
    """The handshake messages of TLS up to 1.2."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_URL = 21
    CERTIFICATE_STATUS = 22
    SUPPLEMENTAL_DATA = 23
    NEXT_PROTOCOL = 67


NAMES: Final = {kind: kind.name.title().replace("_", "") for kind in Kind}
"""``ClientKeyExchange`` and so on, as RFC 5246 writes them."""


class Message(NamedTuple):
    """One handshake message with its header of four octets.

    ``headers`` are the record headers met on the way to its end, each with the place in ``octets`` before which it
    stood.
    """

    kind: int
    octets: bytes
    headers: tuple[tuple[int, bytes], ...] = ()

    @property
    def body(self) -> bytes:
        """The message without its header."""
        return self.octets[HEADER:]

    @property
    def name(self) -> str:
        """What RFC 5246 calls it."""
        return NAMES[Kind(self.kind)] if self.kind in NAMES else f"message of type {self.kind}"


class ClientHello(NamedTuple):
    """What is needed of it: the highest version offered, its random, the session that it would resume."""

    version: int
    random: bytes
    session: bytes


class ServerHello(NamedTuple):
    """``version`` is the one agreed on, that of TLS 1.3 included."""

    version: int
    random: bytes
    session: bytes
    suite: int


class CertificateRequest(NamedTuple):
    """What a server accepts; ``algorithms`` is empty before TLS 1.2, ``authorities`` are DER names."""

    types: tuple[int, ...]
    algorithms: tuple[int, ...]
    authorities: tuple[bytes, ...]


class CertificateVerify(NamedTuple):
    """``algorithm`` is hash and signature as TLS 1.2 numbers them, None before; ``trailing`` octets are too many."""

    algorithm: int | None
    signature: bytes
    trailing: bytes


def client_hello(body: bytes) -> ClientHello:
    """Parse a ClientHello as far as needed; raises Malformed."""
    cursor = Cursor(body, "ClientHello")
    return ClientHello(cursor.number(2), cursor.take(32), cursor.vector(1))


def server_hello(body: bytes) -> ServerHello:
    """Parse a ServerHello; raises Malformed."""
    cursor = Cursor(body, "ServerHello")
    version, random, session, suite = cursor.number(2), cursor.take(32), cursor.vector(1), cursor.number(2)
    cursor.take(1)
    if cursor.left:
        extensions = cursor.inside(2)
        while extensions.left:
            kind, content = extensions.number(2), extensions.vector(2)
            if kind == _SUPPORTED_VERSIONS and len(content) == 2:
                version = int.from_bytes(content, "big")
    return ServerHello(version, random, session, suite)


def certificates(body: bytes) -> tuple[bytes, ...]:
    """Cut a Certificate message into DER certificates; raises Malformed."""
    cursor = Cursor(body, "Certificate message").inside(3)
    chain = []
    while cursor.left:
        chain.append(cursor.vector(3))
    return tuple(chain)


def certificate_message(chain: tuple[bytes, ...]) -> bytes:
    """Put a Certificate message together, header included."""
    entries = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    body = len(entries).to_bytes(3, "big") + entries
    return bytes((Kind.CERTIFICATE,)) + len(body).to_bytes(3, "big") + body


def certificate_request(body: bytes, version: int) -> CertificateRequest:
    """Parse a CertificateRequest; raises Malformed."""
    cursor = Cursor(body, "CertificateRequest")
    types = tuple(cursor.vector(1))
    algorithms = cursor.vector(2) if version >= TLS_1_2 else b""
    pairs = tuple(int.from_bytes(algorithms[i : i + 2], "big") for i in range(0, len(algorithms) - 1, 2))
    names = cursor.inside(2)
    authorities = []
    while names.left:
        authorities.append(names.vector(2))
    return CertificateRequest(types, pairs, tuple(authorities))


def certificate_verify(body: bytes, *, with_algorithm: bool) -> CertificateVerify:
    """Parse a CertificateVerify; raises Malformed. Before TLS 1.2 it has no algorithm."""
    cursor = Cursor(body, "CertificateVerify")
    algorithm = cursor.number(2) if with_algorithm else None
    signature = cursor.vector(2)
    return CertificateVerify(algorithm, signature, cursor.take(cursor.left))


def server_signature(body: bytes, version: int) -> bytes | None:
    """Return the signature in a ServerKeyExchange of ECDHE on a named curve, None for other ones; raises Malformed."""
    cursor = Cursor(body, "ServerKeyExchange")
    if cursor.number(1) != _NAMED_CURVE:
        return None
    cursor.take(2)
    cursor.vector(1)
    if version >= TLS_1_2:
        cursor.take(2)
    return cursor.vector(2)
