"""Who may use the control API: looked at before anything else, for HTTP and WebSocket alike.

A page from elsewhere that is open in the user's browser must get nothing, and it can try three ways. It can send
requests from its own origin: then ``Origin`` or ``Sec-Fetch-Site`` tells. It can have its own name lead to this
machine (DNS rebinding): then ``Host`` tells, where the API is for this machine only; where a token is demanded the
name does not matter, because such a page has neither the token nor the cookie of another name. It can show our page
inside its own: then the policy in the answer keeps the browser from it.
"""

from __future__ import annotations

import json
import re
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from emulator.control.problem import MEDIA_TYPE, RefusedError
from emulator.control.schema import to_json
from emulator.faces.endpoint import is_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from emulator.control.token import Token

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?")
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # xterm.js makes style sheets of its own
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_LARGEST_HEAD: Final = 16 * 1024
"""Octets in the headers of a request."""
_OURS: Final = ("", "same-origin", "none")
"""What Sec-Fetch-Site says of requests from our page, of a person, and of programs."""


class Guard:
    """ASGI middleware that turns away whoever has no business here."""

    def __init__(self, application: Application, *, cookie: str, token: Token | None, is_open: Callable[[str], bool]):
        """Demand ``token`` where ``is_open`` does not say that a path is for everybody.

        Without a token only requests to names of this machine's own are taken.
        """
        self._application = application
        self._cookie = cookie
        self._token = token
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and hand it on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        try:
            self._check(scope)
        except RefusedError as refusal:
            await refuse(scope, _with_headers(send), refusal)
        else:
            await self._application(scope, receive, _with_headers(send))

    def _check(self, scope: Scope) -> None:
        """Raise RefusedError when something is wrong with a request's head."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > _LARGEST_HEAD:
            raise RefusedError(431, f"the headers are too long; they may have {_LARGEST_HEAD} octets")
        host = self._check_host(_header(scope, b"host"))
        origin = _header(scope, b"origin")
        if origin and origin.partition("://")[2] != host:
            raise RefusedError(403, "pages from elsewhere may not use this; open the emulator's own page")
        if _header(scope, b"sec-fetch-site") not in _OURS and not _is_visit(scope):
            raise RefusedError(403, "pages from elsewhere may not use this; open the emulator's own page")
        if self._token is not None and not self._is_open(scope["path"]) and not self._is_known(scope):
            raise RefusedError(401, "say who you are: send 'Authorization: Bearer TOKEN' with the token of this run")

    def _check_host(self, host: str) -> str:
        match = _HOST.fullmatch(host)
        if match is None:
            raise RefusedError(400, "the Host header is no host")
        if self._token is None and not is_loopback(match["name"].strip("[]").lower()):
            raise RefusedError(421, f"this is not {host}; use the address that the ready line names")
        return host

    def _is_known(self, scope: Scope) -> bool:
        assert self._token is not None  # noqa: S101 - for the type checker
        kind, _, text = _header(scope, b"authorization").partition(" ")
        if kind.lower() == "bearer":
            return self._token.matches(text.strip())
        try:
            cookies = SimpleCookie(_header(scope, b"cookie"))
        except CookieError:
            return False
        return self._cookie in cookies and self._token.matches_cookie(cookies[self._cookie].value)


async def refuse(scope: Scope, send: Send, refusal: RefusedError) -> None:
    """Answer a request with problem details; a WebSocket's likewise, where the server can."""
    problem = refusal.problem
    kind = "http.response"
    if scope["type"] == "websocket":
        kind = "websocket.http.response"
        if kind not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": problem.detail})
            return
    body = json.dumps(to_json(problem)).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": f"{kind}.start", "status": problem.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sending


def _is_visit(scope: Scope) -> bool:
    """Whether a person follows a link to a page."""
    return scope.get("method") == "GET" and _header(scope, b"sec-fetch-mode") == "navigate"


def _header(scope: Scope, name: bytes) -> str:
    """A header's value; empty for none. Several are joined, so that no single one of them counts."""
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
