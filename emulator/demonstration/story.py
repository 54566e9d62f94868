"""The session of the report from the field, replayed line by line: once as it should be, once with the fault.

Then the two other outcomes of that thread: a server that never answers, and a port on which nobody listens.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from emulator.demonstration.modes import Mode
from emulator.demonstration.stage import CLOSED_PORT, FILE, SILENT_HOST, SILENT_PORT, http_get
from emulator.peers.pki import SERVER_ADDRESS

if TYPE_CHECKING:
    from emulator.demonstration.serial_host import Reply
    from emulator.demonstration.stage import Stage
    from emulator.peers.authority import Identity

BAD_SIGNATURE: Final = "bad signature"
"""What OpenSSL, and so Python and Node.js, says of a CertificateVerify that it cannot verify."""

_OK: Final = "AT-S.OK"
_SKIPPED: Final = ("AT-S.Skip CA", "AT-S.Skip CA")
_LOADED: Final = ("AT-S.Loading:1:2", "AT-S.Loading:2:2", "AT-S.Loading:3:2")
_FAILED: Final = "AT-S.ERROR:111:Request failed"
_PATIENCE_MS: Final = 1000
_PSK_TEXT: Final = "helloworld"


class Story:
    """Plays on a stage; ``troubles`` are the lines that came out otherwise than they should, one text each."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.troubles: list[str] = []

    async def play(self) -> None:
        """Play all scenes. Raises HostError when the module falls silent."""
        await self._open_access_point()
        await load_credentials(self._stage, self._stage.pki.client, self)
        await self._fetch()
        await self._fetch_with_the_fault()
        await self._silent_server()
        await self._closed_port()

    async def expect(self, line: str, *expected: str, data: bytes = b"", kind: str = "data") -> Reply:
        """Send a command and return its reply; any other than ``expected`` is a trouble."""
        reply = await self._stage.command(line, data, kind)
        if reply.lines != expected:
            self.troubles.append(f"'{line}' gave {_shown(reply.lines)} instead of {_shown(expected)}")
        return reply

    async def _open_access_point(self) -> None:
        stage = self._stage
        stage.narrate("The host opens the serial port, and the module starts.")
        await stage.wait_for("+WIND:32:")
        await self.expect("AT+S.WIFI=0", _OK)
        await stage.wait_for("+WIND:38:")
        stage.narrate(f"The module becomes an open miniAP; a PC joins it and gets {SERVER_ADDRESS}.")
        await self.expect("AT+S.SCFG=wifi_mode,3", _OK)
        await self.expect("AT+S.SCFG=wifi_priv_mode,0", _OK)
        await self.expect("AT+S.SSIDTXT=SPWF04", _OK)
        await self._start_radio()

    async def _start_radio(self) -> None:
        await self.expect("AT+S.WIFI=1", _OK)
        await self._stage.wait_for("+WIND:28:")
        lease = await self._stage.wait_for("+WIND:29:")
        if not lease.startswith(f"+WIND:29:DHCP Reply:{SERVER_ADDRESS}:"):
            self.troubles.append(f"the PC got '{lease}' instead of {SERVER_ADDRESS}")

    async def _fetch(self) -> None:
        stage, first = self._stage, self._stage.servers[0]
        await self.expect(f"AT+S.TIME={int(time.time())}", _OK)
        stage.narrate(
            f"The request of the report, to {first.name} (--map {SERVER_ADDRESS}:{first.port}=127.0.0.1:"
            f"{first.server.port}). It demands a client certificate; its own chain has three certificates, so that "
            "the module skips two on the way to its CA."
        )
        success = (*_SKIPPED, *_LOADED, "AT-S.Http Server Status Code:200", _OK)
        await self.expect(http_get(first.port), *success)
        await self.expect("AT+S.FSP=config.txt", *FILE.decode().splitlines(), _OK)

    async def _fetch_with_the_fault(self) -> None:
        stage, first = self._stage, self._stage.servers[0]
        stage.narrate(
            "The same once more, with a fault switched on: signature=nonpadded:always-bad leaves the sign octets of "
            "the CertificateVerify out."
        )
        stage.arm(Mode.ALWAYS_BAD)
        already = len(first.server.refusals)
        failure = (*_SKIPPED, *_LOADED, "AT-S.Http Client Error:2", _FAILED)
        reply = await self.expect(http_get(first.port), *failure)
        words = [] if reply.ok else await first.words(already, 1)
        stage.narrate(f"{first.name} says: {words[0] if words else 'nothing'}")
        if not words or BAD_SIGNATURE not in words[0]:
            self.troubles.append(f"{first.name} did not say '{BAD_SIGNATURE}'")
        stage.arm(Mode.NONE)

    async def _silent_server(self) -> None:
        stage = self._stage
        stage.narrate(
            f"The fault is off again. The try of ST's engineer: a miniAP with WPA, the host typed as {SILENT_HOST}, a "
            "server certificate that the CA itself issued, and a server that completes the handshake and then never "
            f"answers. The time-out is cut to {_PATIENCE_MS} ms here, to spare the wait."
        )
        await self.expect("AT+S.WIFI=0", _OK)
        await stage.wait_for("+WIND:38:")
        await self.expect("AT+S.SCFG=wifi_priv_mode,2", _OK)
        await self.expect(f"AT+S.SCFG=wifi_wpa_psk_text,{_PSK_TEXT}", _OK)
        await self._start_radio()
        await self.expect(f"AT+S.SCFG=ip_http_get_recv_timeout,{_PATIENCE_MS}", _OK)
        await self.expect(http_get(SILENT_PORT, SILENT_HOST), *_LOADED, "AT-S.Http Client Error:4", _FAILED)
        await self.expect("AT+S.SCFG=ip_http_get_recv_timeout,10000", _OK)

    async def _closed_port(self) -> None:
        self._stage.narrate("And a port on which nobody listens.")
        await self.expect(http_get(CLOSED_PORT), "AT-S.Http Client Error:1", _FAILED)


async def load_credentials(stage: Stage, client: Identity, story: Story) -> None:
    """Load the CA, the bundle of ``client`` and its key; the CA in DER, so that the module names its identifier."""
    authority = stage.pki.root
    identifier = authority.identity.subject_key_identifier.hex(":").upper()
    stage.narrate("CA, certificate (a bundle of two, P-256) and key are loaded, and the clock is set.")
    await story.expect("AT+S.TLSCERT=content,2", "AT-S.Clean", _OK)
    for item, octets, answer in (
        ("ca", authority.certificate_der, (f"AT-S.SubjectKeyId:{identifier}", _OK)),
        ("cert", client.bundle_der, (_OK,)),
        ("key", client.key_der, (_OK,)),
    ):
        await story.expect(f"AT+S.TLSCERT={item},{len(octets)}", *answer, data=octets, kind="DER")


def _shown(lines: tuple[str, ...]) -> str:
    return f"'{' / '.join(lines)}'"
