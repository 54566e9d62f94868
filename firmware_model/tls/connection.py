"""The handshake of the module: tlslite-ng's client, listened to and bent where the module differs.

Importing this module costs some 200 ms, as it brings tlslite-ng along; only a worker thread does it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlslite.api import X509CertChain
from tlslite.constants import AlertDescription, AlertLevel, HashAlgorithm, SignatureAlgorithm
from tlslite.errors import TLSError, TLSLocalAlert
from tlslite.messages import Certificate, CertificateRequest, CertificateVerify, ClientHello
from tlslite.utils.dns_utils import is_valid_hostname
from tlslite.x509 import X509

from firmware_model.events import SignatureMade
from firmware_model.tls.client_hello import handshake_settings, shape
from firmware_model.tls.client_key import EcdsaClientKey
from firmware_model.tls.progress import Loaded, LoadedItem
from firmware_model.tls.recorded_connection import RecordedConnection
from firmware_model.tls.validation import Expectation, is_dns_name

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tlslite.utils.python_rsakey import Python_RSAKey

    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.failures import CertificateError
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal

_RSA_PAIR = (HashAlgorithm.none, SignatureAlgorithm.rsa)
_NO_SITE_OF_THAT_NAME = bytes((AlertLevel.warning, AlertDescription.unrecognized_name))
"""A server merely remarks on the name; tlslite-ng would give up (RFC 6066)."""


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


class ModuleConnection(RecordedConnection):
    """One connection of the module as a client."""

    def __init__(self, socket: MemorySocket, plan: HandshakePlan, journal: Journal) -> None:
        super().__init__(socket, journal)
        self._plan = plan

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
        self._finish()

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
        yield from super()._sendMsg(msg, randomizeFirstBlock, update_hashes)

    def _getMsg(self, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: N802
        for result in super()._getMsg(*arguments, **options):
            if isinstance(result, CertificateRequest) and self.version == (3, 3):
                _admit_any_signature(result)
            yield result

    def _is_for_us(self, name: str, octets: bytes) -> Generator[int, None, bool]:
        if name == "Certificate" and (error := self._refusal(octets, self._plan.expected)) is not None:
            yield from self._refuse(error)
        return name != "Alert" or octets != _NO_SITE_OF_THAT_NAME

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
        for result in self._hear():
            if isinstance(result, int):
                yield result
            elif result.name in ("ServerHelloDone", "Alert"):
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


def _admit_any_signature(request: CertificateRequest) -> None:
    """Add a pair that nobody uses: tlslite-ng aborts when a server lists no RSA at all."""
    if all(algorithm != SignatureAlgorithm.rsa for _, algorithm in request.supported_signature_algs):
        request.supported_signature_algs = [*request.supported_signature_algs, _RSA_PAIR]


def _chain(identity: ClientIdentity) -> X509CertChain:
    """Wrap the chain without parsing it: what was stored is sent, whether or not the key fits."""
    certificates = []
    for der in identity.chain:
        certificate = X509()
        certificate.bytes = bytearray(der)
        certificate.certAlg = identity.key.key_type
        certificates.append(certificate)
    return X509CertChain(certificates)
