"""What WSOCKON says about the web socket to open."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from firmware_model.web.http_request import Endpoint


class Upgrade(NamedTuple):
    """The request that turns an HTTP connection into a web socket; empty texts are left out of it."""

    endpoint: Endpoint
    path: str = "/"
    username: str = ""
    password: str = ""
    origin: str = ""
    protocols: str = ""
    """Subprotocols on offer, separated by commas."""
    extensions: str = ""
    """Extensions on offer, as they stand in the header."""

    @property
    def target(self) -> str:
        """The path as it stands in the request line."""
        return self.path if self.path.startswith("/") else f"/{self.path}"

    @property
    def subprotocols(self) -> list[str]:
        """The subprotocols one by one."""
        return [protocol.strip() for protocol in self.protocols.split(",") if protocol.strip()]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers beyond those that make the upgrade."""
        headers = []
        if self.origin:
            headers.append((b"Origin", self.origin.encode("latin-1")))
        if self.username:
            pair = f"{self.username}:{self.password}".encode("latin-1")
            headers.append((b"Authorization", b"Basic " + b64encode(pair)))
        return headers
