"""One TFTP transfer with one peer: who may take part, what is sent again, how a file goes either way.

The port that a side sends from is its transfer identifier: the first packet of the peer fixes it, and whoever
writes from another one is told so and otherwise ignored (RFC 1350, 4). A packet that is not the one awaited, a
doubled acknowledgement above all, is dropped without an answer, so that no block is ever sent twice for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from firmware_model.tftp.packets import (
    BLOCK_NUMBERS,
    BLOCK_SIZE,
    Acknowledgement,
    Data,
    MalformedPacketError,
    Packet,
    ReadRequest,
    Refusal,
    RefusalCode,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from firmware_model.outside import Address, Clock, Datagrams

RETRANSMISSION_INTERVAL: Final = 2.0
"""Seconds without an answer after which a packet is sent again (assumed)."""
ATTEMPTS: Final = 5
"""How often a packet is sent before the transfer is given up (assumed)."""

_Answer = TypeVar("_Answer", Data, Acknowledgement)


class TftpError(Exception):
    """The transfer failed; the text is one line for people."""


class Conversation:
    """The packets of one transfer; ``datagrams`` is the port that is the module's transfer identifier.

    ``peer`` is where the first packet goes; a client calls :meth:`expect_new_port` because the server answers from
    a port of its own.
    """

    def __init__(self, datagrams: Datagrams, clock: Clock, peer: Address, interval: float) -> None:
        self._datagrams = datagrams
        self._clock = clock
        self._peer = peer
        self._interval = interval
        self._fixed = True

    def expect_new_port(self) -> None:
        """Take the sender of the next packet as the peer."""
        self._fixed = False

    async def ask(self, question: Packet, kind: type[_Answer], block: int) -> _Answer:
        """Send ``question`` until the peer answers with that kind of packet for that block, and return the answer.

        Raises TftpError when the peer refuses or stays silent, NameNotFoundError or another OSError.
        """
        for _ in range(ATTEMPTS):
            await self.send(question)
            with suppress(TimeoutError):
                async with self._clock.timeout(self._interval):
                    return await self._receive(kind, block)
        raise TftpError("the other side does not answer")

    async def send(self, packet: Packet) -> None:
        """Send a packet once."""
        await self._datagrams.send(encode(packet), *self._peer)

    async def refuse(self, code: RefusalCode, text: str) -> None:
        """End the transfer from this side; a peer that cannot be reached learns it from the silence."""
        with suppress(OSError):
            await self.send(Refusal(code, text))

    async def send_file(self, content: bytes) -> None:
        """Send every block and wait for its acknowledgement. Raises as :meth:`ask` does."""
        for number, start in enumerate(range(0, len(content) + 1, BLOCK_SIZE), start=1):
            block = number % BLOCK_NUMBERS
            await self.ask(Data(block, content[start : start + BLOCK_SIZE]), Acknowledgement, block)

    async def receive_file(self, opening: ReadRequest | Acknowledgement) -> AsyncGenerator[bytes, None]:
        """Yield block after block; the last one has fewer than 512 octets, none perhaps.

        A block is acknowledged when the next is asked for. A caller that closes the generator before its end tells
        the peer that there is no room. Raises as :meth:`ask` does.
        """
        question: Packet = opening
        data = Data(0, bytes(BLOCK_SIZE))
        try:
            while len(data.content) == BLOCK_SIZE:
                data = await self.ask(question, Data, (data.block + 1) % BLOCK_NUMBERS)
                yield data.content
                question = Acknowledgement(data.block)
            await self.send(question)
        except GeneratorExit:
            await self.refuse(RefusalCode.DISK_FULL, "the file cannot be stored")
            raise

    async def linger(self, block: int) -> None:
        """For a while, acknowledge the last block again when the peer repeats it (RFC 1350, 6)."""
        with suppress(TimeoutError, TftpError, OSError):
            # Longer than the peer waits before it repeats the block.
            async with self._clock.timeout(2 * self._interval):
                while True:
                    await self._receive(Data, block)
                    await self.send(Acknowledgement(block))

    async def _receive(self, kind: type[_Answer], block: int) -> _Answer:
        while True:
            octets, sender, _ = await self._datagrams.receive()
            if self._fixed and sender != self._peer:
                await self._turn_away(sender)
                continue
            try:
                packet = decode(octets)
            except MalformedPacketError:
                continue
            self._peer, self._fixed = sender, True
            if isinstance(packet, Refusal):
                raise TftpError(f"the other side refuses: {packet}")
            if isinstance(packet, kind) and packet.block == block:
                return packet

    async def _turn_away(self, stranger: Address) -> None:
        with suppress(OSError):
            refusal = Refusal(RefusalCode.UNKNOWN_TRANSFER_ID, "this transfer has another partner")
            await self._datagrams.send(encode(refusal), *stranger)
