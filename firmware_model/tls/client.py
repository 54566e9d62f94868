"""The module's TLS client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.capabilities import TlsCapabilities
from firmware_model.tls.failures import CertificateError, TlsError
from firmware_model.tls.faults.fired import FaultPoints
from firmware_model.tls.nonces import SEED_SIZE, HandshakeNonces
from firmware_model.tls.private_key import EcPrivateKey
from firmware_model.tls.stream import TlsStream
from firmware_model.tls.validation import Expectation

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.faults import Faults
    from firmware_model.outside import Entropy, RandomSource, Stream, Timeline
    from firmware_model.tls.connection import ClientIdentity, ModuleConnection
    from firmware_model.tls.credentials import CredentialStore
    from firmware_model.tls.faults.fired import FiredFaults
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal

__all__ = ["CertificateError", "TlsCapabilities", "TlsClient", "TlsError", "TlsStream"]

_RANDOM_SIZE = 32


class TlsClient:
    """Wraps TCP connections in TLS with what the credential store holds at that moment.

    ``now`` is the module's time in epoch seconds, against which certificates are dated.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        faults: Faults,
        capabilities: TlsCapabilities,
        entropy: Entropy,
        timeline: Timeline,
        now: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._points = FaultPoints(faults, entropy)
        self._capabilities = capabilities
        self._entropy = entropy
        self._timeline = timeline
        self._now = now
        self._streams: WeakSet[TlsStream] = WeakSet()

    def require_room(self) -> None:
        """Raise AtError 75 when as many connections are open as the firmware can hold."""
        if self._active >= self._capabilities.clients:
            raise AtError(Error.TOO_MANY_SOCKETS)

    def connect(self, stream: Stream, host: str, *, common_name: bool = False) -> TlsStream:
        """Return a stream over ``stream``; nothing is sent before its ``handshake``.

        ``host`` is the name as the command gave it: server name indication and name check use it, unless it
        is an address; one that was given as the server's ``common_name`` is checked in any case. An empty one is
        neither sent nor checked. Progress is reported for the first connection alone, which creates the TLS
        context: as long as any is open the context is there (GHI, XC-UART).
        """
        begin = partial(self._begin, host, common_name)
        secured = TlsStream(stream, begin, self._timeline, self._points, announced=self._active == 0)
        self._streams.add(secured)
        return secured

    @property
    def _active(self) -> int:
        return sum(stream.active for stream in self._streams)

    def _begin(
        self, host: str, common_name: bool, faults: FiredFaults
    ) -> Callable[[MemorySocket, Journal], ModuleConnection]:
        """Draw time and chance for one handshake; the result does the heavy rest on a worker thread.

        Raises TlsError when as many connections are open as the firmware can hold.
        """
        if self._active >= self._capabilities.clients:
            raise TlsError(f"the firmware holds {self._capabilities.clients} TLS connections at most; close one")
        return partial(
            self._build,
            host,
            common_name,
            self._now(),
            self._entropy.stream("client random").octets(_RANDOM_SIZE),
            HandshakeNonces(self._entropy.stream("signature nonce").octets(SEED_SIZE)),
            HandshakeNonces(self._entropy.stream("tls ephemeral").octets(SEED_SIZE)),
            faults,
        )

    def _build(
        self,
        host: str,
        common_name: bool,
        now: float,
        random: bytes,
        nonces: RandomSource,
        ephemeral: RandomSource,
        faults: FiredFaults,
        socket: MemorySocket,
        journal: Journal,
    ) -> ModuleConnection:
        from firmware_model.tls.connection import HandshakePlan, ModuleConnection

        ecc = self._capabilities.ecc
        plan = HandshakePlan(
            capabilities=self._capabilities,
            expected=Expectation(self._credentials.ca(), now, host, ecc, common_name, self._credentials.ca_from_file),
            identity=self._identity(nonces),
            random=random,
            ephemeral=ephemeral,
            faults=faults,
        )
        return ModuleConnection(socket, plan, journal)

    def _identity(self, nonces: RandomSource) -> ClientIdentity | None:
        """Return what a CertificateRequest is answered with; without ECC an EC key is as good as none."""
        from firmware_model.tls.connection import ClientIdentity

        own = self._credentials.client()
        if own is None or (isinstance(own.key, EcPrivateKey) and not self._capabilities.ecc):
            return None
        return ClientIdentity(own.chain, own.key, nonces)
