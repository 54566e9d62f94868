"""The server that every TLS client here talks to, in a process of its own so that it takes no client's time.

It ends when its standard input does. Its certificates come from a fixed seed: whoever asks gets the same.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from emulator.peers.https import HttpsServer
from emulator.peers.keys import SeededOctets
from emulator.peers.peer import Site
from emulator.peers.pki import make_pki

if TYPE_CHECKING:
    from emulator.peers.pki import Pki

PATH = "/conf"


def benchmark_pki() -> Pki:
    """Return the certificates: P-256 throughout, a server chain of three, a client bundle of two."""
    return make_pki(random=SeededOctets("benchmarks"))


async def main() -> None:
    """Serve until standard input ends."""
    pki, ended = benchmark_pki(), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    async with HttpsServer(Site(pki.server, pki.root, {PATH: b"ssid=demo\n"})) as server:
        print(json.dumps({"port": server.port}), flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
