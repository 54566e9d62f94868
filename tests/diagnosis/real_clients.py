"""Clients of several makes that shake hands with a real server, each with a client certificate."""

from __future__ import annotations

import asyncio
import ssl
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.peers.curl import curl_fetch
from tests.tls.clients import Client, shake_hands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.peers.pki import Pki, PkiFiles

    Shake = Callable[[int, Pki, PkiFiles], Awaitable[None]]
    """Shakes hands with the server at a port."""

_REQUEST = b"GET /conf HTTP/1.0\r\nHost: localhost\r\n\r\n"


async def curl(port: int, pki: Pki, _: PkiFiles) -> None:
    fetched = await curl_fetch(f"https://127.0.0.1:{port}/conf", ca=pki.root, client=pki.client)
    assert fetched.exit_code == 0, fetched.words


async def python_ssl(port: int, _: Pki, files: PkiFiles) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(files.ca)
    context.load_cert_chain(files.client_bundle, files.client_key)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(_REQUEST)
    await reader.read()
    writer.close()
    with suppress(ssl.SSLError, OSError):
        await writer.wait_closed()


async def s_client(port: int, _: Pki, files: PkiFiles) -> None:
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", files.ca, "-verify_return_error"),
        *("-cert", files.client_bundle, "-cert_chain", files.client_bundle, "-key", files.client_key),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    assert await process.wait() == 0


def module(seed: int = 1, *faults: str) -> Shake:
    """The module's own client, with faults."""
    clients: dict[bytes, Client] = {}

    async def shake(port: int, pki: Pki, _: PkiFiles) -> None:
        client = clients.setdefault(pki.client.certificate_der, Client(pki.root, pki.client, seed=seed))
        if faults and not client.faults.asked:
            client.faults.arm(*faults)
        stream = await client.connect(port)
        try:
            await shake_hands(stream)
            await stream.write(_REQUEST)
            await stream.read(1000)
        except Exception:  # how the module takes it is not looked at here
            assert faults
        finally:
            await stream.close()

    return shake


CLIENTS: dict[str, tuple[str | None, Shake]] = {
    "curl": ("curl", curl),
    "Python ssl": (None, python_ssl),
    "openssl s_client": ("openssl", s_client),
    "module": (None, module()),
}
"""Each with the program that it needs."""
