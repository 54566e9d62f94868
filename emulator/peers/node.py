"""Node.js ``https``: the first server of the report from the field."""

from __future__ import annotations

import base64
import json
from importlib import resources

from emulator.peers.listener import LOCALHOST
from emulator.peers.openssl import ERROR
from emulator.peers.programs import ServerProgram, program

_SCRIPT = "https_server.js"


class NodeServer(ServerProgram):
    """Serves a site with Node.js; its log lines are JSON objects, see ``https_server.js``."""

    name = "Node.js"

    async def _start(self) -> None:
        script = resources.files("emulator.peers").joinpath(_SCRIPT)
        with resources.as_file(script) as path:
            await self._launch(program("node"), path, first=self._site_as_json())
            listening = json.loads(await self._log.containing('"event":"listening"'))
        self._port = int(listening["port"])
        self._version = f"{self.name} {listening['node']} (OpenSSL {listening['openssl']})"

    def _site_as_json(self) -> bytes:
        site = self._site
        fields = {
            "host": LOCALHOST,
            "certificates": site.identity.bundle_pem,
            "key": site.identity.key_pem,
            "clientCa": site.client_ca.certificate_pem if site.client_ca else None,
            "suite": site.suite,
            "silent": site.silent,
            "files": {path: base64.b64encode(content).decode() for path, content in site.files.items()},
        }
        return json.dumps(fields).encode() + b"\n"

    def _refusal_in(self, line: str) -> str | None:
        """Read ``tlsClientError``; a bad chain shows only as a closed socket and a verification result."""
        if not line.startswith('{"event":"tlsClientError"'):
            return None
        error = json.loads(line)
        # Node.js passes the whole queue of the OpenSSL inside on, one entry a line.
        queue = "; ".join(entry["words"] for entry in ERROR.finditer(error["message"]))
        words = f"{error['code']}: {queue or error['message']}"
        if error["verification"]:
            return f"{words} ({error['verification']})"
        return None if error["code"] == "ECONNRESET" else words
