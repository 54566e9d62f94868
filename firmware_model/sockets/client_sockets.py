"""Client sockets: eight ids, TCP, UDP or TLS (RN100)."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.connecting import connect, name_error
from firmware_model.events import SocketClosed, SocketFailed
from firmware_model.outside import Address
from firmware_model.sockets.channel import Channel, Kind, Name, Reason
from firmware_model.sockets.datagram_channel import DatagramChannel
from firmware_model.sockets.datagram_port import DatagramPort
from firmware_model.sockets.segmented_stream import SegmentedStream
from firmware_model.sockets.stream_channel import StreamChannel
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication
from firmware_model.tls.handshake import patient_handshake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from firmware_model.board import Board
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.tls.client import TlsClient, TlsStream
    from firmware_model.tls.progress import Progress

CLIENT_SOCKETS: Final = 8
"""Ids 0..7 (RN100, MBED)."""


class Destination(NamedTuple):
    """What SOCKON names; with a ``common_name`` the server's certificate must be issued for it."""

    host: str
    port: int
    local_port: int | None
    kind: Kind
    common_name: str


class Opened(NamedTuple):
    """The socket is open; ``address`` is the peer's, a dotted quad."""

    address: str
    id: int


class ClientSockets:
    """The client sockets of one module, from one boot to the next."""

    def __init__(self, board: Board, radio: Radio, tls: Callable[[], TlsClient]) -> None:
        """Ask ``tls`` for the TLS client when the first secure socket is opened."""
        self._board = board
        self._radio = radio
        self._tls = tls
        self._outside = board.outside
        self._channels: dict[int, Channel] = {}
        radio.follow(self._follow)

    def __iter__(self) -> Iterator[Channel]:
        """The open sockets, by id."""
        return (self._channels[number] for number in sorted(self._channels))

    def get(self, number: int) -> Channel:
        """The socket of that id. Raises AtError 76."""
        channel = self._channels.get(number)
        if channel is None:
            raise AtError(Error.ILLEGAL_SOCKET_ID)
        return channel

    async def open(self, destination: Destination) -> AsyncGenerator[Progress | Opened, None]:
        """Open a socket under the first free id; yield the progress of TLS and at last :class:`Opened`.

        Raises AtError 44 while the radio is down, 75 without a free id or TLS connection, 91 without heap, 63..65
        for a name that is not found, 74 for whatever else fails, or CertificateError.
        """
        uplink = self._radio.require_address().uplink
        number = self._free_id()
        if destination.kind is Kind.TLS:
            self._tls().require_room()
        with ExitStack() as memory:
            memory.enter_context(self._board.heap.allocated(destination.kind.heap))
            address = await self._resolve(destination, uplink=uplink)
            if destination.kind is Kind.UDP:
                remote = Address(address, destination.port)
                self._channels[number] = await self._bind(destination, number, remote, memory, uplink=uplink)
            else:
                stream: Stream = SegmentedStream(await self._connect(destination, uplink=uplink))
                if destination.kind is Kind.TLS:
                    name = destination.common_name
                    stream = secured = self._tls().connect(stream, name, common_name=bool(name))
                    async with aclosing(self._shake_hands(secured, destination)) as handshake:
                        async for progress in handshake:
                            yield progress
                remote = Address(address, destination.port)
                self._channels[number] = self._begin(destination.kind, number, remote, stream, memory)
        yield Opened(address, number)

    async def close_socket(self, number: int) -> None:
        """Close a socket and free its id. Raises AtError 76, or 77 while octets wait to be read."""
        channel = self.get(number)
        channel.require_nothing_pending()
        await channel.close()
        del self._channels[number]
        self._outside.timeline.record(SocketClosed(*channel.remote))

    async def close(self) -> None:
        """Close everything without a word, as a reset does."""
        channels = list(self._channels.values())
        self._channels.clear()
        await asyncio.gather(*(channel.close() for channel in channels))

    def _free_id(self) -> int:
        free = next((number for number in range(CLIENT_SOCKETS) if number not in self._channels), None)
        if free is None:
            raise AtError(Error.TOO_MANY_SOCKETS)
        return free

    async def _resolve(self, destination: Destination, *, uplink: bool) -> str:
        try:
            return await self._outside.network.resolve(destination.host, uplink=uplink)
        except OSError as failure:
            self._record_failure(destination, failure)
            raise AtError(name_error(failure)) from failure

    async def _connect(self, destination: Destination, *, uplink: bool) -> Stream:
        host, port, local_port, *_ = destination
        try:
            return await connect(self._board, host, port, uplink=uplink, patience=self._patience, local_port=local_port)
        except OSError as failure:  # TimeoutError included
            raise AtError(Error.SOCKET_OPEN_FAILED) from failure

    async def _shake_hands(self, stream: TlsStream, destination: Destination) -> AsyncGenerator[Progress, None]:
        try:
            async with aclosing(patient_handshake(stream, self._outside.clock, self._patience)) as handshake:
                async for progress in handshake:
                    yield progress
        except BaseException as failure:
            await stream.close()
            self._outside.timeline.record(SocketClosed(destination.host, destination.port))
            if isinstance(failure, OSError):
                raise AtError(Error.SOCKET_OPEN_FAILED) from failure
            raise

    def _begin(self, kind: Kind, number: int, remote: Address, stream: Stream, memory: ExitStack) -> StreamChannel:
        name = Name("", str(number))
        channel = StreamChannel(self._board, name, kind, remote, stream, memory.pop_all(), self._peer_gone)
        channel.start()
        return channel

    async def _bind(
        self, destination: Destination, number: int, remote: Address, memory: ExitStack, *, uplink: bool
    ) -> DatagramChannel:
        host, port, local_port, *_ = destination
        try:
            datagrams = await self._outside.network.open_datagrams(local_port, uplink=uplink)
        except OSError as failure:
            self._record_failure(destination, failure)
            raise AtError(Error.PORT_ALREADY_OPENED if local_port else Error.SOCKET_OPEN_FAILED) from failure
        # Whoever sends to this port is heard: which senders the module leaves out is not known (assumed).
        own = DatagramPort(self._board, self._radio, datagrams, lambda datagram: channel.deliver(datagram))
        channel = DatagramChannel(
            self._board,
            Name("", str(number)),
            remote,
            memory.pop_all(),
            lambda data: own.send(data, Address(host, port)),
            close=own.close,
        )
        return channel

    def _record_failure(self, destination: Destination, failure: OSError) -> None:
        reason = failure.strerror or str(failure) or "no answer to the connection request"
        self._outside.timeline.record(SocketFailed(destination.host, destination.port, reason))

    def _peer_gone(self, channel: StreamChannel, reason: Reason) -> None:
        self._board.indicate(Indication.SOCKET_CLOSED, channel.name.client, str(reason.value))

    def _follow(self, address: NetworkAddress | None) -> None:
        if address is None:
            for channel in self:
                channel.lose_network()

    @property
    def _patience(self) -> float:
        return self._board.profile.durations.socket_connect
