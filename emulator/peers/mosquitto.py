"""``mosquitto``: an MQTT broker over TLS, OpenSSL inside; for handshakes, it answers no HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.peers.listener import LOCALHOST
from emulator.peers.programs import FolderProgram, program

if TYPE_CHECKING:
    from pathlib import Path

_REFUSAL: Final = re.compile(r"OpenSSL Error\[\d+\]: (?P<words>.+)")
_VERSION: Final = re.compile(r"version (\S+)")
_CLIENT_LEFT: Final = "unexpected eof while reading"


class MosquittoServer(FolderProgram):
    """Demands a client certificate if the site does; what HTTP it gets it takes for broken MQTT."""

    name = "mosquitto"

    async def _start(self) -> None:
        broker = program("mosquitto")
        home = self._make_folder()

        def command(port: int) -> list[str]:
            (home / "mosquitto.conf").write_text(self._configuration(home, port), encoding="ascii")
            return [str(broker), "-c", str(home / "mosquitto.conf"), "-v"]

        await self._launch_on_free_port(command, " running")
        found = _VERSION.search(await self._log.containing("version"))
        self._version = f"{self.name} {found[1]}" if found else self.name

    def _configuration(self, home: Path, port: int) -> str:
        lines = [f"listener {port} {LOCALHOST}", f"certfile {home}/server.pem", f"keyfile {home}/server.key.pem"]
        lines += ["tls_version tlsv1.2", f"ciphers {self._site.suite}"]
        if self._site.client_ca is not None:
            lines += [f"cafile {home}/ca.pem", "require_certificate true"]
        return "\n".join(["user root", "allow_anonymous true", *lines, ""])

    def _refusal_in(self, line: str) -> str | None:
        found = _REFUSAL.search(line)
        return None if found is None or _CLIENT_LEFT in line else found["words"]
