"""The control API on its port."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from emulator.control.application import make_application
from emulator.control.desk import Desk
from emulator.control.token import new_token
from emulator.faces.endpoint import is_loopback, listen
from emulator.faces.face import FaceError

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.control.token import Token
    from emulator.emulator import Emulator
    from emulator.faces.endpoint import Endpoint

_LARGEST_MESSAGE: Final = 64 * 1024
"""Octets of a message on a WebSocket."""
_FAREWELL: Final = 1
"""Real seconds that clients may take to hear the rest when the emulator ends."""
_LAST_RESORT: Final = 5
"""Real seconds after which what still runs is cancelled; nothing should."""


class ControlError(FaceError):
    """The control API cannot be offered there; the text is for the user."""


class ControlServer:
    """Offers one emulator over HTTP: made before that is entered, so that nothing is missed, and entered after it."""

    def __init__(self, emulator: Emulator, endpoint: Endpoint, token: Token | None = None) -> None:
        """Offer it at ``endpoint``.

        Whoever is not on this machine needs a token: ``token``, else one that is made up. On this machine alone
        nobody needs one unless it is given.
        """
        self.is_token_new = token is None and not is_loopback(endpoint.host)
        """Whether somebody has to be told the token."""
        self.token = new_token() if self.is_token_new else token
        self._desk = Desk(emulator, self.token)
        self._endpoint = endpoint
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Answer from now on. Raises ControlError."""
        try:
            self._endpoint, sockets = listen(self._endpoint)
        except OSError as failure:
            raise ControlError(
                f"cannot offer the control API at {self._endpoint}: {_reason(failure)}; choose another port"
            ) from failure
        self._desk.cookie = f"spwf04sx-{self._endpoint.port}"
        self._server = _Server(_configure(self._desk))
        self._task = asyncio.create_task(self._server.serve(list(sockets)), name="control")
        self._desk.is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let everybody go."""
        self._desk.close()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{self._endpoint.reachable_at}/"

    @property
    def link(self) -> str:
        """The address of the page, for a person: with the token in it if that was made up."""
        return f"{self.url}#token={self.token.text}" if self.is_token_new and self.token else self.url


def _configure(desk: Desk) -> uvicorn.Config:
    return uvicorn.Config(
        make_application(desk),
        loop="none",
        http="h11",
        ws="wsproto",
        ws_max_size=_LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_LAST_RESORT,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the emulator."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture none."""
        return nullcontext()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; whoever does not take the rest in time is hung up on."""
        hanging_up = asyncio.get_running_loop().call_later(_FAREWELL, self._hang_up)
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    def _hang_up(self) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


def _reason(failure: OSError) -> str:
    """What the system says, without what Python adds; names that are not found have no number of the system."""
    if isinstance(failure, socket.gaierror) or failure.errno is None:
        return str(failure.strerror or failure)
    return os.strerror(failure.errno)
