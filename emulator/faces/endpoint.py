"""Where a face can be reached over a socket, as the command line writes it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_HOST_AND_PORT: Final = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]/]*)):(\d{1,5})")
_HIGHEST_PORT: Final = 65535
_THIS_MACHINE: Final = "127.0.0.1"


class Endpoint(NamedTuple):
    """``HOST:PORT`` of TCP, or the path of a Unix socket; the one that is not used is empty or 0."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        """As the command line writes it."""
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Read ``HOST:PORT``, ``:PORT`` (this machine) or a path with a slash in it. Raises ValueError.

    Port 0 stands for any free one; a host with colons stands in brackets.
    """
    if "/" in text:
        return Endpoint(path=text)
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None or int(match[3]) > _HIGHEST_PORT:
        raise ValueError(
            f"'{text}' is no address; write it as HOST:PORT such as 127.0.0.1:0, or as a path with a slash"
        )
    return Endpoint(match[1] or match[2] or _THIS_MACHINE, int(match[3]))
