"""What the web server answers to each request (AN4965)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from firmware_model.tables.errors import AtError, Error
from firmware_model.web.forms import decode_pairs, decode_uploads
from firmware_model.web.message import EXPIRED, EXPIRES_NEVER, Request, Response
from firmware_model.web.mime import DYNAMIC, FORM, HTML, ICON, MULTIPART, content_type, extension, is_cacheable
from firmware_model.web.pages import HOME, Page, http_date, is_unchanged
from firmware_model.web.ssi import asks_for_input, fill_in, split_tokens

if TYPE_CHECKING:
    from firmware_model.storage.configuration import Configuration
    from firmware_model.storage.files import FileSystem
    from firmware_model.web.page_input import PageInput
    from firmware_model.web.pages import Pages
    from firmware_model.web.remote import RemoteControl
    from firmware_model.web.ssi import Values

_METHODS: Final = "GET, POST, OPTIONS"
_FAVICON: Final = "favicon.ico"
_NO_ROOM: Final = (Error.RAM_DISK_FAILED, Error.FLASH_WRITE_FAILED)
_CACHE: Final = ("Expires", EXPIRES_NEVER)
_NO_CACHE: Final = ("Expires", EXPIRED)


class Site:
    """Everything the module shows and takes over HTTP."""

    def __init__(
        self,
        configuration: Configuration,
        files: FileSystem,
        pages: Pages,
        values: Values,
        remote: RemoteControl,
        page_input: PageInput,
        portal: str,
    ) -> None:
        """``portal`` is the captive name in lower case, empty for none."""
        self._configuration = configuration
        self._files = files
        self._pages = pages
        self._values = values
        self._remote = remote
        self._input = page_input
        self._portal = portal

    async def answer(self, request: Request) -> Response:
        """Answer one request; every failure is an answer too."""
        try:
            target = urlsplit(request.target)
        except ValueError:
            return _failure(400)
        name = unquote(target.path, encoding="latin-1").lstrip("/")
        match request.method:
            case "OPTIONS":
                return Response(200, (("Allow", _METHODS),))
            case "GET":
                elsewhere = self._captured(request.headers.get("host", ""), request.scheme)
                return elsewhere or await self._show(name or self._home(request), request)
            case "POST":
                return await self._take(name, request)
        return Response(405, (("Allow", _METHODS),))

    async def _show(self, name: str, request: Request) -> Response:
        page = self._pages.find(name)
        if page is None:
            return Response(200, (("Content-Type", ICON),)) if name == _FAVICON else _failure(404)
        if extension(name) == DYNAMIC:
            tokens = split_tokens(await self._input.ask()) if asks_for_input(page.content) else ()
            content = fill_in(page.content, self._values, tokens)
            return Response(200, (("Content-Type", HTML), _NO_CACHE), content, chunked=True)
        if request.method == "GET" and is_unchanged(page, request.headers.get("if-modified-since", "")):
            return Response(304, _validity(page))
        return Response(200, _description(page), page.content)

    async def _take(self, name: str, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind == FORM:
                # A page posts to itself, so it is what comes back.
                restart = self._remote.carry_out(decode_pairs(request.body))
                shown = await self._show(name or self._home(request), request)
                return shown._replace(reboots=restart)
            if kind == MULTIPART:
                for upload in decode_uploads(request.headers["content-type"], request.body):
                    self._files.write(upload.name, upload.content, append=False)
                page = await self._show(name or self._home(request), request)
                return page if page.status == 200 else Response(200)
            self._files.write(name, request.body, append=False)
        except ValueError:
            return _failure(400)
        except AtError as failure:
            return _failure(507 if failure.error in _NO_ROOM else 403)
        return Response(200)

    def _home(self, request: Request) -> str:
        """The page behind the bare address; the captive name has one of its own."""
        if self._portal and _host_name(request.headers.get("host", "")) == self._portal:
            return self._configuration.get("ip_apredirect").lstrip("/") or HOME
        return HOME

    def _captured(self, authority: str, scheme: str) -> Response | None:
        """In the miniAP, send a browser that wants another site to the captive name (assumed)."""
        host = _host_name(authority)
        if not self._portal or "." not in host or host == self._portal or _is_address(host):
            return None
        port = authority[len(host) + 1 :]
        place = f"{quote(self._portal)}:{port}" if port.isdigit() else quote(self._portal)
        page = quote(self._configuration.get("ip_apredirect").lstrip("/"), encoding="latin-1")
        return Response(302, (("Location", f"{scheme}://{place}/{page}"), _NO_CACHE))


def _description(page: Page) -> tuple[tuple[str, str], ...]:
    headers = (("Content-Type", content_type(page.name)), *_validity(page))
    if not page.compressed:
        return headers
    # The note names the first header; browsers only unpack for the second.
    return (*headers, ("Content-Transfer-Encoding", "gzip"), ("Content-Encoding", "gzip"))


def _validity(page: Page) -> tuple[tuple[str, str], ...]:
    kept = _CACHE if is_cacheable(page.name) else _NO_CACHE
    return kept, ("Last-Modified", http_date(page.modified))


def _failure(status: int) -> Response:
    return Response(status, (("Content-Type", HTML), _NO_CACHE), f"<h1>{status}</h1>".encode())


def _host_name(authority: str) -> str:
    return authority.lower().partition(":")[0]


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True
