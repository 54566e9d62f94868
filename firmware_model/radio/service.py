"""What a part does on its own for as long as the radio is up: a server that listens, a client that asks in turns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress


class Service:
    """Runs ``serve`` each time the radio comes up and cancels it when the radio goes down.

    ``serve`` gets the address that the radio has; it may return when there is nothing to do. A new run begins
    when the one before has ended, so a port that was open is free again.
    """

    def __init__(self, radio: Radio, name: str, serve: Callable[[NetworkAddress], Coroutine[None, None, None]]) -> None:
        self._name = name
        self._serve = serve
        self._task: asyncio.Task[None] | None = None
        radio.follow(self._follow)

    async def close(self) -> None:
        """Stop without a word and wait for the end, as a reset does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _follow(self, address: NetworkAddress | None) -> None:
        if self._task is not None:
            self._task.cancel()
        if address is not None:
            self._task = asyncio.create_task(self._run(self._task, address), name=self._name)

    async def _run(self, previous: asyncio.Task[None] | None, address: NetworkAddress) -> None:
        if previous is not None:
            await asyncio.wait((previous,))
        await self._serve(address)
