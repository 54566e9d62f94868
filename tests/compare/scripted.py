"""Modules that are none: a TCP port that answers by a script, to be opened as ``socket://``."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Answer = bytes | None
"""None for no answer at all."""


@contextmanager
def scripted_module(answers: Mapping[str, Answer], *, echo: bool = True) -> Iterator[str]:
    """A module that answers commands so, and others with OK; yields its URL."""

    def reply(line: bytes) -> bytes:
        text = line.decode("latin-1")
        answer = answers.get(text, b"AT-S.OK\r\n")
        return b"" if answer is None else (line + b"\r\n" if echo else b"") + answer

    with _port(reply) as url:
        yield url


@contextmanager
def babbling_port(octets: bytes) -> Iterator[str]:
    """Something that says the same to every line; yields its URL."""
    with _port(lambda _: octets) as url:
        yield url


@contextmanager
def hanging_up_port() -> Iterator[str]:
    """Something that hangs up at the first line; yields its URL."""
    with _port(lambda _: None) as url:
        yield url


@contextmanager
def _port(reply: Callable[[bytes], bytes | None]) -> Iterator[str]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = b""
            while octet := self.rfile.read(1):
                if octet == b"\r":
                    answer = reply(line)
                    if answer is None:
                        return
                    self.wfile.write(answer)
                    line = b""
                else:
                    line += octet

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"socket://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
