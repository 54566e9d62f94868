"""Three TLS clients that shake hands with the same server, showing the same certificates.

Each is called for one handshake and returns the seconds it took. The two that are library calls are timed from
the open TCP connection to the end of the handshake, the program from its start to its end.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from time import perf_counter
from typing import TYPE_CHECKING, Self

from emulator.capture.timeline import Timeline
from emulator.peers.listener import LOCALHOST
from emulator.peers.peer import SUITE
from emulator.peers.pki import SERVER_ADDRESS
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.clock import RealClock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from emulator.surroundings.network import MachineNetwork
from firmware_model.faults import NoFaults
from firmware_model.profile import FIRMWARE_1_1_0
from firmware_model.tls.certificate import is_signed_by, parse_certificate
from firmware_model.tls.client import TlsClient
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.slots import Slot
from scripts.benchmarks.processes import BenchmarkError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from emulator.peers.pki import Pki, PkiFiles

MODULE_TIME = 1_523_000_000.0
"""Seconds since 1970: April 2018, when the report from the field was written."""


class ModuleClient:
    """The module's own client in this process, without console and radio; parsed credentials are kept.

    The firmware model remembers which certificates it has checked, as ``ssl`` does not.
    """

    def __init__(self, pki: Pki, port: int) -> None:
        self._port = port
        self._network = MachineNetwork(AddressMap([f"{SERVER_ADDRESS}={LOCALHOST}"]))
        timeline, flash = Timeline(RealClock()), MemoryFlash()
        credentials = CredentialStore(flash, timeline)
        for slot, der in (
            (Slot.CA, pki.root.certificate_der),
            (Slot.CERT, pki.client.bundle_der),
            (Slot.KEY, pki.client.key_der),
        ):
            credentials.store(slot, der)
        self._tls = TlsClient(
            credentials, NoFaults(), FIRMWARE_1_1_0.tls, SeededEntropy(1), timeline, lambda: MODULE_TIME
        )
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        """Open the event loop."""
        self._runner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the event loop and its worker threads."""
        self._runner.close()

    def __call__(self) -> list[float]:
        """Shake hands once with a server whose certificates may be known from the last time."""
        return [self._runner.run(self._shake_hands())]

    def with_a_stranger(self) -> list[float]:
        """Shake hands once with a server whose certificates were never seen: the same work that others do."""
        parse_certificate.cache_clear()
        is_signed_by.cache_clear()
        return self()

    async def _shake_hands(self) -> float:
        connection = await self._network.connect(SERVER_ADDRESS, self._port, uplink=False)
        stream = self._tls.connect(connection, SERVER_ADDRESS)
        try:
            start = perf_counter()
            async for _ in stream.handshake():
                pass
            return perf_counter() - start
        finally:
            await stream.close()


class SslClient:
    """Python's ``ssl`` with blocking calls and one context for all handshakes."""

    def __init__(self, files: PkiFiles, port: int) -> None:
        self._port = port
        self._context = client_context(files)

    def __call__(self) -> list[float]:
        """Shake hands once."""
        with socket.create_connection((LOCALHOST, self._port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            start = perf_counter()
            with self._context.wrap_socket(connection, server_hostname=LOCALHOST):
                return [perf_counter() - start]


class OpenSslClient:
    """``openssl s_client``, which ends after the handshake as its standard input is empty."""

    def __init__(self, program: Path, files: PkiFiles, port: int) -> None:
        chain = str(files.client_bundle)
        self._command = [
            *(str(program), "s_client", "-connect", f"{LOCALHOST}:{port}", "-tls1_2", "-cipher", SUITE),
            *("-cert", chain, "-cert_chain", chain, "-key", str(files.client_key)),
            *("-CAfile", str(files.ca), "-verify_return_error"),
        ]

    def __call__(self) -> list[float]:
        """Shake hands once. Raises BenchmarkError when the program reports a failure."""
        start = perf_counter()
        outcome = subprocess.run(
            self._command, stdin=subprocess.DEVNULL, capture_output=True, check=False, errors="replace"
        )
        seconds = perf_counter() - start
        if outcome.returncode:
            raise BenchmarkError(f"openssl s_client failed: {outcome.stderr.strip().splitlines()[-1:]}")
        return [seconds]


def client_context(files: PkiFiles) -> ssl.SSLContext:
    """Return a context that trusts the root alone, shows the client's bundle and speaks TLS 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITE)
    context.load_verify_locations(files.ca)
    context.load_cert_chain(files.client_bundle, files.client_key)
    return context
