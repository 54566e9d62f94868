"""The handshake of the module as a server: tlslite-ng's, with the module's own judgement of client certificates."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from tlslite.api import X509, X509CertChain
from tlslite.constants import AlertDescription
from tlslite.errors import TLSLocalAlert
from tlslite.keyexchange import AECDHKeyExchange
from tlslite.messages import Certificate

from firmware_model.tls.client_hello import handshake_settings
from firmware_model.tls.ephemeral import ServerExchange
from firmware_model.tls.faultable_connection import FaultableConnection
from firmware_model.tls.recorded_connection import certificate_message

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tlslite.keyexchange import KeyExchange
    from tlslite.messages import ClientHello, ServerHello
    from tlslite.utils.python_rsakey import Python_RSAKey

    from firmware_model.outside import RandomSource
    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.faults.fired import FiredFaults
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal
    from firmware_model.tls.tlslite_keys import EcdsaServerKey
    from firmware_model.tls.validation import Expectation

_RANDOM_SIZE = 32


class ServerPlan(NamedTuple):
    """Everything a handshake needs to know beforehand.

    ``chain`` is the module's own in DER, in the order in which it is sent; ``expected`` is what a client's
    certificates are held against, None when none is asked for; ``ephemeral`` gives what lasts for this connection;
    ``faults`` are those that fire in this handshake as a whole.
    """

    capabilities: TlsCapabilities
    chain: tuple[bytes, ...]
    key: EcdsaServerKey | Python_RSAKey
    expected: Expectation | None
    ephemeral: RandomSource
    faults: FiredFaults


class ServerConnection(FaultableConnection):
    """One connection of the module as a server."""

    def __init__(self, socket: MemorySocket, plan: ServerPlan, journal: Journal) -> None:
        super().__init__(socket, journal, plan.ephemeral, plan.faults)
        self._plan = plan

    def _shake_hands(self) -> Iterator[int]:
        yield from self.handshakeServerAsync(
            certChain=X509CertChain([_parsed(der) for der in self._plan.chain]),
            privateKey=self._plan.key,
            reqCert=self._plan.expected is not None,
            settings=handshake_settings(self._plan.capabilities),
        )
        self._finish()

    def _serverCertKeyExchange(  # noqa: N802
        self,
        clientHello: ClientHello,  # noqa: N803
        serverHello: ServerHello,  # noqa: N803
        sigHashAlg: str,  # noqa: N803
        serverCertChain: X509CertChain,  # noqa: N803
        keyExchange: KeyExchange,  # noqa: N803
        *others: Any,
    ) -> Iterator[Any]:
        # Below TLS 1.2 the last eight octets say that a better version would have been possible (RFC 8446, 4.1.3).
        ours = _RANDOM_SIZE if self.version >= (3, 3) else _RANDOM_SIZE - 8
        serverHello.random[:ours] = self._ephemeral.octets(ours)
        exchange = keyExchange
        if isinstance(keyExchange, AECDHKeyExchange):
            exchange = ServerExchange(keyExchange, self._ephemeral)
        yield from super()._serverCertKeyExchange(
            clientHello, serverHello, sigHashAlg, serverCertChain, exchange, *others
        )

    def _make(self, message: Any) -> Generator[int, None, Any]:
        if isinstance(message, Certificate):
            return (yield from self._present(message, self._plan.chain))
        return message

    def _is_for_us(self, name: str, octets: bytes) -> Generator[int, None, bool]:
        if name == "Certificate" and self._plan.expected is not None:
            if octets == _NO_CERTIFICATE:
                yield from self._sendError(AlertDescription.handshake_failure, "the client has no certificate")
            error = yield from self._judge(octets, self._plan.expected)
            if error is not None:
                with suppress(TLSLocalAlert):
                    yield from self._sendError(self._plan.capabilities.alert_on_bad_certificate)
                raise error
        return True


_NO_CERTIFICATE = certificate_message(())
"""The Certificate message of a client that has none."""


def _parsed(der: bytes) -> X509:
    certificate = X509()
    certificate.parseBinary(bytearray(der))
    return certificate
