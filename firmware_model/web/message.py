"""Requests and answers of the web server as values, apart from how HTTP writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPIRES_NEVER: Final = "Fri, 01 Jan 2100 00:00:00 GMT"
EXPIRED: Final = "Sat, 01 Jan 2000 00:00:00 GMT"
"""The two dates of AN4965: for what a browser may keep, and for what it may not."""


class Request(NamedTuple):
    """One request; header names in lower case, everything in Latin-1."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    scheme: str = "http"
    """``https`` when it came over TLS."""


class Response(NamedTuple):
    """One answer; ``chunked`` sends the body in chunks where the protocol allows it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    chunked: bool = False
    reboots: bool = False
    """The module restarts once the answer is sent."""
