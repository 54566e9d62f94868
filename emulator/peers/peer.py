"""What the matched servers have in common: the site they serve, what they say, and how to wait for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from emulator.peers.authority import Anchor, Authority, Identity

SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
"""OpenSSL's name of TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, the suite seen with the module in the field."""

PATIENCE = 10.0
"""Seconds that a wait for a peer takes at most unless told otherwise."""

_LAST_LINES = 5


class PeerError(Exception):
    """A peer could not be started, ended early, or did not say in time what was expected of it."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a server offers, and to whom: TLS 1.2 with one cipher suite on a free port of 127.0.0.1."""

    identity: Identity
    client_ca: Authority | Anchor | None = None
    """When given, a client must show a certificate under this root; otherwise none is asked for."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content by path, ``{"/conf": b"..."}``."""
    silent: bool = False
    """Complete the handshake, read the request and never answer: ``Http Client Error:4`` on the module."""
    posts: bool = False
    """Take any POST and answer it with 200; only the embedded server does, for others it is a missing file."""
    suite: str = SUITE

    def __post_init__(self) -> None:
        """Refuse a path that not every server would read in the same way."""
        for path in self.files:
            if not path.startswith("/") or path.endswith("/") or ".." in path or "//" in path:
                raise ValueError(f"{path!r} cannot be served; name files like '/conf' or '/folder/conf'")


class Journal:
    """Lines that a peer writes one after the other and that others wait for."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._lines: list[str] = []
        self._news = asyncio.Event()
        self._closed = False

    @property
    def lines(self) -> list[str]:
        """All lines so far."""
        return list(self._lines)

    def append(self, line: str) -> None:
        """Add a line and wake those who wait."""
        self._lines.append(line)
        self._wake()

    def close(self) -> None:
        """Say that no line will follow, so that nobody waits in vain."""
        self._closed = True
        self._wake()

    async def containing(self, text: str, within: float = PATIENCE) -> str:
        """Return the first line that contains ``text``. Raises PeerError when it does not come."""
        return await self._first(lambda: next((line for line in self._lines if text in line), None), repr(text), within)

    async def number(self, count: int, within: float = PATIENCE) -> str:
        """Return line ``count``, from 1. Raises PeerError when it does not come."""
        return await self._first(
            lambda: self._lines[count - 1] if len(self._lines) >= count else None, f"line {count}", within
        )

    async def _first(self, look: Callable[[], str | None], wanted: str, within: float) -> str:
        try:
            async with asyncio.timeout(within):
                while (line := look()) is None:
                    if self._closed:
                        raise PeerError(f"{self._owner} ended without {wanted}; {self._tail()}")
                    await self._news.wait()
        except TimeoutError:
            raise PeerError(f"{self._owner}: no {wanted} within {within:g} s; {self._tail()}") from None
        return line

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _tail(self) -> str:
        return f"its last lines: {' | '.join(self._lines[-_LAST_LINES:])}" if self._lines else "it said nothing"


class HttpsPeer(Protocol):
    """An HTTPS server of whatever make; use it as an asynchronous context manager."""

    @property
    def name(self) -> str:
        """The make in a word or two, ``"OpenSSL"``."""
        ...

    @property
    def version(self) -> str:
        """Make and version, ``"OpenSSL 3.0.19"``; known once the server runs."""
        ...

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        ...

    @property
    def refusals(self) -> list[str]:
        """The server's own words for each failed handshake; a client that merely left is not among them."""
        ...

    async def refusal(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for refusal ``number``, counted from 1. Raises PeerError when it does not come."""
        ...

    async def __aenter__(self) -> Self:
        """Start the server; it accepts connections on return. Raises PeerError or OSError."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and wait until nothing of it is left."""
        ...
