"""One server socket: it gives each client an id and tells the host who came and who went."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from firmware_model.sockets.channel import Channel, Kind, Name, Reason
from firmware_model.sockets.datagram_channel import DatagramChannel
from firmware_model.sockets.datagram_port import DatagramPort
from firmware_model.sockets.segmented_stream import SegmentedStream
from firmware_model.sockets.stream_channel import StreamChannel
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.handshake import patient_handshake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.board import Board
    from firmware_model.outside import Address, Datagram, Datagrams, Listener, Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.tls.client import TlsStream

CLIENTS: Final = 8
"""Clients of one server, ids 0..7 (RN100)."""
_PAUSE: Final = 0.1
"""Seconds before the next try when accepting failed, as for want of file descriptors."""


class Server(ABC):
    """A server socket and its clients."""

    def __init__(self, board: Board, number: int, kind: Kind, port: int) -> None:
        self.number = number
        self.kind = kind
        self.port = port
        self._board = board
        self._channels: dict[int, Channel] = {}

    def __iter__(self) -> Iterator[Channel]:
        """The clients, by id."""
        return (self._channels[number] for number in sorted(self._channels))

    def get(self, number: int) -> Channel:
        """The client of that id. Raises AtError 76."""
        channel = self._channels.get(number)
        if channel is None:
            raise AtError(Error.ILLEGAL_SOCKET_ID)
        return channel

    async def close_client(self, number: int) -> None:
        """Close a client's connection and free its id. Raises AtError 76, or 77 while octets wait to be read."""
        self.get(number).require_nothing_pending()
        await self._remove(number)

    async def close(self) -> None:
        """Close the port and every client's connection; never raises."""
        await self._close_port()
        channels = list(self._channels.values())
        self._channels.clear()
        await asyncio.gather(*(channel.close() for channel in channels))

    def lose_network(self) -> None:
        """Note that the radio is down; the port stays open for when it is up again (assumed)."""
        for channel in self:
            channel.lose_network()

    async def _remove(self, number: int) -> None:
        channel = self._channels[number]
        await channel.close()
        # While it closed, the place of a client that was gone may have been given to the next one.
        if self._channels.get(number) is channel:
            del self._channels[number]

    @abstractmethod
    async def _close_port(self) -> None:
        """Take no more clients."""

    def _reserve(self) -> ExitStack:
        """Heap for one more client. Raises AtError 91."""
        with ExitStack() as memory:
            memory.enter_context(self._board.heap.allocated(self.kind.heap))
            return memory.pop_all()

    def _name(self, client: int) -> Name:
        return Name(str(self.number), str(client))

    def _announce(self, channel: Channel) -> None:
        self._board.indicate(Indication.INCOMING_SOCKET_CLIENT, *_place(channel.remote), *channel.name)

    def _drop(self, remote: Address) -> None:
        """Say that a client is turned away; the variables are assumed."""
        self._board.indicate(Indication.SOCKD_DROPPING_CLIENT, *_place(remote), str(self.number))


