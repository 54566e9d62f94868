"""A UDP port of the module, with a task that hands every datagram on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.board import Board
    from firmware_model.outside import Address, Datagram, Datagrams
    from firmware_model.radio.radio import Radio

_PAUSE: Final = 0.01
"""Seconds before the next try when receiving failed."""


class DatagramPort:
    """Hands what arrives to ``deliver``; while the radio is down nothing comes or goes."""

    def __init__(self, board: Board, radio: Radio, datagrams: Datagrams, deliver: Callable[[Datagram], None]) -> None:
        self._board = board
        self._radio = radio
        self._datagrams = datagrams
        self._deliver = deliver
        self._task = asyncio.create_task(self._run(), name="datagrams")

    async def send(self, data: bytes, to: Address) -> None:
        """Send one datagram. Raises AtError 60 while the module has no address, or OSError."""
        if self._radio.address is None:
            raise AtError(Error.IP_NOT_READY)
        await self._datagrams.send(data, to.host, to.port)

    async def close(self) -> None:
        """Close the port; never raises, may be called twice."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._datagrams.close()

    async def _run(self) -> None:
        while True:
            try:
                datagram = await self._datagrams.receive()
            except OSError:
                # An earlier datagram was refused by its receiver; the port itself is well.
                await self._board.pass_time(_PAUSE)
                continue
            if self._radio.address is not None:
                self._deliver(datagram)
            # A peer that floods must not keep the console from its turn.
            await self._board.pass_time(0)
