"""A module's TLS client with everything it needs, for the tests that perform handshakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from firmware_model.tls.client import TlsCapabilities, TlsClient, TlsStream
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.slots import Slot
from tests.doubles import ArmedFaults, RecordingTimeline, TcpStream
from tests.tls.certificates import NOW

if TYPE_CHECKING:
    from emulator.peers.authority import Authority, Identity
    from firmware_model.outside import Stream
    from firmware_model.tls.progress import Progress

ADDRESS = "192.168.0.2"


class Client:
    """A client whose store, faults and timeline are at hand."""

    def __init__(self, ca: Authority | None, own: Identity | None = None, *, seed: int = 1, ecc: bool = True) -> None:
        self.timeline = RecordingTimeline()
        self.faults = ArmedFaults()
        self.store = CredentialStore(MemoryFlash(), self.timeline)
        if ca is not None:
            self.store.store(Slot.CA, ca.certificate_der)
        if own is not None:
            self.store.store(Slot.CERT, own.bundle_der)
            self.store.store(Slot.KEY, own.key_der)
        self.tls = TlsClient(
            self.store,
            self.faults,
            TlsCapabilities(ecc=ecc),
            SeededEntropy(seed),
            self.timeline,
            lambda: NOW,
        )

    async def connect(self, port: int, host: str = ADDRESS) -> TlsStream:
        """A stream to a server of this machine, before its handshake."""
        return self.tls.connect(await TcpStream.connect("127.0.0.1", port), host)

    def over(self, stream: Stream, host: str = ADDRESS) -> TlsStream:
        """A TLS stream over ``stream``, before its handshake."""
        return self.tls.connect(stream, host)


async def shake_hands(stream: TlsStream) -> list[Progress]:
    """Perform the handshake and return what was reported."""
    return [progress async for progress in stream.handshake()]
