"""What the faults of the module do to one command: heap that is gone, a firmware that hangs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from firmware_model.faults import FaultPoint
from firmware_model.tables.faults import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from firmware_model.board import Board
    from firmware_model.faults import DueFault, Fault

_WATCHDOG_RESET: Final = BY_NAME["module=watchdog-reset"]
_HEAP: Final = BY_NAME["module=heap"]


class Trial:
    """The faults that fire for a command, from its begin to its end; without any it does nothing."""

    def __init__(self, board: Board, command: str, hang: Callable[[], Awaitable[None]]) -> None:
        """Ask which faults fire for ``command``; ``hang`` does not return."""
        due = board.faults.due(FaultPoint.MODULE, f"command {command}")
        self._hang = hang
        self._hangs_after = _least(due, _WATCHDOG_RESET)
        self._heap = board.heap
        self._left = _least(due, _HEAP)
        self._taken: ExitStack | None = None
        self._lines = 0

    def __enter__(self) -> Self:
        """Take the heap that is to be gone."""
        if self._left >= 0:
            self._taken = ExitStack()
            self._taken.enter_context(self._heap.allocated(max(0, self._heap.free - self._left)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the heap back."""
        if self._taken is not None:
            self._taken.close()

    async def begin(self) -> None:
        """Pass the begin of the command."""
        await self._hang_if_due()

    async def pass_line(self) -> None:
        """Pass the end of a reply line."""
        self._lines += 1
        await self._hang_if_due()

    async def _hang_if_due(self) -> None:
        if self._lines == self._hangs_after:
            await self._hang()


def _least(due: tuple[DueFault, ...], wanted: Fault) -> int:
    """The smallest number with which a fault fires; -1 when it does not."""
    return min((value or 0 for fault, value in due if fault is wanted), default=-1) if due else -1
