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
from firmware_model.faults import FaultPoint
from firmware_model.tls.client_hello import handshake_settings, shape
from firmware_model.tls.ephemeral import ClientExchange
from firmware_model.tls.faultable_connection import FaultableConnection
from firmware_model.tls.faults.hashing import Hashing
from firmware_model.tls.faults.transcript import split
from firmware_model.tls.private_key import EcPrivateKey
from firmware_model.tls.progress import Loaded, LoadedItem
from firmware_model.tls.recorded_connection import certificate_message
from firmware_model.tls.signature import minimal
from firmware_model.tls.signing import Signature, sign
from firmware_model.tls.tlslite_keys import StandIn
from firmware_model.tls.validation import Expectation, is_dns_name

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from firmware_model.outside import RandomSource
    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.failures import CertificateError
    from firmware_model.tls.faults.fired import FiredFaults
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.private_key import PrivateKey
    from firmware_model.tls.progress import Journal

_RSA_PAIR = (HashAlgorithm.none, SignatureAlgorithm.rsa)
_NO_CERTIFICATE = certificate_message(())
_NO_SITE_OF_THAT_NAME = bytes((AlertLevel.warning, AlertDescription.unrecognized_name))
"""A server merely remarks on the name; tlslite-ng would give up (RFC 6066)."""


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """What answers a CertificateRequest: the chain in DER as it is stored, and the key that signs.

    ``nonces`` gives those of an ECDSA signature.
    """

    chain: tuple[bytes, ...]
    key: PrivateKey
    nonces: RandomSource


@dataclass(frozen=True, slots=True)
class HandshakePlan:
    """Everything a handshake needs to know beforehand.

    ``random`` are the 32 octets of the ClientHello, ``ephemeral`` gives what else lasts for this connection,
    ``faults`` are those that fire in this handshake as a whole.
    """

    capabilities: TlsCapabilities
    expected: Expectation
    identity: ClientIdentity | None
    random: bytes
    ephemeral: RandomSource
    faults: FiredFaults


class ModuleConnection(FaultableConnection):
    """One connection of the module as a client."""

    def __init__(self, socket: MemorySocket, plan: HandshakePlan, journal: Journal) -> None:
        super().__init__(socket, journal, plan.ephemeral, plan.faults)
        self._plan = plan
        self._offered: tuple[tuple[int, int], ...] = ()
        self._signs = False

    def _shake_hands(self) -> Iterator[int]:
        identity, host = self._plan.identity, self._plan.expected.host
        stand_in = StandIn(identity.key) if identity else None
        yield from self.handshakeClientCert(
            certChain=_chain(identity.chain, stand_in.key_type) if identity and stand_in else None,
            privateKey=stand_in,
            settings=handshake_settings(self._plan.capabilities),
            serverName=host if is_dns_name(host) and is_valid_hostname(host) else None,
            async_=True,
        )
        self._finish()

    def _make(self, message: Any) -> Generator[int, None, Any]:
        identity = self._plan.identity
        if isinstance(message, ClientHello):
            shape(message, self._plan.random)
        elif isinstance(message, Certificate) and identity:
            message = yield from self._present(message, identity.chain)
            self._signs = bytes(message.write()) != _NO_CERTIFICATE
            if self._signs:
                self._journal.extend((Loaded(LoadedItem.CERTIFICATE), Loaded(LoadedItem.KEY)))
        elif isinstance(message, CertificateVerify) and identity:
            if not self._signs:
                return None
            message = yield from self._signed(message, identity)
        return message

    def _signed(self, message: CertificateVerify, identity: ClientIdentity) -> Generator[int, None, CertificateVerify]:
        """Fill ``message``, in which tlslite-ng has chosen the algorithm, with the module's signature."""
        faults = yield from self._ask(FaultPoint.SIGNATURE)
        made = sign(
            split(bytes(self._handshake_hash._handshake_buffer)),  # noqa: SLF001  there is no public way
            self._hashing(message.signatureAlgorithm, identity.key),
            identity.key,
            identity.nonces,
            faults,
            self._presenting,
        )
        if made.hashing.announced is not None:
            _, kind = message.signatureAlgorithm
            message.signatureAlgorithm = (getattr(HashAlgorithm, made.hashing.announced), kind)
        message.signature = bytearray(made.encoded)
        event = _signature_made(made, identity.key, [*self._presenting.acted, *faults.acted])
        self._journal.append(event._replace(connection=self.number))
        return message

    def _hashing(self, chosen: tuple[int, int] | None, key: PrivateKey) -> Hashing:
        if self.version < (3, 3) or chosen is None:
            return Hashing("sha1" if isinstance(key, EcPrivateKey) else "md5+sha1", None)
        name = str(HashAlgorithm.toRepr(chosen[0]))
        others = (HashAlgorithm.toRepr(hash_id) for hash_id, kind in self._offered if kind == chosen[1])
        return Hashing(name, name, tuple(str(other) for other in others if other))

    def _clientKeyExchange(self, *arguments: Any) -> Iterator[Any]:  # noqa: N802
        *others, exchange = arguments
        yield from super()._clientKeyExchange(*others, ClientExchange(exchange, self._ephemeral))

    def _getMsg(self, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: N802
        for result in super()._getMsg(*arguments, **options):
            if isinstance(result, CertificateRequest) and self.version == (3, 3):
                self._offered = tuple(result.supported_signature_algs)
                _admit_any_signature(result)
            yield result

    def _is_for_us(self, name: str, octets: bytes) -> Generator[int, None, bool]:
        if name == "Certificate" and (error := (yield from self._judge(octets, self._plan.expected))) is not None:
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


def _signature_made(made: Signature, key: PrivateKey, faults: list[str]) -> SignatureMade:
    """Tell of a signature; faults are named without the point where they act."""
    fault = "+".join(name.partition("=")[2] for name in faults) or "none"
    hash_name = made.hashing.announced or made.hashing.used
    if made.ecdsa is None or not isinstance(key, EcPrivateKey):
        return SignatureMade("rsa", "", hash_name, made.encoded, fault, None, None, None)
    numbers = made.ecdsa.numbers
    return SignatureMade(
        algorithm="ecdsa",
        curve=str(key.signing_key.curve.openssl_name),
        hash_name=hash_name,
        encoded=made.encoded,
        fault=fault,
        r_top_bit=minimal(numbers.r)[0] >> 7,
        s_top_bit=minimal(numbers.s)[0] >> 7,
        strict_der=made.strict_der,
    )


def _admit_any_signature(request: CertificateRequest) -> None:
    """Add a pair that nobody uses: tlslite-ng aborts when a server lists no RSA at all."""
    if all(algorithm != SignatureAlgorithm.rsa for _, algorithm in request.supported_signature_algs):
        request.supported_signature_algs = [*request.supported_signature_algs, _RSA_PAIR]


def _chain(ders: tuple[bytes, ...], key_type: str) -> X509CertChain:
    """Wrap the chain without parsing it: what was stored is sent, whether or not the key fits."""
    certificates = []
    for der in ders:
        certificate = X509()
        certificate.bytes = bytearray(der)
        certificate.certAlg = key_type
        certificates.append(certificate)
    return X509CertChain(certificates)
