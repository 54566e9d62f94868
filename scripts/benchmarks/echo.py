"""The yardstick of a round trip: a pty, an event loop, and a fixed answer to whatever comes.

No program with an asyncio event loop behind a pty can answer faster. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tty

from scripts.benchmarks.serial_port import OK

_READ_SIZE = 65536


async def main() -> None:
    """Answer until standard input ends."""
    master, slave = os.openpty()
    tty.setraw(slave)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def answer() -> None:
        os.read(master, _READ_SIZE)
        os.write(master, OK)

    loop.add_reader(master, answer)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    print(json.dumps({"port": os.ttyname(slave)}), flush=True)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
