"""A TFTP server in Python: tftpy."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tftpy import TftpServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def tftpy_server(root: Path) -> Iterator[int]:
    """Serve a folder from a thread; yields the port."""
    server = TftpServer(str(root))
    thread = threading.Thread(target=server.listen, args=("127.0.0.1", 0, 0.02))
    thread.start()
    try:
        assert server.is_running.wait(5)
        yield server.listenport
    finally:
        server.stop(now=True)
        thread.join()
