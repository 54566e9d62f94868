"""Java's own TLS (JSSE), by a program of one file that ``java`` compiles as it starts it."""

from __future__ import annotations

from base64 import b64encode
from importlib import resources
from typing import Final

from asn1crypto import keys

from emulator.peers.peer import PeerError
from emulator.peers.programs import ServerProgram, program

_SCRIPT: Final = "JsseServer.java"
_SUITES: Final = {"ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}
_PATIENCE: Final = 60.0
"""Seconds that a busy machine may take to compile and start it."""
_FAILED: Final = "failed "
_CLIENT_LEFT: Final = ("Remote host terminated the handshake", "Connection reset", "Broken pipe")


class JsseServer(ServerProgram):
    """Answers every request with a page of its own; needs a JDK."""

    name = "JSSE"

    async def _start(self) -> None:
        # A java without javac cannot run a source file.
        program("javac")
        site = self._site
        if site.suite not in _SUITES:
            raise PeerError(f"{self.name} knows {', '.join(_SUITES)} here, not {site.suite}")
        private = keys.PrivateKeyInfo.wrap(keys.ECPrivateKey.load(site.identity.key_der), "ec").dump()
        authority = b"" if site.client_ca is None else site.client_ca.certificate_der
        chain = (site.identity.certificate_der, *site.identity.chain_der)
        lines = [_SUITES[site.suite], *(b64encode(item).decode() for item in (private, authority, *chain)), ""]
        source = resources.files("emulator.peers").joinpath(_SCRIPT)
        with resources.as_file(source) as path:
            await self._launch(program("java"), path, first="".join(f"{line}\n" for line in lines).encode())
            listening = await self._log.containing("listening ", _PATIENCE)
        _, port, *version = listening.split()
        self._port = int(port)
        self._version = f"{self.name} ({' '.join(version)})"

    def _refusal_in(self, line: str) -> str | None:
        words = line.removeprefix(_FAILED)
        return None if words == line or words.startswith(_CLIENT_LEFT) else words
