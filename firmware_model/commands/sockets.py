"""Sockets: client sockets (SOCK...) and server sockets (SOCKD...)."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Final

from firmware_model.commands.handshake import handshake_line
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import HostName, Integer, Keyword, Port, Text
from firmware_model.console.rendering import Raw
from firmware_model.sockets.channel import Channel, Kind
from firmware_model.sockets.client_sockets import CLIENT_SOCKETS, Destination, Opened
from firmware_model.sockets.server import CLIENTS
from firmware_model.sockets.server_sockets import SERVER_SOCKETS
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver, inferred, log
from firmware_model.tls.failures import CertificateError

if TYPE_CHECKING:
    from firmware_model.module import Module
    from firmware_model.tls.progress import Progress

_Id = Annotated[int, Integer(0, CLIENT_SOCKETS - 1, above=Error.ILLEGAL_SOCKET_ID)]
_ServerId = Annotated[int, Integer(0, SERVER_SOCKETS - 1, above=Error.ILLEGAL_SOCKET_ID)]
_ClientId = Annotated[int, Integer(0, CLIENTS - 1, above=Error.ILLEGAL_SOCKET_ID)]
_LocalPort = Annotated[int, Integer(0, 65535)]
"""0, or the word NULL (MBED, XC-CONST), for any."""
_Protocol = Annotated[str, Text(255)]
"""``t``, ``u``, ``s``, or the common name of a TLS server."""
_ServerProtocol = Annotated[str, Keyword((Kind.TCP, Kind.UDP, Kind.ONE_WAY_TLS_SERVER, Kind.MUTUAL_TLS_SERVER))]
_WriteLength = Annotated[int, Integer(1, 0xFFFF, above=Error.ARGUMENT_TOO_LARGE)]
_ReadLength = Annotated[int, Integer(0, 0x7FFFFFFF)]
"""0 for everything that waits (EMB)."""
_WORDS: Final = (Kind.TCP, Kind.UDP, Kind.TLS)


@command("SOCKON", spi_id=0x41, source=driver("MBED, GHI, XC-UART, TD"))
async def open_socket(
    module: Module, hostname: HostName, port: Port, local_port: _LocalPort = 0, protocol: _Protocol = "t"
) -> Replies:
    """Open a client socket: t TCP, u UDP, s TLS, or the server's common name for TLS that checks it."""
    kind = next((word for word in _WORDS if word == protocol.lower()), Kind.TLS)
    common_name = "" if protocol.lower() in _WORDS else protocol
    destination = Destination(hostname, port, local_port or None, kind, common_name)
    try:
        async with aclosing(module.sockets.open(destination)) as steps:
            async for step in steps:
                yield _reply_to(step)
    except CertificateError as failure:
        yield replies.CERTIFICATE_ERROR(failure.number)
        raise AtError(Error.SOCKET_OPEN_FAILED) from failure


@command("SOCKQ", spi_id=0x42, source=driver("MBED, GHI"))
async def query_socket(module: Module, id: _Id) -> Replies:  # noqa: A002 - the manual's word
    """Show how many octets of a client socket wait to be read."""
    yield replies.QUERY(module.sockets.get(id).pending)


@command("SOCKC", spi_id=0x43, source=driver("MBED, XC-UART"))
async def close_socket(module: Module, id: _Id) -> None:  # noqa: A002
    """Close a client socket."""
    await module.sockets.close_socket(id)


@command("SOCKW", spi_id=0x44, source=driver("MBED, XC-UART"))
async def write_socket(module: Module, id: _Id, length: _WriteLength, data: Data) -> None:  # noqa: A002
    """Write the data that follows to a client socket."""
    await _write(module, module.sockets.get(id), length, data)


@command("SOCKR", spi_id=0x45, source=log("EMB"))
async def read_socket(module: Module, id: _Id, length: _ReadLength = 0) -> Replies:  # noqa: A002
    """Read from a client socket everything that waits, or up to a length."""
    for reply in _read(module.sockets.get(id), length):
        yield reply


@command("SOCKL", spi_id=0x46, source=driver("GHI-DOC, ROS"))
async def list_sockets(module: Module) -> Replies:
    """List the client sockets."""
    for channel in module.sockets:
        yield _listed(channel)


@command("SOCKDON", spi_id=0x47, source=driver("XC-UART, XC-CMD"))
async def open_server(module: Module, port: Port, protocol: _ServerProtocol = "t") -> Replies:
    """Open a server socket: t TCP, u UDP, s1 one-way TLS, s2 mutual TLS."""
    yield replies.ON(await module.server_sockets.open(port, Kind(protocol)))


@command("SOCKDQ", spi_id=0x48, source=driver("XC-UART"))
async def query_client(module: Module, server: _ServerId, client: _ClientId) -> Replies:
    """Show how many octets of a server's client wait to be read."""
    yield replies.QUERY(module.server_sockets.client(server, client).pending)


@command("SOCKDC", spi_id=0x49, source=driver("XC-CONST, XC-UART"))
async def close_server(module: Module, server: _ServerId, client: _ClientId | None = None) -> None:
    """Close a server's client, or the server with all its clients."""
    if client is None:
        await module.server_sockets.close_server(server)
    else:
        await module.server_sockets.get(server).close_client(client)


@command("SOCKDW", spi_id=0x4A, source=driver("XC-CONST, F-SPI4"))
async def write_client(module: Module, server: _ServerId, client: _ClientId, length: _WriteLength, data: Data) -> None:
    """Write the data that follows to a server's client."""
    await _write(module, module.server_sockets.client(server, client), length, data)


@command("SOCKDR", spi_id=0x4B, source=driver("XC-UART"))
async def read_client(module: Module, server: _ServerId, client: _ClientId, length: _ReadLength = 0) -> Replies:
    """Read from a server's client everything that waits, or up to a length."""
    for reply in _read(module.server_sockets.client(server, client), length):
        yield reply


@command("SOCKDL", spi_id=0x4C, source=inferred("XC-CONST sends it; the lines by analogy with SOCKL"))
async def list_clients(module: Module, server: _ServerId | None = None) -> Replies:
    """List the clients of all servers, or of one."""
    servers = module.server_sockets if server is None else (module.server_sockets.get(server),)
    for channel in (channel for one in servers for channel in one):
        yield _listed(channel)


def _reply_to(step: Progress | Opened) -> replies.Line:
    return replies.ON(step.address, step.id) if isinstance(step, Opened) else handshake_line(step)


async def _write(module: Module, channel: Channel, length: int, data: Data) -> None:
    """Write; what fails before the data phase leaves the data to the console (XC-UART)."""
    channel.require_connected()
    with module.heap.allocated(length):
        await channel.write(await data.read(length))


def _read(channel: Channel, length: int) -> tuple[replies.Line, Raw]:
    waiting = channel.pending
    content = channel.read(length or waiting)
    return replies.READING(len(content), waiting), Raw(content)


def _listed(channel: Channel) -> replies.Line:
    host, port = channel.remote
    return replies.LIST(*channel.name, int(channel.connected), channel.kind, channel.pending, host, port)
