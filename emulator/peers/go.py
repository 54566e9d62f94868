"""Go's own TLS, by a program of one file that is built before it is started."""

from __future__ import annotations

import json
from importlib import resources
from typing import Final

from emulator.peers.peer import SUITE, PeerError
from emulator.peers.programs import FolderProgram, finish, program

_SOURCE: Final = "go_server.go"
_FAILED: Final = "failed "
_CLIENT_LEFT: Final = ("EOF", "read tcp")


class GoServer(FolderProgram):
    """Answers every request with a page of its own.

    The first start on a machine takes as long as ``go`` needs to build its TLS library, later ones some seconds.
    """

    name = "Go"

    async def _start(self) -> None:
        site = self._site
        if site.suite != SUITE:
            raise PeerError(f"{self.name} knows {SUITE} here, not {site.suite}")
        fields = {
            "certificates": site.identity.bundle_pem,
            "key": site.identity.key_pem,
            "clientCa": "" if site.client_ca is None else site.client_ca.certificate_pem,
        }
        server = self._make_folder() / "server"
        with resources.as_file(resources.files("emulator.peers").joinpath(_SOURCE)) as source:
            await finish(program("go"), "build", "-o", server, source)
        await self._launch(server, first=json.dumps(fields).encode() + b"\n")
        listening = await self._log.containing("listening ")
        _, port, version = listening.split()
        self._port = int(port)
        self._version = f"{self.name} {version.removeprefix('go')}"

    def _refusal_in(self, line: str) -> str | None:
        words = line.removeprefix(_FAILED)
        return None if words == line or words.startswith(_CLIENT_LEFT) else words
