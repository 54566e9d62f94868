"""What the module's client and its server have in common: tlslite-ng's connection, listened to.

Importing this module costs some 200 ms, as it brings tlslite-ng along; only a worker thread does it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from tlslite.api import TLSConnection
from tlslite.constants import CipherSuite, ContentType, HandshakeType
from tlslite.utils.codec import DecodeError, Parser

from firmware_model.events import TlsFinished, TlsMessage, TlsSecrets
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.validation import validate

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from firmware_model.events import Direction
    from firmware_model.outside import RandomSource
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal
    from firmware_model.tls.validation import Expectation

_NAMES = {
    HandshakeType.hello_request: "HelloRequest",
    HandshakeType.client_hello: "ClientHello",
    HandshakeType.server_hello: "ServerHello",
    HandshakeType.new_session_ticket: "NewSessionTicket",
    HandshakeType.certificate: "Certificate",
    HandshakeType.server_key_exchange: "ServerKeyExchange",
    HandshakeType.certificate_request: "CertificateRequest",
    HandshakeType.server_hello_done: "ServerHelloDone",
    HandshakeType.certificate_verify: "CertificateVerify",
    HandshakeType.client_key_exchange: "ClientKeyExchange",
    HandshakeType.finished: "Finished",
    HandshakeType.certificate_status: "CertificateStatus",
}

_VERSIONS = {(3, 1): "TLS 1.0", (3, 2): "TLS 1.1", (3, 3): "TLS 1.2"}


class Heard(NamedTuple):
    """What came in: a message by its name, or application data without one; ``record`` as tlslite-ng has it."""

    name: str | None
    octets: bytes
    record: Any


class RecordedConnection(TLSConnection):  # type: ignore[misc]  # tlslite-ng has no types
    """One connection; all generators yield 0 while they wait for octets from the network."""

    def __init__(self, socket: MemorySocket, journal: Journal, ephemeral: RandomSource) -> None:
        """Draw what lasts for one connection from ``ephemeral``."""
        super().__init__(socket)
        self.ignoreAbruptClose = True
        self.handshake_messages_sent: list[str] = []
        self.number = 0
        """What the log calls the TCP connection below."""
        self._journal = journal
        self._ephemeral = ephemeral

    @abstractmethod
    def handshake(self) -> Iterator[int]:
        """Perform the handshake; raises CertificateError, OSError or an error of tlslite-ng's."""

    def _finish(self) -> None:
        """Put the end of a good handshake into the journal."""
        suite = CipherSuite.ietfNames[self.session.cipherSuite]
        self._journal.append(TlsFinished(_VERSIONS[self.version], suite, self.number))

    def _sendMsg(  # noqa: N802
        self,
        msg: Any,
        randomizeFirstBlock: bool = True,  # noqa: N803
        update_hashes: bool = True,
    ) -> Iterator[int]:
        if msg.contentType != ContentType.application_data:
            name = self._record("sent", msg.contentType, bytes(msg.write()))
            if msg.contentType == ContentType.handshake:
                self.handshake_messages_sent.append(name)
        yield from super()._sendMsg(msg, randomizeFirstBlock, update_hashes)

    def _getNextRecord(self) -> Iterator[Any]:  # noqa: N802
        """Listen to what comes in: each handshake message whole, before tlslite-ng parses it."""
        for result in self._hear():
            if isinstance(result, Heard):
                if result.name is None or (yield from self._is_for_us(result.name, result.octets)):
                    yield result.record
            else:
                yield result

    def _hear(self) -> Iterator[int | Heard]:
        """Read and record what comes in, without a look at it."""
        for result in super()._getNextRecord():
            if result in (0, 1):
                yield result
                continue
            header, parser = result
            if header.type == ContentType.application_data:
                yield Heard(None, b"", result)
                continue
            octets = bytes(parser.bytes)
            yield Heard(self._record("received", header.type, octets), octets, result)

    def _is_for_us(self, name: str, octets: bytes) -> Generator[int, None, bool]:  # noqa: ARG002
        """Look at a message beforehand; the generator's value tells whether tlslite-ng gets to see it."""
        yield from ()
        return True

    def _refusal(self, message: bytes, expected: Expectation) -> CertificateError | None:
        """Judge the peer's Certificate message; a malformed or empty one is left to tlslite-ng."""
        try:
            chain = certificates_of(message)
        except DecodeError:
            return None
        if not chain:
            return None
        try:
            self._journal.extend(validate(chain, expected))
        except CertificateError as error:
            return error
        return None

    def _calcPendingStates(  # noqa: N802
        self,
        cipherSuite: int,  # noqa: N803
        masterSecret: bytearray,  # noqa: N803
        clientRandom: bytearray,  # noqa: N803
        serverRandom: bytearray,  # noqa: N803
        implementations: list[str],
    ) -> None:
        """Note the secrets before the first record that they protect, and draw what CBC begins with."""
        self._journal.append(TlsSecrets(bytes(clientRandom), bytes(masterSecret), self.number))
        super()._calcPendingStates(cipherSuite, masterSecret, clientRandom, serverRandom, implementations)
        if self._recordLayer.fixedIVBlock is not None:
            self._recordLayer.fixedIVBlock = bytearray(self._ephemeral.octets(len(self._recordLayer.fixedIVBlock)))

    def _record(self, direction: Direction, content_type: int, octets: bytes) -> str:
        """Put one message into the journal and return its name."""
        name = message_name(content_type, octets)
        self._journal.append(TlsMessage(direction, name, octets, self.number))
        return name


def certificates_of(message: bytes) -> list[bytes]:
    """Cut a Certificate message into its DER certificates; raises DecodeError."""
    parser = Parser(bytearray(message))
    parser.get(1)
    parser.startLengthCheck(3)
    entries = Parser(parser.getVarBytes(3))
    parser.stopLengthCheck()
    chain = []
    while entries.getRemainingLength():
        chain.append(bytes(entries.getVarBytes(3)))
    return chain


def certificate_message(chain: tuple[bytes, ...]) -> bytes:
    """Make a Certificate message of DER certificates (RFC 5246, 7.4.2)."""
    entries = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    content = len(entries).to_bytes(3, "big") + entries
    return bytes((HandshakeType.certificate,)) + len(content).to_bytes(3, "big") + content


def message_name(content_type: int, octets: bytes) -> str:
    """How the log calls a message."""
    if content_type == ContentType.handshake:
        return _NAMES.get(octets[0], f"handshake message {octets[0]}")
    if content_type == ContentType.alert:
        return "Alert"
    if content_type == ContentType.change_cipher_spec:
        return "ChangeCipherSpec"
    return f"record of type {content_type}"
