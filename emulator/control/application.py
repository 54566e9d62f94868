"""The control API as an ASGI application: routes made from the declarations, and the page."""

from __future__ import annotations

import inspect
import json
from contextlib import aclosing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from emulator.control import openapi
from emulator.control.declaration import API, Content, Cookie, EventStream, FileContent
from emulator.control.guard import Guard
from emulator.control.operations import all_operations
from emulator.control.problem import MEDIA_TYPE, Problem, RefusedError
from emulator.control.schema import to_json
from emulator.control.terminal import serve_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from emulator.control.declaration import Operation
    from emulator.control.desk import Desk
    from emulator.control.guard import Application

_PAGE: Final = Path(__file__).with_name("page")
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_OPEN: Final = ("/", "/health", "/ready", "/openapi.json", f"{API}/session")
_PIECE: Final = 1 << 16


def make_application(desk: Desk) -> Application:
    """Everything that the emulator answers over HTTP, guarded."""
    routes: list[BaseRoute] = [_route(operation, desk) for operation in all_operations()]
    routes += [
        WebSocketRoute(openapi.TERMINAL, _terminal(desk)),
        Route(openapi.TERMINAL, _upgrade),
        Route("/openapi.json", _document),
        Route("/health", lambda _: _probe(desk, 200)),
        Route("/ready", lambda _: _probe(desk, 200 if desk.is_open else 503)),
        Route("/", _page),
        Route("/page/{name:path}", _page),
    ]
    application = Starlette(
        routes=routes, exception_handlers={RefusedError: _refused, HTTPException: _not_found, Exception: _failed}
    )
    application.router.redirect_slashes = False
    return Guard(cast("Application", application), cookie=desk.cookie, token=desk.token, is_open=_is_open)


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith("/page/")


def _route(operation: Operation[..., Any], desk: Desk) -> Route:
    async def answer(request: Request) -> Response:
        body = await _read_body(request, operation)
        query = dict(request.query_params)
        if operation.returns is EventStream and "last-event-id" in request.headers:
            query["after"] = request.headers["last-event-id"]
        result = operation(desk, **operation.bind(dict(request.path_params), query, body))
        if inspect.isawaitable(result):
            result = await result
        return await _response(result, operation, secure=request.url.scheme == "https")

    return Route(operation.path, answer, methods=[operation.method], name=operation.name)


async def _read_body(request: Request, operation: Operation[..., Any]) -> Any:
    """The body as JSON's value or as octets. Raises RefusedError."""
    octets = bytearray()
    async for piece in request.stream():
        octets += piece
        if len(octets) > operation.largest_body:
            raise RefusedError(413, f"the body is too long; this takes {operation.largest_body} octets at most")
    if operation.body is None or operation.takes_octets:
        return bytes(octets)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "send JSON, with 'Content-Type: application/json'")
    try:
        return json.loads(octets.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as failure:
        raise RefusedError(400, f"the body is no JSON: {failure}") from failure


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


async def _response(result: Any, operation: Operation[..., Any], *, secure: bool) -> Response:
    match result:
        case Content(octets, media_type, name):
            return Response(octets, media_type=media_type, headers=_headers(name))
        case FileContent(path, media_type, name):
            size = path.stat().st_size
            headers = {**_headers(name), "Content-Length": str(size)}
            return StreamingResponse(_pieces(path, size), media_type=media_type, headers=headers)
        case EventStream(events):
            first = await anext(events)
            return StreamingResponse(_streamed(first, events), media_type=operation.media_type, headers=_NOT_KEPT)
        case Cookie(name, value):
            response = Response(status_code=204, headers=_NOT_KEPT)
            response.set_cookie(
                name, value, max_age=None if value else 0, httponly=True, samesite="strict", secure=secure
            )
            return response
        case None:
            return Response(status_code=204, headers=_NOT_KEPT)
    return JSONResponse(to_json(result), operation.status, headers=_NOT_KEPT)


def _headers(name: str) -> dict[str, str]:
    if not name:
        return dict(_NOT_KEPT)
    return {**_NOT_KEPT, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    """The first ``size`` octets of a file that may grow meanwhile."""
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece


async def _streamed(first: str, events: AsyncIterator[str]) -> AsyncIterator[str]:
    async with aclosing(cast("Any", events)):
        yield first
        async for event in events:
            yield event


def _terminal(desk: Desk) -> Any:
    async def terminal(socket: WebSocket) -> None:
        await serve_terminal(socket, desk)

    return terminal


def _upgrade(_: Request) -> Response:
    raise RefusedError(426, "the terminal is a WebSocket; see docs/control.md")


def _document(_: Request) -> Response:
    return JSONResponse(openapi.document())


def _probe(desk: Desk, status: int) -> Response:
    return JSONResponse({"ready": desk.is_open, "is_on": desk.is_on}, status, headers=_NOT_KEPT)


def _page(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    path = _page_files().get(name)
    if path is None:
        raise RefusedError(404, f"there is no page {name!r}")
    return Response(path.read_bytes(), media_type=_MEDIA_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})


@cache
def _page_files() -> dict[str, Path]:
    """What the page is made of, by the names in its addresses."""
    files = (path for path in _PAGE.rglob("*") if path.suffix in _MEDIA_TYPES)
    return {path.relative_to(_PAGE).as_posix(): path for path in files}


def _refused(_: Request, refusal: Exception) -> Response:
    return _problem(cast("RefusedError", refusal).problem)


def _not_found(request: Request, failure: Exception) -> Response:
    status = cast("HTTPException", failure).status_code
    there_is = "nothing" if status == 404 else f"no {request.method}"
    return _problem(RefusedError(status, f"there is {there_is} at {request.url.path}; see /openapi.json").problem)


def _failed(_: Request, failure: Exception) -> Response:
    detail = f"the emulator made a mistake ({type(failure).__name__}); its log says which"
    return _problem(RefusedError(500, detail).problem)


def _problem(problem: Problem) -> Response:
    return JSONResponse(to_json(problem), problem.status, media_type=MEDIA_TYPE, headers=_NOT_KEPT)
