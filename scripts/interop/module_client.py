"""The module's own TLS client with a fault plan, without console and radio around it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from emulator.capture.timeline import Timeline
from emulator.faults.plan import FaultPlan
from emulator.peers.listener import LOCALHOST
from emulator.peers.pki import SERVER_ADDRESS
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.clock import RealClock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import MemoryFlash
from emulator.surroundings.network import MachineNetwork
from firmware_model.events import Note, SignatureMade, TlsMessage
from firmware_model.profile import FIRMWARE_1_1_0
from firmware_model.tls.client import TlsClient
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.failures import CertificateError, TlsError
from firmware_model.tls.faults.messages import FALLEN_SILENT
from firmware_model.tls.slots import Slot

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry
    from emulator.peers.pki import Pki
    from firmware_model.tls.stream import TlsStream

_MODULE_TIME = 1_523_000_000.0
"""Seconds since 1970: April 2018."""
_REQUEST = b"GET /conf HTTP/1.0\r\nHost: 192.168.0.2\r\n\r\n"
_NO_HANDSHAKE = ("Alert", "ChangeCipherSpec")
_PATIENCE = 60.0
_ANSWER_WITHIN = 10.0
"""Seconds."""


class Meeting(NamedTuple):
    """What the module saw of one handshake."""

    accepted: bool
    status: int | None = None
    """Of the server's answer to an HTTP request, None when there is none."""
    alert: int | None = None
    """The last alert that came from the server."""
    reason: str = ""
    """Why the handshake failed, in the words of the log; empty when the server did nothing in time."""
    strict: bool | None = None
    """Whether our signature was strict DER, None when there was none."""
    sent: tuple[str, ...] = ()
    """Our handshake messages."""
    notes: tuple[str, ...] = ()
    """What the log explains."""


class ModuleClient:
    """Meets servers, one after the other; ``faults`` is its plan."""

    def __init__(self, pki: Pki) -> None:
        clock, entropy = RealClock(), SeededEntropy(1)
        timeline = Timeline(clock)
        timeline.subscribe(self._listen)
        self.faults = FaultPlan(entropy, timeline)
        self._entries: list[Entry] = []
        self._silent = asyncio.Event()
        self._network = MachineNetwork(AddressMap([f"{SERVER_ADDRESS}={LOCALHOST}"]))
        credentials = CredentialStore(MemoryFlash(), timeline)
        for slot, der in (
            (Slot.CA, pki.root.certificate_der),
            (Slot.CERT, pki.client.bundle_der),
            (Slot.KEY, pki.client.key_der),
        ):
            credentials.store(slot, der)
        self._tls = TlsClient(credentials, self.faults, FIRMWARE_1_1_0.tls, entropy, timeline, lambda: _MODULE_TIME)

    async def meet(self, port: int, *, silence: float = 0.0) -> Meeting:
        """Shake hands, and send a request where that went well.

        When a fault lets the module fall silent the server is watched for ``silence`` seconds more. Raises OSError
        when nobody listens.
        """
        self._entries.clear()
        self._silent.clear()
        stream = self._tls.connect(await self._network.connect(SERVER_ADDRESS, port, uplink=False), SERVER_ADDRESS)
        handshake = asyncio.create_task(_shake_hands(stream))
        silent = asyncio.create_task(self._silent.wait())
        try:
            await asyncio.wait((handshake, silent), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not handshake.done():
                await asyncio.wait((handshake,), timeout=silence)
            if not handshake.done():
                return self._seen(accepted=False)
            if reason := handshake.result():
                return self._seen(accepted=False, reason=reason)
            return self._seen(accepted=True)._replace(status=await _status(stream))
        finally:
            handshake.cancel()
            silent.cancel()
            await asyncio.gather(handshake, silent, return_exceptions=True)
            await stream.close()

    def _seen(self, *, accepted: bool, reason: str = "") -> Meeting:
        events = [entry.event for entry in self._entries]
        messages = [event for event in events if isinstance(event, TlsMessage)]
        alerts = [one.octets[1] for one in messages if (one.direction, one.name) == ("received", "Alert")]
        sent = [one.name for one in messages if one.direction == "sent" and one.name not in _NO_HANDSHAKE]
        signatures = [event.strict_der for event in events if isinstance(event, SignatureMade)]
        return Meeting(
            accepted=accepted,
            alert=alerts[-1] if alerts else None,
            reason=reason,
            strict=signatures[-1] if signatures else None,
            sent=tuple(sent),
            notes=tuple(event.text for event in events if isinstance(event, Note)),
        )

    def _listen(self, entry: Entry) -> None:
        self._entries.append(entry)
        if isinstance(entry.event, Note) and entry.event.text.startswith(FALLEN_SILENT):
            self._silent.set()


async def _shake_hands(stream: TlsStream) -> str:
    """Perform the handshake; the result is why it failed, empty when it did not."""
    try:
        async for _ in stream.handshake():
            pass
    except (CertificateError, TlsError) as failure:
        return failure.reason
    return ""


async def _status(stream: TlsStream) -> int | None:
    """Ask for a page; None when the server does not answer in HTTP."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            await stream.write(_REQUEST)
            words = (await stream.read(1000)).split()
    except (OSError, TimeoutError):
        return None
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else None
