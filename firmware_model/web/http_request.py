"""The request that the module sends. No capture of a real module's request was found: its form is assumed."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final, NamedTuple

_COMPLETE_REQUEST: Final = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")


class Endpoint(NamedTuple):
    """Where a request goes."""

    host: str
    port: int
    tls: bool

    @classmethod
    def of(cls, host: str, port: int | None, *, tls: bool) -> Endpoint:
        """An endpoint whose port may have been left out: 80, or 443 with TLS (assumed)."""
        return cls(host, port or cls.default_port(tls=tls), tls)

    @staticmethod
    def default_port(*, tls: bool) -> int:
        """The port that needs not be named."""
        return 443 if tls else 80

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self.host if self.port == self.default_port(tls=self.tls) else f"{self.host}:{self.port}"


class HttpRequest(NamedTuple):
    """One GET or POST; ``content`` comes from the file named for upload.

    Content that starts with a request line is sent as it is (ROS keeps complete requests in files), any other
    content becomes the body (GERREX).
    """

    method: str
    endpoint: Endpoint
    path: str
    username: str = ""
    password: str = ""
    content: bytes | None = None

    def octets(self) -> bytes:
        """The request as it goes over the connection."""
        if self.content is not None and _COMPLETE_REQUEST.match(self.content):
            return self.content
        lines = [
            f"{self.method} {self._target} HTTP/1.1",
            f"Host: {self.endpoint.authority}",
            "User-Agent: SPWF04S",
        ]
        if self.username:
            pair = f"{self.username}:{self.password}".encode("latin-1")
            lines.append(f"Authorization: Basic {b64encode(pair).decode()}")
        if self.content is not None or self.method == "POST":
            lines.append(f"Content-Length: {len(self.content or b'')}")
        lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (self.content or b"")

    @property
    def _target(self) -> str:
        return self.path if self.path.startswith("/") else f"/{self.path}"
