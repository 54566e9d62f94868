"""Whether there is a control API, and where: what the command line says about it, before anything of it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.faces.endpoint import Endpoint, parse_endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.control.server import ControlServer
    from emulator.control.token import Token
    from emulator.emulator import Emulator


class WantedControl(NamedTuple):
    """Where the control API is offered, and the token that somebody chose, if somebody did."""

    endpoint: Endpoint
    token: Token | None

    def offer(self, emulator: Emulator) -> ControlServer:
        """The control API of an emulator that is not entered yet."""
        # Imported here because few runs have it, and start-up time counts.
        from emulator.control.server import ControlServer

        return ControlServer(emulator, self.endpoint, self.token)


def wanted_control(where: str | None, token: str | None, token_file: Path | None) -> WantedControl | None:
    """Read ``[HOST:]PORT`` and the token; None without the former. Raises ValueError with one line."""
    if where is None:
        if (token, token_file) != (None, None):
            raise ValueError("there is no control API for the token; offer it with --control PORT")
        return None
    # Imported here because few runs have it, and start-up time counts.
    from emulator.control.token import given_token

    endpoint = parse_endpoint(where)
    if endpoint.path:
        raise ValueError(f"'{where}' is no port; write --control PORT or HOST:PORT")
    return WantedControl(endpoint, given_token(token, token_file))
