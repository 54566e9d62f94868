"""``selfserv``: the test server of NSS, the TLS library of Firefox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emulator.peers.peer import PeerError
from emulator.peers.programs import FolderProgram, finish, program

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.peers.peer import Site

_SUITES: Final = {"ECDHE-ECDSA-AES128-GCM-SHA256": ":C02B"}
_NICKNAME: Final = "server"
_PASSWORD: Final = "unused"  # noqa: S105  of a file that lives for a second
_INTERNAL_MODULE: Final = "NSS Internal PKCS #11 Module"
_REFUSAL: Final = re.compile(r"selfserv: HDX PR_Read returned error (?P<number>-\d+):")
_CLIENT_LEFT: Final = ("-5938", "-5961")
"""End of file, and connection reset by peer."""


class NssServer(FolderProgram):
    """Answers every request with a page of its own.

    It needs ``certutil``, ``pk12util``, ``modutil`` and ``openssl`` to load keys, and listens on all addresses, as it
    has no option for one.
    """

    name = "NSS"

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._number = ""

    async def _start(self) -> None:
        server = program("selfserv")
        if self._site.suite not in _SUITES:
            raise PeerError(f"{self.name} knows {', '.join(_SUITES)} here, not {self._site.suite}")
        home = self._make_folder()
        await self._make_database(home)
        await self._launch_on_free_port(lambda port: [server, *self._options(port, home)], "About to call accept")

    async def _make_database(self, home: Path) -> None:
        """Load certificates and key into a database, the only place where NSS looks for them."""
        database, package = f"sql:{home}", str(home / "server.p12")
        await finish(program("certutil"), "-N", "-d", database, "--empty-password")
        await finish(
            *(program("openssl"), "pkcs12", "-export", "-name", _NICKNAME, "-passout", f"pass:{_PASSWORD}"),
            *("-in", home / "server.pem", "-inkey", home / "server.key.pem", "-out", package),
        )
        await finish(program("pk12util"), "-i", package, "-d", database, "-W", _PASSWORD, "-K", "")
        about = await finish(program("modutil"), "-dbdir", database, "-list", _INTERNAL_MODULE)
        versions = [line.split()[-1] for line in about if line.startswith("Library Version:")]
        self._version = " ".join([self.name, *versions[:1]])
        if self._site.client_ca is not None:
            authority = ("-n", "root", "-t", "CT,C,C", "-i", home / "ca.pem")
            await finish(program("certutil"), "-A", "-d", database, *authority)

    def _options(self, port: int, home: Path) -> list[str]:
        options = ["-d", f"sql:{home}", "-p", str(port), "-e", _NICKNAME, "-V", "tls1.2:tls1.2", "-N", "-v"]
        options += ["-c", _SUITES[self._site.suite]]
        return options if self._site.client_ca is None else [*options, "-rr"]

    def _refusal_in(self, line: str) -> str | None:
        """Read the number of an error from one line, and its words from the next."""
        number, self._number = self._number, ""
        if number:
            return f"{number}: {line}"
        found = _REFUSAL.search(line)
        if found is not None and found["number"] not in _CLIENT_LEFT:
            self._number = found["number"]
        return None
