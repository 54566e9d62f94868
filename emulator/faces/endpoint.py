"""Where a face can be reached over a socket, as the command line writes it, and how it is opened there."""

from __future__ import annotations

import errno
import re
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCALHOST: Final = "127.0.0.1"
EVERYWHERE: Final = "*"
_FORM: Final = re.compile(r"(?:(?:\[([^\[\]]+)\]|([^:\[\]/]*)):)?(\d{1,5})")
_HIGHEST_PORT: Final = 65535
_LOCAL: Final = {EVERYWHERE: LOCALHOST, "0.0.0.0": LOCALHOST, "::": "::1"}  # noqa: S104 - looked up, not bound
_LACKING: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Endpoint(NamedTuple):
    """A host and a port of TCP, or the path of a Unix socket; what is not used is empty or 0.

    Host ``*`` stands for all addresses of this machine, port 0 for any that is free.
    """

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        """As the command line writes it, and a URL."""
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable_at(self) -> Endpoint:
        """Where this machine itself reaches it."""
        return self._replace(host=_LOCAL.get(self.host, self.host))


def parse_endpoint(text: str) -> Endpoint:
    """Read ``HOST:PORT``, ``PORT`` or ``:PORT`` (this machine), or a path with a slash in it. Raises ValueError.

    A host with colons stands in brackets.
    """
    if "/" in text:
        return Endpoint(path=text)
    match = _FORM.fullmatch(text)
    if match is None or int(match[3]) > _HIGHEST_PORT or not _can_be_looked_up(match[1] or match[2] or LOCALHOST):
        raise ValueError(
            f"'{text}' is no address; write it as HOST:PORT such as 127.0.0.1:5000 or *:5000 (for everybody), as 5000 "
            "alone (for this machine), with port 0 for any that is free; SPI takes a path with a slash as well"
        )
    return Endpoint(match[1] or match[2] or LOCALHOST, int(match[3]))


def _can_be_looked_up(host: str) -> bool:
    """Whether the system looks for such a host at all: a label may have neither no letters nor more than 63."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; a name other than ``localhost`` may lead anywhere."""
    # Imported here because a pty listens nowhere, and start-up time counts.
    from ipaddress import ip_address

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(endpoint: Endpoint) -> tuple[Endpoint, Sequence[socket.socket]]:
    """Open an endpoint, on every address that its host has; the result says which port it got. Raises OSError."""
    if endpoint.host == EVERYWHERE:
        everywhere = _listen_everywhere(endpoint.port)
        return endpoint._replace(port=everywhere.getsockname()[1]), [everywhere]
    found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[socket.socket] = []
    failures: list[OSError] = []
    for family, _, _, _, (host, port, *scope) in found:
        number = opened[0].getsockname()[1] if opened else port
        try:
            opened.append(socket.create_server((host, number, *scope), family=family))
        except OSError as failure:
            failures.append(failure)
    # A name can have an address that this machine lacks, such as ::1 where IPv6 is off.
    grave = [failure for failure in failures if failure.errno not in _LACKING or not opened]
    if grave:
        for each in opened:
            each.close()
        raise grave[0]
    return endpoint._replace(port=opened[0].getsockname()[1]), opened


def _listen_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))
