"""A real HTTP server on this machine, on a thread of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Files:
    """Serves octets by path; a path that ends in ``?chunked`` comes in chunks, ``?cut`` only by half."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)
        self.authorizations: list[str | None] = []
        self.port = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.authorizations.append(handler.headers["Authorization"])
        path, _, manner = handler.path.partition("?")
        content = self.contents.get(path)
        if content is None:
            handler.send_error(404)
            return
        handler.send_response(200)
        if manner == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if manner == "chunked":
            for start in range(0, len(content), 5000):
                part = content[start : start + 5000]
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.wfile.write(content[: len(content) // 2] if manner == "cut" else content)


@contextmanager
def serving(contents: Mapping[str, bytes]) -> Iterator[Files]:
    """Serve until the context ends; the port is in the result."""
    files = Files(contents)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            files.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
