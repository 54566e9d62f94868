"""Web sockets: open, query, read, write, close, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.commands.opening import announce
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import HostName, Integer, Port, Switch, Text, Word
from firmware_model.console.rendering import Raw
from firmware_model.tables import replies
from firmware_model.tables.errors import Error
from firmware_model.tables.sources import driver
from firmware_model.web.http_request import Endpoint
from firmware_model.websocket.upgrade import Upgrade

if TYPE_CHECKING:
    from firmware_model.module import Module

_Id = Annotated[int, Integer(0, 255, above=Error.ILLEGAL_SOCKET_ID)]
_Tls = Annotated[int, Integer(0, 2)]
"""0 plain, 2 TLS; 1 is taken as TLS too (assumed)."""
_Length = Annotated[int, Integer(0, 0xFFFF, above=Error.ARGUMENT_TOO_LARGE)]
_Credential = Annotated[str, Text(128)]
_KIND = "w"


@command("WSOCKON", spi_id=0x61, source=driver("XC-UART, XC-CONST"))
async def open_web_socket(
    module: Module,
    hostname: HostName,
    port: Port | None = None,
    path: Word = "/",
    tls: _Tls = 0,
    username: _Credential = "",
    password: _Credential = "",
    origin: Word = "",
    protocols: Word = "",
    extensions: Word = "",
) -> Replies:
    """Open a web socket."""
    endpoint = Endpoint.of(hostname, port, tls=tls > 0)
    upgrade = Upgrade(endpoint, path, username, password, origin, protocols, extensions)
    async for reply in announce(module.web_sockets.open(upgrade)):
        yield reply


@command("WSOCKQ", spi_id=0x62, source=driver("XC-UART"))
async def query_web_socket(module: Module, id: _Id) -> Replies:  # noqa: A002 - the manual's name
    """Show how many octets wait in a web socket."""
    yield replies.QUERY(len(module.web_sockets.find(id).pending))


@command("WSOCKC", spi_id=0x63, source=driver("XC-CONST"))
async def close_web_socket(module: Module, id: _Id, status: Switch = 0) -> None:  # noqa: A002
    """Close a web socket: 0 normal closure, 1 going away."""
    await module.web_sockets.close_one(id, status)


@command("WSOCKW", spi_id=0x64, source=driver("XC-CONST; the meaning of the flags is assumed"))
async def write_web_socket(
    module: Module,
    id: _Id,  # noqa: A002
    last_frame: Switch = 0,
    last_fragment: Switch = 0,
    binary: Switch = 0,
    *,
    length: _Length,
    data: Data,
) -> None:
    """Send the data that follows as one frame: text or binary; a 1 in the first two flags says that more follows."""
    socket = module.web_sockets.find_connected(id)
    with module.heap.allocated(length):
        content = await data.read(length) if length else b""
        await socket.write(content, binary=binary == 1, last=not (last_frame or last_fragment))


@command("WSOCKR", spi_id=0x65, source=driver("XC-CONST"))
async def read_web_socket(module: Module, id: _Id, length: _Length = 0) -> Replies:  # noqa: A002
    """Read what waits in a web socket, at most so many octets; 0 for all."""
    socket = module.web_sockets.find(id)
    total = len(socket.pending)
    content = socket.read(length)
    yield replies.READING(len(content), total)
    yield Raw(content)


@command("WSOCKL", spi_id=0x66, source=driver("XC-CONST; the line's form is that of SOCKL, by analogy"))
async def list_web_sockets(module: Module) -> Replies:
    """List the web sockets."""
    for socket in module.web_sockets:
        state = (socket.number, int(socket.connected), _KIND, len(socket.pending))
        yield replies.LIST("", *state, *socket.remote)
