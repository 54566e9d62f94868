"""The handshake of the module as a server: tlslite-ng's, with the module's own judgement of client certificates."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from tlslite.api import X509, X509CertChain
from tlslite.constants import AlertDescription
from tlslite.errors import TLSLocalAlert
from tlslite.messages import Certificate

from firmware_model.tls.client_hello import handshake_settings
from firmware_model.tls.faultable_connection import FaultableConnection
from firmware_model.tls.recorded_connection import certificate_message

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tlslite.utils.python_rsakey import Python_RSAKey

    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.faults.fired import FiredFaults
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal
    from firmware_model.tls.tlslite_keys import EcdsaServerKey
    from firmware_model.tls.validation import Expectation


class ServerPlan(NamedTuple):
    """Everything a handshake needs to know beforehand.

    ``chain`` is the module's own in DER, in the order in which it is sent; ``expected`` is what a client's
    certificates are held against, None when none is asked for; ``faults`` are those that fire in this handshake as a
    whole.
    """

    capabilities: TlsCapabilities
    chain: tuple[bytes, ...]
    key: EcdsaServerKey | Python_RSAKey
    expected: Expectation | None
    faults: FiredFaults


class ServerConnection(FaultableConnection):
    """One connection of the module as a server."""

    def __init__(self, socket: MemorySocket, plan: ServerPlan, journal: Journal) -> None:
        super().__init__(socket, journal, plan.faults)
        self._plan = plan

    def _shake_hands(self) -> Iterator[int]:
        yield from self.handshakeServerAsync(
            certChain=X509CertChain([_parsed(der) for der in self._plan.chain]),
            privateKey=self._plan.key,
            reqCert=self._plan.expected is not None,
            settings=handshake_settings(self._plan.capabilities),
        )
        self._finish()

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
