"""MicroPython: a script, or the prompt that Ctrl-D leaves.

``console_enabled`` decides at the start (M3p4): 2 runs ``python_script`` beside the AT console, 3 gives the UART to
Python alone, the script first and then the prompt.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from firmware_model.board import Board
    from firmware_model.outside import PythonSession
    from firmware_model.storage.files import FileSystem

    Keyboard = Callable[[], Awaitable[bytes]]

_BESIDE_THE_CONSOLE: Final = 2
_ALONE: Final = 3
"""Values of ``console_enabled``."""
_PAUSE: Final = 1.0
"""Seconds until a prompt that ended begins anew, where there is nothing else (assumed)."""


class Python:
    """The interpreter of one module; its heap has ``python_memsize`` kB."""

    def __init__(self, board: Board, files: FileSystem) -> None:
        self._board = board
        self._files = files
        self._task: asyncio.Task[bool] | None = None

    async def boot(self) -> None:
        """Do what ``console_enabled`` asks for; return when the AT console may have the UART."""
        mode = self._board.configuration.integer("console_enabled")
        script = self._board.configuration.get("python_script")
        if mode == _BESIDE_THE_CONSOLE and script:
            self._task = asyncio.create_task(self._run_at_boot(script, _nobody), name="python")
        elif mode == _ALONE:
            keyboard = self._board.outside.uart.read
            if script:
                await self._run_at_boot(script, keyboard)
            while await self._run_at_boot("", keyboard):
                await self._board.pass_time(_PAUSE)
                self._board.note("the prompt has ended and begins anew: console_enabled 3 leaves no AT console")

    @property
    def runs_beside_the_console(self) -> bool:
        """Whether the script of the start is still running."""
        return self._task is not None and not self._task.done()

    async def close(self) -> None:
        """End the script that runs beside the console, as a reset does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def run(self, keyboard: Keyboard, filename: str = "") -> AsyncGenerator[bytes, None]:
        """Run a file, or the prompt for "", yielding what Python prints until it ends.

        ``keyboard`` waits for what is typed. Raises AtError 29 or 51 for the file, 111 when Python cannot be started.
        """
        session = await self._start(self._files.read(filename) if filename else None)
        typing = asyncio.create_task(_type(keyboard, session), name="keyboard")
        try:
            while output := await session.read():
                yield output
        finally:
            typing.cancel()
            await asyncio.gather(typing, return_exceptions=True)
            await session.close()

    async def _start(self, script: bytes | None) -> PythonSession:
        micropython = self._board.outside.micropython
        heap = 1024 * self._board.configuration.integer("python_memsize")
        if micropython is None:
            raise self._refusal("this emulator was set up without MicroPython")
        if not heap:
            raise self._refusal("python_memsize is 0; set it to 1..64 kB")
        try:
            return await micropython.start(heap, script)
        except OSError as failure:
            raise self._refusal(str(failure)) from failure

    def _refusal(self, reason: str) -> AtError:
        """Say in the log what is missing; no code of the real module for it is known, so 111 is assumed."""
        self._board.note(f"Python cannot be started: {reason}")
        return AtError(Error.REQUEST_FAILED)

    async def _run_at_boot(self, filename: str, keyboard: Keyboard) -> bool:
        """Run a file or the prompt without a command; the result says whether it could be started."""
        uart = self._board.outside.uart
        try:
            async for output in self.run(keyboard, filename):
                uart.write(output)
                await uart.drain()
        except AtError as failure:
            self._board.note(f"{filename or 'the prompt'} cannot be run at the start: {failure.error.text}")
            return False
        return True


async def _type(keyboard: Keyboard, session: PythonSession) -> None:
    while True:
        await session.type(await keyboard())


async def _nobody() -> bytes:
    """Wait for ever: a script beside the console has no keyboard."""
    never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    return await never
