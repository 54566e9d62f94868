"""Where the remote port is, as the command line names it."""

from __future__ import annotations

from typing import Final, NamedTuple

from emulator.faces.endpoint import Endpoint, parse_endpoint

_SCHEMES: Final = {"rfc2217": True, "tcp": False, "socket": False}


class Remote(NamedTuple):
    """A port that somebody serves."""

    scheme: str
    endpoint: Endpoint

    @property
    def speaks_rfc2217(self) -> bool:
        """Whether settings can be told to it."""
        return _SCHEMES[self.scheme]

    def __str__(self) -> str:
        """As the command line names it."""
        return f"{self.scheme}://{self.endpoint}"


def parse_remote(text: str) -> Remote:
    """Read ``rfc2217://HOST:PORT`` or ``tcp://HOST:PORT``. Raises ValueError."""
    scheme, separator, rest = text.partition("://")
    try:
        endpoint = parse_endpoint(rest.rstrip("/"))
    except ValueError:
        endpoint = Endpoint()
    if not separator or scheme not in _SCHEMES or not endpoint.port or ":" not in rest:
        raise ValueError(
            f"'{text}' is no remote port; write it as rfc2217://192.168.1.5:5000 or tcp://192.168.1.5:5000"
        )
    return Remote(scheme, endpoint)
