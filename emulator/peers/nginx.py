"""``nginx``: OpenSSL inside, with a mind of its own about clients whose certificates it does not like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.peers.listener import LOCALHOST
from emulator.peers.peer import PeerError
from emulator.peers.programs import FolderProgram, first_line, program

if TYPE_CHECKING:
    from pathlib import Path

_REFUSAL: Final = re.compile(r"SSL_do_handshake\(\) failed \(SSL: (?P<words>.+?)\) while SSL handshaking")
_VERDICT: Final = re.compile(
    r"client (?P<words>SSL certificate verify error: .+?|sent no required SSL certificate) while"
)
_ENTRIES: Final = re.compile(r" (?=error:[0-9A-F]+:)")
"""Between two entries of OpenSSL's error queue."""
_CLIENT_LEFT: Final = "unexpected eof while reading"


class NginxServer(FolderProgram):
    """Serves the site's files; it lets a bad certificate pass the handshake and answers with status 400."""

    name = "nginx"

    async def _start(self) -> None:
        nginx = program("nginx")
        self._version = (await first_line(nginx, "-v")).rpartition(" ")[2].replace("/", " ")
        if self._site.silent:
            raise PeerError(f"{self.name} cannot be silent; use another server")
        home = self._make_folder()
        documents = home / "documents"
        documents.mkdir()
        for path, content in self._site.files.items():
            file = documents / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

        def command(port: int) -> list[str]:
            (home / "nginx.conf").write_text(self._configuration(home, port), encoding="ascii")
            return [str(nginx), "-p", str(home), "-c", str(home / "nginx.conf"), "-e", "stderr"]

        await self._launch_on_free_port(command, "using the")

    def _configuration(self, home: Path, port: int) -> str:
        folders = "".join(
            f"  {kind}_temp_path {home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        clients = ""
        if self._site.client_ca is not None:
            clients = f"    ssl_client_certificate {home}/ca.pem;\n    ssl_verify_client on;\n    ssl_verify_depth 4;\n"
        return (
            f"daemon off;\nmaster_process off;\npid {home}/pid;\nerror_log stderr info;\n"
            "events {}\n"
            f"http {{\n  access_log off;\n  default_type text/plain;\n{folders}"
            f"  server {{\n    listen {LOCALHOST}:{port} ssl;\n    root {home}/documents;\n    keepalive_timeout 0;\n"
            f"    ssl_certificate {home}/server.pem;\n    ssl_certificate_key {home}/server.key.pem;\n"
            f"    ssl_protocols TLSv1.2;\n    ssl_ciphers {self._site.suite};\n"
            f"    ssl_session_cache off;\n    ssl_session_tickets off;\n{clients}  }}\n}}\n"
        )

    def _refusal_in(self, line: str) -> str | None:
        if verdict := _VERDICT.search(line):
            return verdict["words"]
        if _CLIENT_LEFT in line or (found := _REFUSAL.search(line)) is None:
            return None
        return "; ".join(_ENTRIES.split(found["words"]))
