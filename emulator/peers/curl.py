"""``curl``, the well-behaved client: with it the same certificates worked in the report from the field."""

from __future__ import annotations

import asyncio
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.peers.peer import PATIENCE
from emulator.peers.programs import first_line, program

if TYPE_CHECKING:
    from emulator.peers.authority import Authority, Identity


@dataclass(frozen=True, slots=True)
class Fetched:
    """What curl brought home."""

    status: int | None
    """The HTTP status; None when there was no answer."""
    body: bytes
    words: str
    """curl's error message; empty on success."""
    exit_code: int
    """0, or the number that curl gives the error: 28 timeout, 35 and 56 handshake, 60 certificate."""


async def curl_fetch(url: str, *, ca: Authority, client: Identity | None = None, within: float = PATIENCE) -> Fetched:
    """Fetch ``url`` by TLS 1.2, trusting ``ca`` alone and showing ``client``'s bundle when the server asks.

    ``within`` is curl's own time limit in seconds. Raises PeerError when curl is not on PATH.
    """
    with tempfile.TemporaryDirectory(prefix="spwf04sx-curl-") as directory:
        options = _write_credentials(Path(directory), ca, client)
        process = await asyncio.create_subprocess_exec(
            program("curl"),
            # -q comes first: it keeps the user's own .curlrc out.
            *(
                "-q",
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                "--http1.1",
                "--tlsv1.2",
                "--tls-max",
                "1.2",
            ),
            *("--max-time", str(within), "--write-out", "%{stderr}\n%{http_code}"),
            *options,
            url,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            body, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    words, _, status = errors.decode(errors="replace").rpartition("\n")
    return Fetched(int(status) or None, body, words.strip(), process.returncode or 0)


async def curl_version() -> str:
    """Return make and version with the TLS library, ``"curl 7.88.1 (OpenSSL/3.0.19)"``. Raises PeerError."""
    words = (await first_line(program("curl"), "--version")).split()
    library = next((word for word in words if "SSL" in word or "TLS" in word), "no TLS")
    return f"{words[0]} {words[1]} ({library})"


def _write_credentials(directory: Path, ca: Authority, client: Identity | None) -> list[str]:
    ca_file = directory / "ca.pem"
    ca_file.write_text(ca.certificate_pem, encoding="ascii")
    if client is None:
        return ["--cacert", str(ca_file)]
    bundle, key = directory / "client.pem", directory / "client.key.pem"
    bundle.write_text(client.bundle_pem, encoding="ascii")
    key.write_text(client.key_pem, encoding="ascii")
    return ["--cacert", str(ca_file), "--cert", str(bundle), "--key", str(key)]
