"""MicroPython for ``AT+S.PYTHON``: the program ``micropython`` on PATH, in a process and folder of its own.

A script has the rights of the emulator on this machine; only its heap is limited. It talks through pipes, not a
terminal: MicroPython flushes a terminal's input at each prompt, and a host that types ahead would lose it, which the
module's UART does not do.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_CHUNK: Final = 4096
_CTRL_C: Final = b"\x03"
_ENTER: Final = b"\r"
_PROMPTS: Final = (b">>> ", b"... ", b"=== ")
_LONGEST_PROMPT: Final = 4


class MicroPythonProgram:
    """Starts ``program``, looked up on PATH each time."""

    def __init__(self, program: str = "micropython") -> None:
        self._program = program

    async def start(self, heap: int, script: bytes | None) -> ProgramSession:
        """Run ``script`` or the prompt; the heap is scaled to the word size of this machine.

        Raises OSError when the program is missing or cannot be started.
        """
        # Imported here because few ever need them, and start-up time counts.
        import shutil
        from tempfile import TemporaryDirectory

        path = shutil.which(self._program)
        if path is None:
            raise FileNotFoundError(f"no '{self._program}' on PATH; install it (Debian 13 and later have a package)")
        folder = TemporaryDirectory(prefix="spwf04sx-python-")
        try:
            target = "-i" if script is None else "script.py"
            if script is not None:
                Path(folder.name, target).write_bytes(script)  # noqa: ASYNC240 - some kB at most
            process = await asyncio.create_subprocess_exec(
                path,
                "-X",
                f"heapsize={heap}w",
                target,
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                cwd=folder.name,
                env={"PATH": os.environ.get("PATH", ""), "HOME": folder.name, "MICROPYPATH": ".frozen"},
                start_new_session=True,
            )
        except BaseException:
            folder.cleanup()
            raise
        return ProgramSession(process, folder, interactive=script is None)


class SerialLines:
    """Makes CR LF of every line end, as serial terminals want it, wherever the text is cut."""

    def __init__(self) -> None:
        self._after_cr = False

    def convert(self, text: bytes) -> bytes:
        """Convert the next piece of the text."""
        converted = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        halved = self._after_cr and text.startswith(b"\n")
        self._after_cr = text.endswith(b"\r")
        return converted[1:] if halved else converted


class ProgramSession:
    """One running program."""

    def __init__(
        self, process: asyncio.subprocess.Process, folder: TemporaryDirectory[str], *, interactive: bool
    ) -> None:
        self._process = process
        self._folder = folder
        self._interactive = interactive
        self._line = b""
        self._serial_lines = SerialLines()

    async def read(self) -> bytes:
        """Wait for output."""
        if self._process.stdout is None or not (output := await self._process.stdout.read(_CHUNK)):
            return b""
        self._line = (self._line + output).rpartition(b"\n")[2][:_LONGEST_PROMPT]
        return self._serial_lines.convert(output)

    async def type(self, keys: bytes) -> None:
        """Type; Ctrl-C interrupts a program that runs, and goes to the prompt as a key."""
        while keys:
            before, ctrl_c, keys = keys.partition(_CTRL_C)
            await self._write(before)
            if ctrl_c and self._at_prompt:
                await self._write(ctrl_c)
            elif ctrl_c:
                self._signal(signal.SIGINT)

    async def close(self) -> None:
        """Kill what still runs and remove its folder."""
        self._signal(signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.communicate()
        self._folder.cleanup()

    @property
    def _at_prompt(self) -> bool:
        """Whether nothing runs, as far as the output tells; there a signal would end MicroPython."""
        return self._interactive and self._line.startswith(_PROMPTS)

    async def _write(self, keys: bytes) -> None:
        if keys and self._process.stdin is not None:
            if _ENTER in keys:
                self._line = b""
            with suppress(ConnectionError):
                self._process.stdin.write(keys)
                await self._process.stdin.drain()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
