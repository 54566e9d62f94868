"""``openssl s_server``: the reference server of the report from the field, strict about signatures."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from emulator.peers.listener import LOCALHOST
from emulator.peers.peer import PeerError, Site
from emulator.peers.programs import ServerProgram, first_line, program

_VERIFY_DEPTH = "4"
_ACCEPTING = re.compile(r"ACCEPT \S+:(\d+)")
ERROR = re.compile(r"(?P<words>error:[0-9A-F]+:(?P<library>[^:\n]*):[^:\n]*:(?P<reason>[^:\n]*))")
"""One entry of OpenSSL's error queue as it prints it, without the thread before it and the source line after it."""

_CLIENT_LEFT = "unexpected eof while reading"


class OpenSslServer(ServerProgram):
    """Serves a site with ``openssl s_server -WWW``, or with plain ``s_server`` when the site is silent.

    It talks to one client after the other, and answers a missing file with status 200 and an error text.
    """

    name = "OpenSSL"

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._causes: list[str] = []

    async def _start(self) -> None:
        openssl = program("openssl")
        make, number, *_ = (await first_line(openssl, "version")).split()
        if make != self.name:
            raise PeerError(f"{openssl} is {make} {number}; put OpenSSL 1.1.1 or later first on PATH")
        self._version = f"{make} {number}"
        self._directory = tempfile.TemporaryDirectory(prefix="spwf04sx-openssl-")
        home = Path(self._directory.name)
        documents = self._write_files(home)
        await self._launch(openssl, "s_server", *self._options(home), directory=documents)
        accepting = _ACCEPTING.search(await self._log.containing("ACCEPT "))
        if accepting is None:
            raise PeerError(f"openssl did not say its port but {self.log[-1]!r}; use OpenSSL 1.1.1 or later")
        self._port = int(accepting[1])

    async def _stop(self) -> None:
        try:
            await super()._stop()
        finally:
            if self._directory is not None:
                self._directory.cleanup()

    def _write_files(self, home: Path) -> Path:
        """Write what the program reads, and return the folder that it serves; the key lies outside of it."""
        (home / "server.pem").write_text(self._site.identity.certificate_pem, encoding="ascii")
        (home / "chain.pem").write_text(self._site.identity.chain_pem, encoding="ascii")
        (home / "server.key.pem").write_text(self._site.identity.key_pem, encoding="ascii")
        if self._site.client_ca is not None:
            (home / "ca.pem").write_text(self._site.client_ca.certificate_pem, encoding="ascii")
        documents = home / "documents"
        documents.mkdir()
        for path, content in self._site.files.items():
            file = documents / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return documents

    def _options(self, home: Path) -> list[str]:
        options = ["-accept", f"{LOCALHOST}:0", "-tls1_2", "-cipher", self._site.suite, "-no_ticket", "-no_cache"]
        options += ["-cert", str(home / "server.pem"), "-key", str(home / "server.key.pem")]
        if self._site.identity.chain_der:
            options += ["-cert_chain", str(home / "chain.pem")]
        if self._site.client_ca is not None:
            options += ["-CAfile", str(home / "ca.pem"), "-Verify", _VERIFY_DEPTH, "-verify_return_error"]
        if not self._site.silent:
            options += ["-WWW"]
        return options

    def _refusal_in(self, line: str) -> str | None:
        """Collect an error queue, cause first, up to the line of the TLS layer that ends it."""
        error = ERROR.search(line)
        if error is None:
            return None
        if error["library"] != "SSL routines":
            self._causes.append(error["words"])
            return None
        causes, self._causes = self._causes, []
        return None if error["reason"] == _CLIENT_LEFT else "; ".join([*causes, error["words"]])
