"""Updates over the network: firmware and file systems."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.commands.handshake import perform_request
from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import HostName, Integer, Keyword, Port, Text, Word
from firmware_model.storage.volumes import VolumeNumber
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver
from firmware_model.updates.firmware import LARGEST_IMAGE
from firmware_model.updates.image import ImageError, Kind, parse_image
from firmware_model.web.http_client import BodyReceived, StatusReceived
from firmware_model.web.http_request import Endpoint, HttpRequest

if TYPE_CHECKING:
    from firmware_model.module import Module

_Target = Annotated[str, Keyword(("e", "i"))]
_Tls = Annotated[int, Integer(0, 2)]
_Credential = Annotated[str, Text(128)]
_FIRST_ERROR_STATUS: Final = 400
_STRIDE: Final = 16 * 1024
"""Octets from one progress line to the next (assumed)."""
_VOLUMES: Final = {
    Kind.USER: ("i", VolumeNumber.USER_FLASH),
    Kind.APPLICATION: ("i", VolumeNumber.APPLICATION_FLASH),
    Kind.EXTERNAL: ("e", VolumeNumber.EXTERNAL),
}


@command("FWUPDATE", spi_id=0x56, source=driver("XC-CONST, F-FWU"))
async def update_firmware(
    module: Module,
    target: _Target,
    hostname: HostName,
    path: Word = "/",
    port: Port | None = None,
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
) -> Replies:
    """Fetch a firmware image to external (e) or internal (i) flash; the next boot checks and installs it."""
    _require(module, target)
    image = bytearray()
    endpoint = Endpoint.of(hostname, port, tls=tls > 0)
    async for reply in _fetch(module, HttpRequest("GET", endpoint, path, username, password), image):
        yield reply
    try:
        module.firmware.store(bytes(image))
    except OSError as failure:
        raise AtError(Error.FLASH_WRITE_FAILED) from failure


@command("FSUPDATE", spi_id=0x58, source=driver("XC-CONST, RBT"))
async def update_files(
    module: Module,
    target: _Target,
    hostname: HostName,
    path: Word = "/",
    port: Port | None = None,
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
) -> Replies:
    """Fetch a file system image in place of an external (e) or internal (i) volume; seen after the next reset."""
    _require(module, target)
    image = bytearray()
    endpoint = Endpoint.of(hostname, port, tls=tls > 0)
    async for reply in _fetch(module, HttpRequest("GET", endpoint, path, username, password), image):
        yield reply
    _replace_volume(module, target, bytes(image))


def _require(module: Module, target: str) -> None:
    if target == "e" and not module.files.fitted(VolumeNumber.EXTERNAL):
        raise AtError(Error.VOLUME_NOT_MOUNTED)


def _replace_volume(module: Module, target: str, octets: bytes) -> None:
    try:
        image = parse_image(octets, module.image_key)
        place, volume = _VOLUMES.get(image.kind, ("", VolumeNumber.USER_FLASH))
        if place != target:
            raise ImageError(f"an image of the kind '{image.kind.value}' does not belong there")
        module.files.replace(volume, image.payload)
    except ValueError as failure:
        module.note(f"the files stay as they are: {failure}")
        raise AtError(Error.REQUEST_FAILED) from failure


async def _fetch(module: Module, request: HttpRequest, content: bytearray) -> Replies:
    """Collect the answer in ``content``, with a line for each part of it (the lines are assumed)."""
    status = 0
    async with aclosing(perform_request(module, request, unchunked=True)) as steps:
        async for step in steps:
            match step:
                case StatusReceived(code):
                    status = code
                    yield replies.HTTP_SERVER_STATUS(code)
                case BodyReceived(octets) if status < _FIRST_ERROR_STATUS:
                    for line in _take(module, content, octets):
                        yield line
                case replies.Line():
                    yield step
    if status >= _FIRST_ERROR_STATUS:
        yield replies.HTTP_SERVER_ERROR(status)
        raise AtError(Error.REQUEST_FAILED)
    yield replies.UPDATE(len(content))


def _take(module: Module, content: bytearray, octets: bytes) -> list[replies.Line]:
    """Append octets; the result is the progress line, when one is due."""
    before = len(content) // _STRIDE
    content += octets
    if len(content) > LARGEST_IMAGE:
        module.note(f"the image is larger than the {LARGEST_IMAGE} octets that the flash has for it")
        raise AtError(Error.REQUEST_FAILED)
    return [replies.UPDATE(len(content))] if len(content) // _STRIDE != before else []