class StreamServer(Server):
    """A TCP server; with ``secure`` each client has to complete a TLS handshake before it is announced."""

    def __init__(
        self,
        board: Board,
        number: int,
        kind: Kind,
        port: int,
        listener: Listener,
        secure: Callable[[Stream], TlsStream] | None,
    ) -> None:
        super().__init__(board, number, kind, port)
        self._listener = listener
        self._secure = secure
        self._arrivals: dict[int, asyncio.Task[None]] = {}
        """The clients whose TLS handshake is under way, by the id that each will have."""
        self._task = asyncio.create_task(self._accept(), name=f"server {number}")

    async def _close_port(self) -> None:
        tasks = [self._task, *self._arrivals.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listener.close()

    async def _accept(self) -> None:
        while True:
            try:
                stream = SegmentedStream(await self._listener.accept())
            except OSError:
                await self._board.pass_time(_PAUSE)
                continue
            client = await self._free_id()
            try:
                memory = None if client is None else self._reserve()
            except AtError:
                memory = None
            if client is None or memory is None:
                self._drop(stream.remote)
                await stream.close()
            else:
                self._welcome(client, stream, memory)

    async def _free_id(self) -> int | None:
        """The first free id, or that of the first client that is gone and has nothing left to read (assumed)."""
        for number in range(CLIENTS):
            if number not in self._channels and number not in self._arrivals:
                return number
        for number, channel in sorted(self._channels.items()):
            if not channel.connected and not channel.pending:
                await self._remove(number)
                return number
        return None

    def _welcome(self, client: int, stream: Stream, memory: ExitStack) -> None:
        if self._secure is None:
            self._enter(client, stream, memory)
            return
        task = asyncio.create_task(self._shake_hands(client, self._secure(stream), memory))
        self._arrivals[client] = task
        task.add_done_callback(lambda _: self._arrivals.pop(client, None))

    async def _shake_hands(self, client: int, stream: TlsStream, memory: ExitStack) -> None:
        with memory:
            try:
                patience = self._board.profile.durations.socket_connect
                async for _ in patient_handshake(stream, self._board.outside.clock, patience):
                    pass  # a server's handshake has nothing to say to the host
            except (OSError, CertificateError):
                # WIND 62 without a 61 before it is what XC expects of TLS.
                self._tell_gone(stream.remote, self._name(client), Reason.FAILED)
                await stream.close()
            except BaseException:
                await stream.close()
                raise
            else:
                self._enter(client, stream, memory.pop_all())

    def _enter(self, client: int, stream: Stream, memory: ExitStack) -> None:
        channel = StreamChannel(
            self._board, self._name(client), self.kind, stream.remote, stream, memory, self._peer_gone
        )
        self._channels[client] = channel
        self._announce(channel)
        channel.start()

    def _peer_gone(self, channel: StreamChannel, reason: Reason) -> None:
        self._tell_gone(channel.remote, channel.name, reason)

    def _tell_gone(self, remote: Address, name: Name, reason: Reason) -> None:
        self._board.indicate(Indication.SOCKET_CLIENT_GONE, *_place(remote), *name, str(reason.value))


class DatagramServer(Server):
    """A UDP server: each remote port that sends becomes a client, until the host closes it (assumed)."""

    def __init__(self, board: Board, number: int, port: int, radio: Radio, datagrams: Datagrams) -> None:
        super().__init__(board, number, Kind.UDP, port)
        self._senders: dict[Address, DatagramChannel] = {}
        self._dropped: Address | None = None
        self._own = DatagramPort(board, radio, datagrams, self._deliver)

    async def close_client(self, number: int) -> None:
        """Forget a client. Raises AtError 76, or 77 while octets wait to be read."""
        await super().close_client(number)
        self._senders = {sender: channel for sender, channel in self._senders.items() if channel.connected}

    async def _close_port(self) -> None:
        await self._own.close()

    def _deliver(self, datagram: Datagram) -> None:
        sender = datagram.sender
        channel = self._senders.get(sender) or self._admit(sender)
        if channel is not None:
            channel.deliver(datagram)
            self._dropped = None
        elif sender != self._dropped:
            self._dropped = sender
            self._drop(sender)

    def _admit(self, sender: Address) -> DatagramChannel | None:
        """Make a client of a new sender; None when there is no free id or no heap."""
        client = next((number for number in range(CLIENTS) if number not in self._channels), None)
        if client is None:
            return None
        try:
            memory = self._reserve()
        except AtError:
            return None
        send = partial(self._own.send, to=sender)
        channel = DatagramChannel(self._board, self._name(client), sender, memory, send)
        self._channels[client] = self._senders[sender] = channel
        self._announce(channel)
        return channel


def _place(address: Address) -> tuple[str, str]:
    return address.host, str(address.port)
