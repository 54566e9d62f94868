"""``gnutls-serv``: a TLS library of its own, lenient where OpenSSL is strict."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.peers.peer import PeerError
from emulator.peers.programs import FolderProgram, first_line, program

if TYPE_CHECKING:
    from pathlib import Path

_SUITES: Final = {"ECDHE-ECDSA-AES128-GCM-SHA256": "+AEAD:+ECDHE-ECDSA:+AES-128-GCM"}
_PRIORITY: Final = "NONE:+VERS-TLS1.2:+COMP-NULL:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ALL:+CTYPE-X509"
_REFUSAL: Final = re.compile(r"^Error in handshake: (?P<words>.+)")
_CLIENT_LEFT: Final = "The TLS connection was non-properly terminated."


class GnuTlsServer(FolderProgram):
    """Serves a page of its own to every request, whatever the site's files; a silent site it cannot be.

    It listens on all addresses: it has no option for one.
    """

    name = "GnuTLS"

    async def _start(self) -> None:
        server = program("gnutls-serv")
        self._version = f"{self.name} {(await first_line(server, '--version')).split()[-1]}"
        if self._site.suite not in _SUITES:
            raise PeerError(f"{self.name} knows {', '.join(_SUITES)} here, not {self._site.suite}")
        home = self._make_folder()
        await self._launch_on_free_port(lambda port: [server, *self._options(port, home)], "IPv4 0.0.0.0 port")

    def _options(self, port: int, home: Path) -> list[str]:
        options = ["--port", str(port), "--http", "--noticket", "--nodb"]
        options += ["--priority", f"{_PRIORITY}:{_SUITES[self._site.suite]}"]
        options += ["--x509certfile", str(home / "server.pem"), "--x509keyfile", str(home / "server.key.pem")]
        if self._site.client_ca is None:
            return [*options, "--disable-client-cert"]
        return [*options, "--x509cafile", str(home / "ca.pem"), "--require-client-cert", "--verify-client-cert"]

    def _refusal_in(self, line: str) -> str | None:
        found = _REFUSAL.match(line)
        return None if found is None or found["words"] == _CLIENT_LEFT else found["words"]
