"""The module's TLS server: server sockets of the kinds ``s1`` (one-way) and ``s2`` (mutual), and HTTPS."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.faults.fired import FaultPoints
from firmware_model.tls.nonces import SEED_SIZE, HandshakeNonces
from firmware_model.tls.stream import TlsStream
from firmware_model.tls.worker import in_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.faults import Faults
    from firmware_model.outside import Entropy, RandomSource, Stream, Timeline
    from firmware_model.tls.capabilities import TlsCapabilities
    from firmware_model.tls.credentials import CredentialStore
    from firmware_model.tls.faults.fired import FiredFaults
    from firmware_model.tls.memory_socket import MemorySocket
    from firmware_model.tls.progress import Journal
    from firmware_model.tls.server_connection import ServerConnection


class TlsServer:
    """Wraps accepted TCP connections in TLS with what the credential store holds at that moment.

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
        self._ports = 0

    @contextmanager
    def port(self) -> Iterator[None]:
        """Have one more port with TLS. Raises AtError 75 when there are as many as the firmware can hold."""
        if self._ports >= self._capabilities.servers:
            raise AtError(Error.TOO_MANY_SOCKETS)
        self._ports += 1
        try:
            yield
        finally:
            self._ports -= 1

    async def is_ready(self, *, mutual: bool) -> bool:
        """Whether certificate and key are stored and, for ``mutual``, a CA to judge clients by."""
        return await in_worker(self._has_credentials, mutual)

    def accept(self, stream: Stream, *, mutual: bool) -> TlsStream:
        """Return a stream over an accepted one; nothing is sent before its ``handshake``.

        ``mutual`` asks for a client certificate and refuses a client without one. Certificate and key are taken
        from the store when the handshake begins; it fails when they are gone.
        """
        return TlsStream(
            stream, partial(self._begin, mutual), self._timeline, self._points, peer="client", announced=False
        )

    def _has_credentials(self, mutual: bool) -> bool:
        return self._credentials.client() is not None and (self._credentials.has_ca or not mutual)

    def _begin(self, mutual: bool, faults: FiredFaults) -> Callable[[MemorySocket, Journal], ServerConnection]:
        """Draw time and chance for one handshake; the result does the heavy rest on a worker thread."""
        nonces = HandshakeNonces(self._entropy.stream("signature nonce").octets(SEED_SIZE))
        ephemeral = HandshakeNonces(self._entropy.stream("tls ephemeral").octets(SEED_SIZE))
        return partial(self._build, mutual, self._now(), nonces, ephemeral, faults)

    def _build(
        self,
        mutual: bool,
        now: float,
        nonces: RandomSource,
        ephemeral: RandomSource,
        faults: FiredFaults,
        socket: MemorySocket,
        journal: Journal,
    ) -> ServerConnection:
        from firmware_model.tls.server_connection import ServerConnection, ServerPlan
        from firmware_model.tls.tlslite_keys import server_key
        from firmware_model.tls.validation import Expectation

        own = self._credentials.client()
        if own is None:
            raise FileNotFoundError("certificate and key are no longer stored")
        ecc = self._capabilities.ecc
        expected = (
            Expectation(self._credentials.ca(), now, "", ecc, ca_file=self._credentials.ca_from_file)
            if mutual
            else None
        )
        plan = ServerPlan(self._capabilities, own.chain, server_key(own.key, nonces), expected, ephemeral, faults)
        return ServerConnection(socket, plan, journal)
