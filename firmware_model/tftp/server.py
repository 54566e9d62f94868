"""The module's TFTP server: takes files into its file system and hands them out, for as long as the radio is up."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from firmware_model.radio.service import Service
from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication
from firmware_model.tftp.conversation import RETRANSMISSION_INTERVAL, Conversation, TftpError
from firmware_model.tftp.packets import (
    BLOCK_NUMBERS,
    BLOCK_SIZE,
    OCTET,
    PORT,
    Acknowledgement,
    MalformedPacketError,
    ReadRequest,
    RefusalCode,
    WriteRequest,
    decode,
)

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.outside import Address
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.storage.files import FileSystem

_TRANSFERS: Final = 4
"""How many transfers run at a time (assumed)."""


class TftpServer:
    """Serves UDP port 69 while the radio is up, unless ``ip_use_tftpd`` is 0.

    A received file replaces an older one of its name and raises WIND 90 with the name (RN100; details assumed).
    """

    def __init__(self, board: Board, radio: Radio, files: FileSystem) -> None:
        self._board = board
        self._files = files
        self._clients: set[Address] = set()
        """Those whose file is on its way."""
        self._transfers: set[asyncio.Task[None]] = set()
        self._service = Service(radio, "tftp server", self._serve)
        self.interval = RETRANSMISSION_INTERVAL
        """Seconds after which a packet is sent again."""

    async def close(self) -> None:
        """Stop the server and every transfer."""
        await self._service.close()

    async def _serve(self, address: NetworkAddress) -> None:
        if not self._board.configuration.integer("ip_use_tftpd"):
            return
        try:
            requests = await self._board.outside.network.open_datagrams(PORT, uplink=address.uplink)
        except OSError as failure:
            self._board.note(f"the module's TFTP server does not start: {failure}")
            return
        try:
            while True:
                octets, client, _ = await requests.receive()
                self._take(octets, client, uplink=address.uplink)
        finally:
            await requests.close()
            await self._cancel_transfers()

    async def _cancel_transfers(self) -> None:
        for transfer in self._transfers:
            transfer.cancel()
        await asyncio.gather(*self._transfers, return_exceptions=True)

    def _take(self, octets: bytes, client: Address, *, uplink: bool) -> None:
        try:
            request = decode(octets)
        except MalformedPacketError:
            return
        # A request that is repeated while its transfer runs is the client's impatience, not another transfer.
        if isinstance(request, ReadRequest | WriteRequest) and client not in self._clients:
            self._clients.add(client)
            transfer = asyncio.create_task(self._transfer(request, client, uplink=uplink), name="tftp transfer")
            self._transfers.add(transfer)
            transfer.add_done_callback(self._transfers.discard)

    async def _transfer(self, request: ReadRequest | WriteRequest, client: Address, *, uplink: bool) -> None:
        outside = self._board.outside
        try:
            datagrams = await outside.network.open_datagrams(None, uplink=uplink)
        except OSError as failure:
            self._clients.discard(client)
            self._board.note(f"the TFTP client {client.host} gets no answer: {failure}")
            return
        conversation = Conversation(datagrams, outside.clock, client, self.interval)
        last_block = None
        try:
            last_block = await self._fulfil(request, conversation)
        except (TftpError, AtError, OSError) as failure:
            self._board.note(f"the TFTP transfer of {request.filename} with {client.host} failed: {failure}")
        finally:
            self._clients.discard(client)
            try:
                if last_block is not None:
                    await conversation.linger(last_block)
            finally:
                await datagrams.close()

    async def _fulfil(self, request: ReadRequest | WriteRequest, conversation: Conversation) -> int | None:
        """Transfer the file; returns the last block of one that was received."""
        if request.mode != OCTET:
            await conversation.refuse(RefusalCode.ILLEGAL_OPERATION, "only octet mode is served")
        elif len(self._clients) > _TRANSFERS:
            await conversation.refuse(RefusalCode.NOT_DEFINED, "too many transfers")
        elif isinstance(request, WriteRequest):
            return await self._take_in(request.filename, conversation)
        else:
            await self._hand_out(request.filename, conversation)
        return None

    async def _hand_out(self, filename: str, conversation: Conversation) -> None:
        try:
            content = self._files.read(filename)
        except AtError as failure:
            await conversation.refuse(RefusalCode.FILE_NOT_FOUND, failure.error.text)
        else:
            await conversation.send_file(content)

    async def _take_in(self, filename: str, conversation: Conversation) -> int | None:
        try:
            room = self._room_for(filename)
        except AtError as failure:
            await conversation.refuse(RefusalCode.ACCESS_VIOLATION, failure.error.text)
            return None
        content = bytearray()
        # Leaving early, by an exception too, tells the client that the file cannot be stored.
        async with aclosing(conversation.receive_file(Acknowledgement(0))) as blocks:
            async for block in blocks:
                content += block
                if len(content) > room:
                    raise TftpError(f"there is only room for {room} octets")
                if len(block) < BLOCK_SIZE:
                    # Stored before the last block is acknowledged, so that the client hears of a failure.
                    self._files.write(filename, bytes(content), append=False)
        self._board.indicate(Indication.FILE_RECEIVED, filename)
        return (len(content) // BLOCK_SIZE + 1) % BLOCK_NUMBERS

    def _room_for(self, filename: str) -> int:
        """Octets that a new file of this name may have. Raises AtError 29."""
        volume, _ = self._files.resolve(filename)
        with suppress(AtError):
            return self._files.free(volume) + self._files.size(filename)
        return self._files.free(volume)
