"""Internet protocols: HTTP requests."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

from firmware_model.commands.files import FileName
from firmware_model.commands.handshake import perform_request
from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import HostName, Integer, Port, Text, Word
from firmware_model.console.rendering import Raw
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import log
from firmware_model.web.http_client import (
    BodyReceived,
    StatusReceived,
)
from firmware_model.web.http_request import Endpoint, HttpRequest

if TYPE_CHECKING:
    from firmware_model.module import Module

_Tls = Annotated[int, Integer(0, 2)]
"""0 plain, 2 TLS; 1 is taken as TLS too (assumed)."""
_Credential = Annotated[str, Text(128)]
_FIRST_ERROR_STATUS = 400


@command("HTTPGET", spi_id=0x54, source=log("F-TLS, F-SSL, F-HCE"))
async def http_get(
    module: Module,
    hostname: HostName,
    path: Word = "/",
    port: Port | None = None,
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
    download: FileName = "",
    upload: FileName = "",
) -> Replies:
    """Fetch a page over HTTP; the answer goes to the console or to a file."""
    endpoint = Endpoint.of(hostname, port, tls=tls > 0)
    request = HttpRequest("GET", endpoint, path, username, password, _content(module, upload))
    async for reply in _exchange(module, request, download):
        yield reply


@command("HTTPPOST", spi_id=0x55, source=log("F-HCE"))
async def http_post(
    module: Module,
    hostname: HostName,
    path: Word = "/",
    port: Port | None = None,
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
    download: FileName = "",
    upload: FileName = "",
) -> Replies:
    """Post a file over HTTP; the answer goes to the console or to a file."""
    endpoint = Endpoint.of(hostname, port, tls=tls > 0)
    request = HttpRequest("POST", endpoint, path, username, password, _content(module, upload))
    async for reply in _exchange(module, request, download):
        yield reply


def _content(module: Module, upload: str) -> bytes | None:
    return module.files.read(upload) if upload else None


async def _exchange(module: Module, request: HttpRequest, download: str) -> Replies:
    status = 0
    async with aclosing(perform_request(module, request)) as steps:
        async for step in steps:
            if isinstance(step, replies.Line):
                yield step
                continue
            if isinstance(step, StatusReceived):
                status = step.code
            for reply in _replies_to(step, status, to_console=not download):
                yield reply
            if download and status < _FIRST_ERROR_STATUS:
                _save(module, download, step)
    if status >= _FIRST_ERROR_STATUS:
        raise AtError(Error.REQUEST_FAILED)


def _save(module: Module, filename: str, step: StatusReceived | BodyReceived) -> None:
    """Keep the body in a file; an older file of that name is replaced (assumed)."""
    if isinstance(step, StatusReceived):
        module.files.write(filename, b"", append=False)
    elif isinstance(step, BodyReceived):
        module.files.write(filename, step.content, append=True)


def _replies_to(step: StatusReceived | BodyReceived, status: int, *, to_console: bool) -> list[replies.Line | Raw]:
    match step:
        case StatusReceived(code) if code >= _FIRST_ERROR_STATUS:
            return [replies.HTTP_SERVER_STATUS(code), replies.HTTP_SERVER_ERROR(code)]
        case StatusReceived(code):
            return [replies.HTTP_SERVER_STATUS(code)]
        case BodyReceived(content) if to_console and status < _FIRST_ERROR_STATUS:
            return [Raw(content)]
    return []
