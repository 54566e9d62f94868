"""Waiting for the air."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.board import Board


async def comes_true(board: Board, condition: Callable[[], bool], seconds: float | None) -> bool:
    """Whether ``condition`` holds before ``seconds`` have passed; it is looked at with each change of the air.

    The wait is the module's own time, not one for somebody else's answer: a clock that leaps may leap over it. None
    waits for ever.
    """
    limit: asyncio.Future[None] = (
        asyncio.get_running_loop().create_future()
        if seconds is None
        else asyncio.ensure_future(board.pass_time(seconds))
    )
    air = board.outside.air
    try:
        while not condition():
            change = asyncio.ensure_future(air.changed_since(air.version))
            try:
                await asyncio.wait((limit, change), return_when=asyncio.FIRST_COMPLETED)
            finally:
                change.cancel()
            if limit.done():
                return condition()
    finally:
        limit.cancel()
    return True
