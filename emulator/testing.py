"""What test suites of host software need around an emulator, whatever runs them; :mod:`emulator.pytest_plugin` does.

An emulator under test is watched: its last events are kept for the report of a failure, and what the host meets is
counted. Matched servers run in the emulator's own event loop and are mapped into its network.
"""

from __future__ import annotations

import hashlib
from collections import deque
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar

from emulator.blocking import BlockingEmulator
from emulator.host_coverage import HostCoverage
from emulator.peers.echo import TcpEcho, UdpEcho
from emulator.peers.https import HttpsServer
from emulator.peers.peer import Site
from emulator.peers.pki import Pki, make_pki

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from emulator.capture.timeline import Entry
    from emulator.configuration import Settings
    from emulator.emulator import Emulator
    from emulator.peers.mqtt.server import MqttBroker
    from emulator.peers.smtp import SmtpServer
    from emulator.peers.stream_server import Security
    from emulator.peers.tftp import TftpServer

_LAST_EVENTS: Final = 25
PEER_ADDRESS: Final = "192.168.0.2"
"""Where matched servers are on the module's network: the address of the first station in its miniAP."""


class WatchedEmulator(BlockingEmulator):
    """An emulator under test."""

    def __init__(self, settings: Settings) -> None:
        """Take the set-up; nothing is opened yet."""
        super().__init__(settings)
        self.settings = settings
        self.coverage = HostCoverage(settings.firmware)
        """What the host has met."""
        self.last_events: deque[Entry] = deque(maxlen=_LAST_EVENTS)

    def __enter__(self) -> Self:
        """Open the port, and watch."""
        super().__enter__()
        self.run(self._watch)
        return self

    def report(self, transcript: Path | None = None) -> Iterator[str]:
        """The lines that tell how a test went wrong; writes the dialogue to ``transcript``."""
        settings = self.settings
        yield f"firmware={settings.firmware} seed={settings.chosen_seed} time={settings.time} port={self.port}"
        yield f"faults: {self.run(lambda it: str(it.faults))}"
        if transcript is not None:
            transcript.write_text(self.transcript, "latin-1")
            yield f"transcript: {transcript}"
        yield f"the last {len(self.last_events)} events:"
        for entry in list(self.last_events):
            yield f"{entry.time:12.6f} #{entry.number} {' '.join(str(entry.event).split())}"

    def _watch(self, emulator: Emulator) -> None:
        emulator.timeline.subscribe(self.coverage)
        emulator.timeline.subscribe(self.last_events.append)


class _Server(Protocol):
    """A server that has a port while its context is open."""

    @property
    def port(self) -> int: ...

    async def __aenter__(self) -> Any: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any: ...


_AnyServer = TypeVar("_AnyServer", bound=_Server)


class Peers:
    """Matched servers on the module's network, under certificates that are made for the occasion."""

    def __init__(self, emulator: BlockingEmulator) -> None:
        """Start servers for this emulator; they end with the context."""
        self._emulator = emulator
        self._stack = ExitStack()
        self._pki: Pki | None = None

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all servers."""
        self._stack.close()

    @property
    def pki(self) -> Pki:
        """The certificates: root, servers, and a client bundle for the module."""
        if self._pki is None:
            self._pki = make_pki()
        return self._pki

    def start(self, server: _AnyServer, at: str) -> _AnyServer:
        """Start any server and let ``host:port`` of the module's network lead to it. Raises ValueError, OSError."""
        self._emulator.run(lambda _: server.__aenter__())
        self._stack.callback(self._emulator.run, lambda _: server.__aexit__(None, None, None))
        self._emulator.map(f"{at}=127.0.0.1:{server.port}")
        return server

    def https(
        self,
        files: Mapping[str, bytes],
        *,
        at: str = f"{PEER_ADDRESS}:443",
        client_certificates: bool = True,
        silent: bool = False,
        lenient: bool = False,
    ) -> HttpsServer:
        """An HTTPS server as strict as OpenSSL; ``requests`` and ``refusals`` tell what it met.

        A ``lenient`` one takes ECDSA signatures in any encoding from which r and s can be made out.
        """
        ca = self.pki.root if client_certificates else None
        site = Site(self.pki.server, ca, files, silent=silent)
        return self.start(HttpsServer(site, _lenient(site) if lenient else None), at)

    def tcp_echo(self, at: str = f"{PEER_ADDRESS}:7") -> TcpEcho:
        """A server that sends every octet back."""
        return self.start(TcpEcho(), at)

    def udp_echo(self, at: str = f"{PEER_ADDRESS}:7") -> UdpEcho:
        """A server that sends every datagram back."""
        return self.start(UdpEcho(), at)

    def mqtt(
        self, at: str = f"{PEER_ADDRESS}:1883", *, tls: bool = False, login: tuple[str, str] | None = None
    ) -> MqttBroker:
        """An MQTT broker, over WebSocket and TCP at the same port; ``events`` and ``retained`` tell what it met.

        With ``tls`` it demands a client certificate, with ``login`` that user name and password.
        """
        from emulator.peers.mqtt.server import MqttBroker

        return self.start(MqttBroker(self._security() if tls else None, login=login), at)

    def smtp(
        self, at: str = f"{PEER_ADDRESS}:25", *, wrapped: bool = False, login: tuple[str, str] | None = None
    ) -> SmtpServer:
        """A mail server that keeps ``mails``; it offers STARTTLS, or with ``wrapped`` speaks TLS from the start.

        With ``login`` it demands that user name and password. Raises PeerError when the extra ``peers`` is not
        installed.
        """
        from emulator.peers.smtp import SmtpServer
        from emulator.peers.tls_stream import server_context

        return self.start(SmtpServer(tls=server_context(Site(self.pki.server)), wrapped=wrapped, login=login), at)

    def tftp(self, folder: Path, at: str = f"{PEER_ADDRESS}:69") -> TftpServer:
        """A TFTP server that gives out and takes the files of a folder; ``transfers`` tells what it did.

        Raises PeerError when the extra ``peers`` is not installed.
        """
        from emulator.peers.tftp import TftpServer

        return self.start(TftpServer(folder), at)

    def give_credentials(self) -> None:
        """Put the root and the client bundle into the module's flash, as ``AT+S.TLSCERT`` would."""
        pki = self.pki
        self._emulator.run(lambda it: _store(it, pki))

    def _security(self) -> Security:
        from emulator.peers.stream_server import Strict
        from emulator.peers.tls_stream import server_context

        return Strict(server_context(Site(self.pki.server, self.pki.root)))


def _lenient(site: Site) -> Security:
    # Imported here because it brings tlslite-ng along.
    from emulator.peers.lenient import Lenient

    return Lenient(site)


def _store(emulator: Emulator, pki: Pki) -> None:
    from firmware_model.tls.slots import Slot

    credentials = emulator.module.credentials
    credentials.store(Slot.CA, pki.root.certificate_der)
    credentials.store(Slot.CERT, pki.client.bundle_der)
    credentials.store(Slot.KEY, pki.client.key_der)


def seed_of(run_seed: int, name: str) -> int:
    """The seed of one test: the same whenever a run with the same seed comes to it, and different from the others'."""
    digest = hashlib.sha256(f"{run_seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
