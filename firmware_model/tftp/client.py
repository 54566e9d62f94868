"""The TFTP client of TFTPGET and TFTPPUT."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from firmware_model.connecting import name_error
from firmware_model.outside import Address, NameNotFoundError
from firmware_model.tables.errors import AtError, Error
from firmware_model.tftp.conversation import RETRANSMISSION_INTERVAL, Conversation, TftpError
from firmware_model.tftp.packets import Acknowledgement, ReadRequest, WriteRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from firmware_model.board import Board
    from firmware_model.radio.radio import Radio

_HEAP: Final = 1_500
"""Octets of heap that a transfer holds (assumed)."""


class TftpClient:
    """Fetches and sends files for one module, in octet mode.

    Both methods raise AtError 44 while the radio is not up, 63..65 for a name that is not found (assumed), 91, and 111
    when the server refuses or does not answer; the log then says why.
    """

    def __init__(self, board: Board, radio: Radio) -> None:
        self._board = board
        self._radio = radio
        self.interval = RETRANSMISSION_INTERVAL
        """Seconds after which a packet is sent again."""

    async def get(self, host: str, port: int, filename: str) -> AsyncGenerator[bytes, None]:
        """Fetch a file and yield it in pieces of up to 512 octets, at least one, the last perhaps empty."""
        async with (
            self._conversation(host, port) as conversation,
            aclosing(conversation.receive_file(ReadRequest(filename))) as blocks,
        ):
            async for block in blocks:
                yield block

    async def put(self, host: str, port: int, filename: str, content: bytes) -> None:
        """Send a file."""
        async with self._conversation(host, port) as conversation:
            await conversation.ask(WriteRequest(filename), Acknowledgement, 0)
            await conversation.send_file(content)

    @asynccontextmanager
    async def _conversation(self, host: str, port: int) -> AsyncIterator[Conversation]:
        outside = self._board.outside
        uplink = self._radio.require_address().uplink
        with self._board.heap.allocated(_HEAP):
            try:
                datagrams = await outside.network.open_datagrams(None, uplink=uplink)
                try:
                    conversation = Conversation(datagrams, outside.clock, Address(host, port), self.interval)
                    conversation.expect_new_port()
                    yield conversation
                finally:
                    await datagrams.close()
            except NameNotFoundError as failure:
                self._board.note(f"no TFTP transfer: {failure}")
                raise AtError(name_error(failure)) from failure
            except (TftpError, OSError) as failure:
                self._board.note(f"the TFTP transfer with {host}:{port} failed: {failure}")
                raise AtError(Error.REQUEST_FAILED) from failure
