"""MicroPython as a program of this machine, in a process and folder of its own.

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
    from collections.abc import Mapping, Sequence
    from tempfile import TemporaryDirectory

_CHUNK: Final = 4096
_CTRL_C: Final = b"\x03"
_ENTERS: Final = b"\r\n"
_PROMPTS: Final = (b">>> ", b"... ", b"=== ")
_LONGEST_PROMPT: Final = 4
_INTERACTIVE: Final = "-i"
_SCRIPT: Final = "script.py"


class MicroPythonProgram:
    """Starts ``program``, looked up on PATH each time."""

    def __init__(self, program: str = "micropython") -> None:
        self._program = program

    @property
    def path(self) -> str | None:
        """Where the program is; None when it is missing."""
        # Imported here because few ever need it, and start-up time counts.
        import shutil

        return shutil.which(self._program)

    async def start(self, heap: int, script: bytes | None) -> ProgramSession:
        """Run ``script`` or the prompt; the heap is scaled to the word size of this machine.

        Raises OSError when the program is missing or cannot be started.
        """
        path = self.path
        if path is None:
            raise FileNotFoundError(f"no '{self._program}' on PATH; install it (Debian 13 and later have a package)")
        environment = {"PATH": os.environ.get("PATH", ""), "MICROPYPATH": ".frozen"}
        return await run_program([path], heap, script, environment)


async def run_program(
    command: Sequence[str], heap: int, script: bytes | None, environment: Mapping[str, str]
) -> ProgramSession:
    """Run what takes the options of MicroPython, in a folder of its own that is also its home.

    Raises OSError when it cannot be started.
    """
    from tempfile import TemporaryDirectory

    folder = TemporaryDirectory(prefix="spwf04sx-python-")
    target = _INTERACTIVE if script is None else _SCRIPT
    try:
        if script is not None:
            Path(folder.name, target).write_bytes(script)  # noqa: ASYNC240 - some kB at most
        process = await asyncio.create_subprocess_exec(
            *command,
            "-X",
            f"heapsize={heap}w",
            target,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            cwd=folder.name,
            env={**environment, "HOME": folder.name},
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
            await self.write(before)
            if ctrl_c and self._at_prompt:
                await self.write(ctrl_c)
            elif ctrl_c:
                self._signal(signal.SIGINT)

    async def write(self, octets: bytes) -> None:
        """Put octets into the program's input as they are; lost when it takes no more."""
        if octets and self._process.stdin is not None:
            if any(end in octets for end in _ENTERS):
                self._line = b""
            with suppress(ConnectionError):
                self._process.stdin.write(octets)
                await self._process.stdin.drain()

    def end_input(self) -> None:
        """Let the program read the end of its input."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self) -> None:
        """Kill what still runs and remove its folder."""
        self._kill()
        self.end_input()
        await self._process.communicate()
        self._folder.cleanup()

    @property
    def _at_prompt(self) -> bool:
        """Whether nothing runs, as far as the output tells; there a signal would end MicroPython."""
        return self._interactive and self._line.startswith(_PROMPTS)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the program and its children; nothing on Windows, which has none to send."""
        if os.name == "posix" and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _kill(self) -> None:
        if os.name == "posix":
            self._signal(signal.SIGKILL)
        elif self._process.returncode is None:
            self._process.kill()
