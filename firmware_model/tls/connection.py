"""The handshake of the module: tlslite-ng's client, listened to and bent where the module differs.

Importing this module costs some 200 ms, as it brings tlslite-ng along; only a worker thread does it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlslite.api import TLSConnection, X509CertChain
from tlslite.constants import (
    AlertDescription,
    AlertLevel,
    CipherSuite,
    ContentType,
    HandshakeType,
    HashAlgorithm,
    SignatureAlgorithm,
)
from tlslite.errors import TLSError, TLSLocalAlert
from tlslite.messages import Certificate, CertificateRequest, CertificateVerify, ClientHello
from tlslite.utils.codec import DecodeError, Parser
from tlslite.utils.dns_utils import is_valid_hostname
from tlslite.x509 import X509

from firmware_model.events import SignatureMade, TlsFinished, TlsMessage
from firmware_model.tls.client_hello import handshake_settings, shape
from firmware_model.tls.client_key import EcdsaClientKey
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.progress import Loaded, LoadedItem
from firmware_model.tls.validation import Expectation, is_dns_name, validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from tlslite.utils.python_rsakey import Python_RSAKey

    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal

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

_RSA_PAIR = (HashAlgorithm.none, SignatureAlgorithm.rsa)


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """What answers a CertificateRequest: the chain in DER as it is sent, and the key that signs."""

    chain: tuple[bytes, ...]
    key: EcdsaClientKey | Python_RSAKey


@dataclass(frozen=True, slots=True)
class HandshakePlan:
    """Everything a handshake needs to know beforehand; ``random`` are the 32 octets of the ClientHello."""

    capabilities: TlsCapabilities
    expected: Expectation
    identity: ClientIdentity | None
    random: bytes


class ModuleConnection(TLSConnection):  # type: ignore[misc]  # tlslite-ng has no types
    """One connection; all generators yield 0 while they wait for octets from the network."""

    def __init__(self, socket: MemorySocket, plan: HandshakePlan, journal: Journal) -> None:
        super().__init__(socket)
        self.ignoreAbruptClose = True
        self.handshake_messages_sent: list[str] = []
        self._plan = plan
        self._journal = journal

    def handshake(self) -> Iterator[int]:
        """Perform the handshake; raises CertificateError, OSError or an error of tlslite-ng's."""
        identity, host = self._plan.identity, self._plan.expected.host
        yield from self.handshakeClientCert(
            certChain=_chain(identity) if identity else None,
            privateKey=identity.key if identity else None,
            settings=handshake_settings(self._plan.capabilities),
            serverName=host if is_dns_name(host) and is_valid_hostname(host) else None,
            async_=True,
        )
        suite = CipherSuite.ietfNames[self.session.cipherSuite]
        self._journal.append(TlsFinished(_VERSIONS[self.version], suite))

    def _sendMsg(  # noqa: N802
        self,
        msg: Any,
        randomizeFirstBlock: bool = True,  # noqa: N803
        update_hashes: bool = True,
    ) -> Iterator[int]:
        if isinstance(msg, ClientHello):
            shape(msg, self._plan.random)
        elif isinstance(msg, Certificate) and self._plan.identity:
            self._journal.extend((Loaded(LoadedItem.CERTIFICATE), Loaded(LoadedItem.KEY)))
        elif isinstance(msg, CertificateVerify):
            self._journal.append(self._signature_made(msg))
        if msg.contentType != ContentType.application_data:
            name = self._record("sent", msg.contentType, bytes(msg.write()))
            if msg.contentType == ContentType.handshake:
                self.handshake_messages_sent.append(name)
        yield from super()._sendMsg(msg, randomizeFirstBlock, update_hashes)

    def _getMsg(self, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: N802
        for result in super()._getMsg(*arguments, **options):
            if isinstance(result, CertificateRequest) and self.version == (3, 3):
                _admit_any_signature(result)
            yield result

    def _getNextRecord(self) -> Iterator[Any]:  # noqa: N802
        """Listen to what comes in: each handshake message whole, before tlslite-ng parses it."""
        for result in super()._getNextRecord():
            if result in (0, 1):
                yield result
                continue
            header, parser = result
            octets = bytes(parser.bytes)
            if header.type == ContentType.application_data:
                yield result
                continue
            name = self._record("received", header.type, octets)
            if _is_warning_about_the_name(header.type, octets):
                continue
            if name == "Certificate" and (error := self._refusal(octets)) is not None:
                yield from self._refuse(error)
            yield result

    def _refusal(self, message: bytes) -> CertificateError | None:
        """Judge the server's Certificate message; a malformed one is left to tlslite-ng."""
        try:
            chain = _certificates(message)
        except DecodeError:
            return None
        if not chain:
            return None
        try:
            self._journal.extend(validate(chain, self._plan.expected))
        except CertificateError as error:
            return error
        return None

    def _refuse(self, error: CertificateError) -> Iterator[int]:
        """Send the alert and raise ``error``.

        The rest of the server's flight is read first: a connection that is closed with unread octets is reset,
        and a reset can overtake the alert.
        """
        with suppress(TLSError, OSError):
            yield from self._rest_of_flight()
        with suppress(TLSLocalAlert):
            yield from self._sendError(self._plan.capabilities.alert_on_bad_certificate)
        raise error

    def _rest_of_flight(self) -> Iterator[int]:
        for result in super()._getNextRecord():
            if result in (0, 1):
                yield result
                continue
            header, parser = result
            name = self._record("received", header.type, bytes(parser.bytes))
            if name in ("ServerHelloDone", "Alert"):
                return

    def _signature_made(self, message: CertificateVerify) -> SignatureMade:
        encoded = bytes(message.signature)
        chosen = message.signatureAlgorithm
        key = self._plan.identity.key if self._plan.identity else None
        if not isinstance(key, EcdsaClientKey) or key.made is None:
            hash_name = HashAlgorithm.toRepr(chosen[0]) if chosen else "md5+sha1"
            return SignatureMade("rsa", "", hash_name, encoded, "none", None, None, None)
        made = key.made
        return SignatureMade(
            algorithm="ecdsa",
            curve=key.curve,
            hash_name=HashAlgorithm.toRepr(chosen[0]) if chosen else "sha1",
            encoded=encoded,
            fault=made.fault.value,
            r_top_bit=made.r_top_bit,
            s_top_bit=made.s_top_bit,
            strict_der=made.strict_der,
        )

    def _record(self, direction: Literal["sent", "received"], content_type: int, octets: bytes) -> str:
        """Put one message into the journal and return its name."""
        name = _name(content_type, octets)
        self._journal.append(TlsMessage(direction, name, octets))
        return name


def _name(content_type: int, octets: bytes) -> str:
    if content_type == ContentType.handshake:
        return _NAMES.get(octets[0], f"handshake message {octets[0]}")
    if content_type == ContentType.alert:
        return "Alert"
    if content_type == ContentType.change_cipher_spec:
        return "ChangeCipherSpec"
    return f"record of type {content_type}"


def _is_warning_about_the_name(content_type: int, octets: bytes) -> bool:
    """Whether a server merely remarks that it has no site of our name; tlslite-ng would give up (RFC 6066)."""
    return content_type == ContentType.alert and octets == bytes(
        (AlertLevel.warning, AlertDescription.unrecognized_name)
    )


def _admit_any_signature(request: CertificateRequest) -> None:
    """Add a pair that nobody uses: tlslite-ng aborts when a server lists no RSA at all."""
    if all(algorithm != SignatureAlgorithm.rsa for _, algorithm in request.supported_signature_algs):
        request.supported_signature_algs = [*request.supported_signature_algs, _RSA_PAIR]


def _certificates(message: bytes) -> list[bytes]:
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


def _chain(identity: ClientIdentity) -> X509CertChain:
    """Wrap the chain without parsing it: what was stored is sent, whether or not the key fits."""
    certificates = []
    for der in identity.chain:
        certificate = X509()
        certificate.bytes = bytearray(der)
        certificate.certAlg = identity.key.key_type
        certificates.append(certificate)
    return X509CertChain(certificates)
